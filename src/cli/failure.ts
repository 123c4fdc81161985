/** Exit codes of every command. `needsHuman` is for a question that cannot be asked without a terminal. */
export const EXIT = { ok: 0, negative: 1, unusable: 2, needsHuman: 3 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/**
 * A command that cannot go on, and says so in one sentence that ends with the next command to run.
 * `message` carries no final period, because `; run: <next>` follows it.
 */
export class CliFailure extends Error {
  readonly exitCode: ExitCode
  readonly next: string
  /** A stable word for programs that read `--json`. */
  readonly code: string
  /** What had been done by then, for programs that read `--json`. */
  readonly facts: Readonly<Record<string, unknown>>

  constructor(options: {
    message: string
    next: string
    exitCode?: ExitCode
    code?: string
    facts?: Record<string, unknown>
    cause?: unknown
  }) {
    super(options.message, { cause: options.cause })
    this.name = 'CliFailure'
    this.next = options.next
    this.exitCode = options.exitCode ?? EXIT.unusable
    this.code = options.code ?? 'unusable'
    this.facts = options.facts ?? {}
  }
}

/** A sentence without its final period, so that it can be continued. */
export const withoutPeriod = (sentence: string): string => sentence.trim().replace(/\.+$/, '')
