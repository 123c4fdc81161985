import type { Logger } from 'pino'

/** The log of one process. Never given a secret, a card number or a request body. */
export type Log = Logger
