/**
 * The HTTP edge: routes, problem details, OpenAPI. One schema validates, writes, types and documents each route. It
 * turns requests into calls of the modules and refusals into RFC 9457 problems, and holds no rule of money itself.
 * It never answers 500 for what a caller did, and never stores, logs or echoes a card number or an API key.
 */
export { createHttpServer, type HttpConfig, type HttpServerDeps } from './server.ts'
export type * from './services.ts'
