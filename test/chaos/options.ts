import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export type Options = {
  readonly seed: number
  readonly kills: number
  readonly payments: number
  /** Checkouts under way at the same time. */
  readonly concurrency: number
  /** Server processes on one database. */
  readonly servers: number
  readonly json: boolean
  /** Keep the data folder although everything held. It is always kept when something did not. */
  readonly keep: boolean
  /** Data folder of the servers under test, or undefined for a new one under the temporary folder. */
  readonly home: string | undefined
  readonly help: boolean
}

export const USAGE = `npm run chaos -- [--seed N] [--kills K] [--payments P] [--concurrency C] [--servers S]
                 [--home DIR] [--keep] [--json]

  --seed N          decides the checkouts and the faults; random when absent, and always printed
  --kills K         how many processes to kill with SIGKILL (default 40), a quarter of them at night
  --payments P      how many checkouts to run (default 20 per kill, at least 60)
  --concurrency C   checkouts under way at the same time (default 12)
  --servers S       server processes that share the database and the simulator (default 1)
  --home DIR        data folder of the server under test; must be empty (default: a new temporary one)
  --keep            keep the data folder although everything held
  --json            print the result as one JSON document on stdout, progress on stderr

Exit code: 0 everything held, 1 something did not, 2 the campaign could not run.`

/** Enough checkouts that each process is killed while it has work, few enough that 40 kills take minutes. */
const PAYMENTS_PER_KILL = 20
const MIN_PAYMENTS = 60

/** The options of a command line, or one sentence that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  let values: Record<string, string | boolean | undefined>
  try {
    values = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        kills: { type: 'string' },
        payments: { type: 'string' },
        concurrency: { type: 'string' },
        servers: { type: 'string' },
        home: { type: 'string' },
        keep: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const seed = wholeNumber(values['seed'], randomInt(1, 2 ** 31), 0, Number.MAX_SAFE_INTEGER)
  const kills = wholeNumber(values['kills'], 40, 0, 10_000)
  if (seed === undefined) return '--seed takes a whole number from 0 on.'
  if (kills === undefined) return '--kills takes a whole number from 0 to 10000.'
  const payments = wholeNumber(values['payments'], Math.max(MIN_PAYMENTS, kills * PAYMENTS_PER_KILL), 1, 100_000)
  if (payments === undefined) return '--payments takes a whole number from 1 to 100000.'
  const concurrency = wholeNumber(values['concurrency'], 12, 1, 200)
  if (concurrency === undefined) return '--concurrency takes a whole number from 1 to 200.'
  const servers = wholeNumber(values['servers'], 1, 1, 9)
  if (servers === undefined) return '--servers takes a whole number from 1 to 9.'
  const home = values['home']
  return {
    seed,
    kills,
    payments,
    concurrency,
    servers,
    json: values['json'] === true,
    keep: values['keep'] === true,
    home: typeof home === 'string' ? home : undefined,
    help: values['help'] === true,
  }
}

function wholeNumber(text: string | boolean | undefined, absent: number, min: number, max: number): number | undefined {
  if (text === undefined) return absent
  if (typeof text !== 'string' || !/^\d{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}
