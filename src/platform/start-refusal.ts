/**
 * The server cannot start, and the person who started it can do something about it. The message is
 * one clear sentence; it is printed without a stack trace and the process exits with 2.
 */
export class StartRefusal extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'StartRefusal'
  }
}
