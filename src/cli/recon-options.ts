import { resolve } from 'node:path'
import type { Cut, Days, FieldName, Overrides, Settings, SideName, Tolerance } from '../recon/index.ts'
import { FIELDS, isDate } from '../recon/index.ts'
import { CliFailure } from './failure.ts'

/** Options of `recon` as they are written on the command line. */
export type ReconOptions = Readonly<Partial<Record<FieldName, string>>> & {
  readonly tolerance: string
  readonly dateWindow?: string
  readonly lag?: string
  readonly asOf?: string
  readonly oursZone: string
  readonly theirsZone: string
  readonly oursCutoff: string
  readonly theirsCutoff: string
  readonly config?: string
  readonly explain?: string
  /** False for `--no-html`. */
  readonly html?: string | boolean
  readonly csv?: string
  readonly limit: number
  readonly all?: boolean
  readonly failOn: string
  readonly anonymise?: boolean
  readonly baseline?: string
}

export const NEXT = 'npx tallystick recon --help'

export const usage = (message: string): CliFailure => new CliFailure({ message, next: NEXT, code: 'usage' })

export const readSettings = (options: ReconOptions): Settings => ({
  tolerance: toleranceOf(options.tolerance),
  dateWindow: options.dateWindow === undefined ? undefined : daysOf('--date-window', options.dateWindow),
  lag: options.lag === undefined ? undefined : daysOf('--lag', options.lag),
  asOf: options.asOf === undefined ? undefined : dayOf(options.asOf),
  ours: cutOf('ours', options.oursZone, options.oursCutoff),
  theirs: cutOf('theirs', options.theirsZone, options.theirsCutoff),
})

/** `--key ours=col,theirs=col` and its like. */
export function readOverrides(options: ReconOptions): Overrides {
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const text = options[field]
      return text === undefined ? [] : [[field, columnsOf(field, text)]]
    }),
  )
}

function columnsOf(field: FieldName, text: string): Readonly<Partial<Record<SideName, string>>> {
  const found: Partial<Record<SideName, string>> = {}
  // A column may have a comma in its name, so a side begins only where its word does.
  for (const part of text.split(/,(?=(?:ours|theirs)=)/)) {
    const [, side, column = ''] = /^(ours|theirs)=(.+)$/s.exec(part) ?? []
    if (side !== 'ours' && side !== 'theirs')
      throw usage(`--${field} is ours=COLUMN,theirs=COLUMN, and not "${text.slice(0, 80)}"`)
    found[side] = column
  }
  return found
}

function toleranceOf(text: string): Tolerance {
  const match = /^(\d{1,12})(?:\.(\d{1,6}))?(%)?$/.exec(text)
  if (match === null)
    throw usage(`--tolerance is an amount such as 0.01 or a share such as 0.5%, and not "${text.slice(0, 40)}"`)
  const [, whole = '', fraction = '', percent] = match
  if (percent === undefined) return { kind: 'absolute', text }
  // A percent is ten thousand millionths.
  if (fraction.length > 4) throw usage('--tolerance has at most 4 decimals of a percent')
  return { kind: 'relative', millionths: BigInt(whole + fraction.padEnd(4, '0')) }
}

function daysOf(flag: string, text: string): Days {
  const match = /^(\d{1,3})(bd|d)$/.exec(text)
  if (match === null) throw usage(`${flag} is 2bd (business days) or 2d (days), and not "${text.slice(0, 40)}"`)
  return { count: Number(match[1]), isBusiness: match[2] === 'bd' }
}

function dayOf(text: string): string {
  const day = text.slice(0, 10)
  if (isDate(day) && ['', 'T'].includes(text.charAt(10)) && !Number.isNaN(Date.parse(text))) return day
  throw usage(`--as-of is a day such as 2026-03-31, and not "${text.slice(0, 40)}"`)
}

function cutOf(side: SideName, zone: string, cutOff: string): Cut {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(cutOff))
    throw usage(`--${side}-cutoff is a time such as 18:00, and not "${cutOff.slice(0, 40)}"`)
  try {
    return { zone: new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone, cutOff }
  } catch (cause) {
    throw new CliFailure({
      message: `"${zone.slice(0, 60)}" is no time zone such as Europe/Berlin`,
      next: NEXT,
      code: 'zone_unknown',
      cause,
    })
  }
}

export const pathIn = (cwd: string, path: string): string => resolve(cwd, path)
