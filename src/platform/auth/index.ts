/**
 * API keys: who may call, and what. Keys are stored as hashes and shown once; a key carries scopes and the mode (test
 * or live) of its deployment. It never logs, echoes or keeps a key.
 */
export { type ApiKey, includesScope, type Mode, SCOPES, type Scope } from './api-key.ts'
export { type ApiKeys, createApiKeys, type Principal } from './api-keys.ts'
