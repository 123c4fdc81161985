import type { BreakCode } from '../break.ts'
import { type Fate, fateOfOurs, fateOfTheirs } from '../decide.ts'
import type { Pairing } from '../engines/stream/pair-group.ts'
import type { LineItem, OursItem, Pair, ToldItem } from '../engines/stream/record.ts'
import { lineKey } from '../settled.ts'
import type { Source } from '../source.ts'

/** What a record comes to before its night. `part` is seen with another record, and not by itself. */
export const LIVE_STATES = ['matched', 'waiting_for_psp', 'waiting_for_us', 'differing'] as const
export type LiveState = (typeof LIVE_STATES)[number]

export type Standing = {
  readonly state: LiveState | 'part'
  /** What differs; of what waits, what the night will call it when nothing comes. */
  readonly code: BreakCode | undefined
  readonly dueOn: string | undefined
  /** The other side of its pair, by name. */
  readonly twin: string | undefined
}

/** What a run called a record that it left open. */
export type Opened = { readonly code: BreakCode; readonly dueOn: string | undefined }

export const PART: Standing = { state: 'part', code: undefined, dueOn: undefined, twin: undefined }

export type Around = {
  readonly source: Source
  /** The newest day whose file has been matched. */
  readonly settledThrough: string | undefined
  /** Keys of lines (settled.ts) whose charge an earlier run has matched. */
  readonly settled: ReadonlySet<string>
}

/**
 * How each record of a group stands, by name; whatever is not named stands behind another one. The state machine of the nightly run says how long a record may wait: as if the run came
 * now that it takes part in first.
 */
export function standingsOf(
  pairing: Pairing,
  { source, settledThrough, settled }: Around,
): ReadonlyMap<string, Standing> {
  const standings = new Map<string, Standing>()
  const around = (day: string | null) => ({ source, day: laterOf(day, settledThrough) })
  for (const pair of [...pairing.pairs, ...pairing.told]) {
    standings.set(pair.ours.name, standingOfPair(pair))
    standings.set(pair.theirs.name, { ...PART, twin: pair.ours.name })
  }
  for (const { record, isDuplicate } of pairing.oursAlone) {
    const moment = { isDuplicate, businessDate: record.business_date, occurredAt: dateOf(record.ours_ms) }
    const fate = fateOfOurs(moment, around(record.business_date))
    standings.set(record.name, waiting(isDuplicate ? 'differing' : 'waiting_for_psp', fate))
  }
  for (const { record, isDuplicate: repeats } of pairing.linesAlone) {
    const isDuplicate = repeats || (record.kind === 'charge' && settled.has(lineKey(record)))
    const fate = fateOfTheirs({ isDuplicate, occurredAt: dateOf(record.theirs_ms) }, around(record.day))
    standings.set(record.name, waiting(isDuplicate ? 'differing' : 'waiting_for_us', fate))
  }
  for (const record of pairing.toldAlone) {
    const fate = fateOfTheirs({ isDuplicate: false, occurredAt: dateOf(record.theirs_ms) }, around(record.day))
    standings.set(record.name, waiting('waiting_for_us', fate))
  }
  return standings
}

/** What is open from an earlier day and still in no pair stands as its last run left it. */
export function asOpened(standing: Standing, opened: Opened | undefined): Standing {
  if (opened === undefined || standing.twin !== undefined || standing.state === 'part') return standing
  const repeats = opened.code === 'duplicate_external' || opened.code === 'duplicate_internal'
  const waits = standing.state === 'differing' ? 'waiting_for_us' : standing.state
  return { ...standing, ...opened, state: repeats ? 'differing' : waits }
}

const standingOfPair = ({ code, theirs }: Pair<LineItem | ToldItem>): Standing => ({
  state: code === null ? 'matched' : 'differing',
  code: code ?? undefined,
  dueOn: undefined,
  twin: theirs.name,
})

const waiting = (state: LiveState, { code, dueOn }: Fate): Standing => ({ state, code, dueOn, twin: undefined })

const laterOf = (day: string | null, other: string | undefined): string =>
  day === null || (other !== undefined && other > day) ? (other ?? '') : day

function dateOf(ms: OursItem['ours_ms'] | null): Date | null {
  return ms === null ? null : new Date(Number(ms))
}
