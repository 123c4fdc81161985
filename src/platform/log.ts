import type { Logger } from 'pino'

/** The part of a logger that modules use. Never given a secret, a card number or a request body. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>
