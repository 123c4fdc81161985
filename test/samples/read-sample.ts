import { runTestCli } from '../support/cli.ts'

/** `tallystick.parse/1`, as the command prints it, with its amounts as they stand there: exact. */

export type Line = {
  readonly line: number
  readonly statement: number
  readonly kind: string
  readonly status?: string
  readonly reference: string | null
  readonly references: readonly string[]
  readonly amount: bigint
  readonly fee?: bigint
  readonly currency: string
  readonly occurred_at?: string
  readonly business_date?: string
  readonly description?: string
  readonly booked?: false
}

export type Control = {
  readonly status: 'pass' | 'fail' | 'none'
  readonly what?: string
  readonly stated?: bigint
  readonly computed?: bigint
  readonly difference?: bigint
}

export type Statement = {
  readonly account: string
  readonly currency: string
  readonly business_date?: string
  readonly sequence?: string
  readonly opening?: bigint
  readonly closing?: bigint
  readonly lines: number
  readonly control: Control
}

export type Diagnostic = {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly line: number
  readonly message: string
}

export type Reading = {
  readonly format: string | null
  readonly statements: readonly Statement[]
  readonly lines: readonly Line[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Read: nothing is wrong. Diagnosed: its diagnostics or controls say what is. Unreadable: nothing of it can be used. */
export type Outcome = 'read' | 'diagnosed' | 'unreadable' | 'crashed'

export type Sample = { readonly outcome: Outcome; readonly reading: Reading; readonly crash?: string }

const NOTHING: Reading = { format: null, statements: [], lines: [], diagnostics: [] }

const OUTCOMES: readonly Outcome[] = ['read', 'diagnosed', 'unreadable']

/** Runs `tallystick parse FILE --json` in this process. Never throws: that would be what the program looks for. */
export async function readSample(path: string): Promise<Sample> {
  try {
    // Times without a zone are those of UTC in what other projects expect of these files.
    const { exitCode, stdout, stderr } = await runTestCli(['parse', path, '--json', '--source-zone', 'UTC'], {
      cwd: '.',
    })
    const document = JSON.parse(stdout, withExactAmounts) as Reading & { readonly schema?: string }
    const outcome = OUTCOMES[exitCode]
    if (outcome === undefined || document.schema !== 'tallystick.parse/1')
      return { outcome: 'crashed', reading: NOTHING, crash: `exit code ${exitCode}: ${stderr.trim()}` }
    return { outcome, reading: document }
  } catch (error) {
    return { outcome: 'crashed', reading: NOTHING, crash: String(error) }
  }
}

const AMOUNTS = new Set([
  'amount',
  'fee',
  'opening',
  'closing',
  'stated',
  'computed',
  'difference',
  'credits',
  'debits',
])

function withExactAmounts(key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  return typeof value === 'number' && AMOUNTS.has(key) ? BigInt(source ?? value) : value
}
