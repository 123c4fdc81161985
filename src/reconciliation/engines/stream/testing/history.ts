import type { Seeded } from '../../../../../test/support/seeded.ts'
import { publicId } from '../../../../platform/ids.ts'
import type { Source } from '../../../source.ts'
import type { Tolerance } from '../../../tolerance.ts'
import type { WrittenLine } from '../../duckdb/testing/write-lines.ts'

/**
 * Random histories of a few business days: what was booked on our side and by which night, what stands in which file, and
 * what the PSP told before. With repeated, mangled and missing references, ids that several charges share, other currencies,
 * amounts, fees and states, lines of a later file, and records that come late or straddle the cut-off.
 */
export const SOURCE: Source = {
  name: 'psp',
  zone: 'UTC',
  cutOff: '00:00',
  dayNamedBy: 'start',
  graceMinutes: 15,
  lagDays: 1,
  feeSchedule: { ratePpm: 29_000, fixed: 30n },
}

export type Booked = {
  readonly charge: string
  readonly psp: string | null
  readonly asked: bigint
  readonly amount: bigint
  readonly currency: string
  readonly ms: number
  readonly day: string
  /** The night before which it was booked, from 0. One after its own day's makes it late. */
  readonly night: number
}

export type Line = WrittenLine & {
  /** The night of its file. */
  readonly night: number
}

export type Told = Pick<Line, 'reference' | 'psp' | 'amount' | 'currency'> & {
  readonly day: string
  readonly ms: number
}

export type History = {
  readonly source: Source
  readonly days: readonly string[]
  readonly booked: readonly Booked[]
  readonly lines: readonly Line[]
  readonly told: readonly Told[]
}

export const uuid = (kind: number, n: number): string =>
  `01a00000-0000-7000-8000-${kind.toString(16).padStart(4, '0')}${n.toString(16).padStart(8, '0')}`

export const fileOf = (night: number): string => uuid(0xf0, night)

const referenceOf = (charge: string): string => publicId('att', charge)
const feeOf = (amount: bigint): bigint => (amount * 29_000n + 500_000n) / 1_000_000n + 30n

const CURRENCIES = ['EUR', 'JPY'] as const
const DAY_MS = 86_400_000
const FIRST_DAY_MS = Date.UTC(2026, 2, 1)

export function randomHistory(random: Seeded): History {
  const days = Array.from({ length: random.integer(2, 4) }, (_, n) =>
    new Date(FIRST_DAY_MS + n * DAY_MS).toISOString().slice(0, 10),
  )
  const booked = Array.from({ length: random.integer(0, 24) }, (_, n) => randomBooked(random, days, n))
  // A record that repeats another one, found by a later night.
  for (const record of [...booked])
    if (random.chance(0.12) && record.night + 1 < days.length)
      booked.push({ ...record, night: record.night + 1, ms: record.ms + random.integer(0, 1) })
  const groups = Array.from({ length: random.integer(0, 2) }, () => joinedOf(random, booked))
  const joined = new Set(groups.flat())
  // Most of what a joined line stands for has no line of its own.
  const drafts = booked.flatMap((record) =>
    joined.has(record) && random.chance(0.8) ? [] : linesAbout(random, record, days.length),
  )
  for (const group of groups.filter(({ length }) => length > 1)) {
    drafts.push(joinedLine(random, group, days))
    if (random.chance(0.2)) drafts.push(joinedLine(random, group, days))
  }
  for (let more = random.integer(0, 5); more > 0; more -= 1) drafts.push(foreignLine(random, days.length))
  const told = booked.flatMap((record) => toldAbout(random, record, days))
  const source = { ...SOURCE, tolerance: { amount: randomTolerance(random), fee: randomTolerance(random) } }
  return { source, days, booked, lines: drafts.map((line, n) => ({ ...line, line: 4 + n })), told }
}

/** A quarter of them none, and others that take some of the differences of one minor unit and not all. */
function randomTolerance(random: Seeded): Tolerance | undefined {
  const bounds = random.weighted({ none: 1, fixed: 1, share: 1, both: 1 })
  if (bounds === 'none') return undefined
  const minorUnits = new Map([
    ['EUR', BigInt(random.integer(0, 2))],
    ...(random.chance(0.5) ? [['JPY', 1n] as const] : []),
  ])
  const basisPoints = random.pick([1, 30, 100])
  return {
    minorUnits: bounds === 'share' ? undefined : minorUnits,
    basisPoints: bounds === 'fixed' ? undefined : basisPoints,
  }
}

function randomBooked(random: Seeded, days: readonly string[], n: number): Booked {
  const index = random.integer(0, days.length - 1)
  const amount = BigInt(random.integer(1, 4) * 100)
  return {
    charge: uuid(1, n),
    psp: random.chance(0.05) ? null : random.chance(0.2) ? `ch_shared_${random.integer(1, 2)}` : `ch_${n}`,
    asked: amount + (random.chance(0.05) ? 1n : 0n),
    amount,
    currency: random.pick(CURRENCIES),
    ms: momentOf(random, index),
    day: days[index] ?? '',
    night: Math.min(days.length - 1, index + (random.chance(0.1) ? random.integer(1, 2) : 0)),
  }
}

/** Noon, with many at the same second; or a moment before or after the cut-off. */
function momentOf(random: Seeded, index: number): number {
  const start = FIRST_DAY_MS + index * DAY_MS
  const within = random.weighted({ noon: 6, before: 2, after: 1 })
  if (within === 'before') return start + DAY_MS - random.integer(1, 20) * 60_000
  return within === 'after' ? start + random.integer(0, 20) * 60_000 : start + DAY_MS / 2 + random.integer(0, 3) * 1_000
}

type Draft = Omit<Line, 'line'>

function linesAbout(random: Seeded, record: Booked, nights: number): Draft[] {
  const copies = Number(random.weighted({ 1: 16, 0: 3, 2: 2, 3: 1 }))
  return Array.from({ length: copies }, (): Draft => {
    const amount = record.amount + (random.chance(0.1) ? 1n : 0n)
    const reference = random.weighted({ ours: 8, none: 1, mangled: 1, another: 1 })
    const own = (Date.parse(record.day) - FIRST_DAY_MS) / DAY_MS
    return {
      night: Math.min(nights - 1, own + Number(random.weighted({ 0: 8, 1: 3, 2: 1 }))),
      kind: random.chance(0.05) ? 'refund' : 'charge',
      status: random.pick([null, 'captured', 'Settled', 'captured', 'captured', 'refunded']),
      reference: {
        ours: referenceOf(record.charge),
        none: null,
        mangled: '~mangled~',
        another: referenceOf(uuid(1, random.integer(0, 30))),
      }[reference],
      psp: random.chance(0.1) ? null : record.psp,
      amount,
      fee: feeOf(amount) + (random.chance(0.1) ? 1n : 0n),
      currency: random.chance(0.1) ? random.pick(CURRENCIES) : record.currency,
      ms: random.chance(0.1) ? null : record.ms + random.integer(0, 2) * 1_000,
    }
  })
}

/** Charges in one currency that one line may stand for. */
function joinedOf(random: Seeded, booked: readonly Booked[]): readonly Booked[] {
  const first = booked.length === 0 ? undefined : random.pick(booked)
  const others = booked.filter((each) => each.currency === first?.currency && each.charge !== first.charge)
  const some = others.filter(({ day }) => day === first?.day || random.chance(0.1)).slice(0, random.integer(1, 3))
  return first === undefined ? [] : [...new Map([first, ...some].map((each) => [each.charge, each])).values()]
}

function joinedLine(random: Seeded, group: readonly Booked[], days: readonly string[]): Draft {
  const sum = (of: (each: Booked) => bigint): bigint => group.reduce((all, each) => all + of(each), 0n)
  const night = Math.max(...group.map((each) => each.night))
  return {
    night: Math.min(days.length - 1, night + Number(random.weighted({ 0: 4, 1: 1 }))),
    kind: 'charge',
    status: random.pick([null, 'captured', 'captured', 'captured', 'refunded']),
    reference: group.map(({ charge }) => referenceOf(charge)).join(' '),
    psp: random.chance(0.7) ? group.map(({ psp }) => psp ?? '').join(' ') : null,
    amount: sum(({ amount }) => amount) + (random.chance(0.1) ? 1n : 0n),
    fee: sum(({ amount }) => feeOf(amount)) + (random.chance(0.2) ? 1n : 0n),
    currency: random.chance(0.9) ? (group[0]?.currency ?? 'EUR') : 'EUR',
    ms: random.chance(0.1) ? null : (group[0]?.ms ?? 0),
  }
}

function foreignLine(random: Seeded, nights: number): Draft {
  const night = random.integer(0, nights - 1)
  return {
    night,
    kind: random.pick(['charge', 'charge', 'payout', 'fee', 'adjustment']),
    status: null,
    reference: random.pick([null, 'foreign', referenceOf(uuid(1, 901))]),
    psp: random.pick([null, 'ch_foreign', 'ch_shared_1']),
    amount: 100n,
    fee: 0n,
    currency: 'EUR',
    ms: momentOf(random, night),
  }
}

function toldAbout(random: Seeded, record: Booked, days: readonly string[]): Told[] {
  const copies = Number(random.weighted({ 0: 2, 1: 3, 2: 1 }))
  return Array.from({ length: copies }, () => ({
    day: random.chance(0.9) ? record.day : random.pick(days),
    reference: random.chance(0.8) ? referenceOf(record.charge) : null,
    psp: random.chance(0.9) ? record.psp : 'ch_shared_2',
    amount: record.amount + (random.chance(0.1) ? 1n : 0n),
    currency: record.currency,
    ms: record.ms,
  }))
}
