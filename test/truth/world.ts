import type { CompareOptions } from '../../src/recon/testing.ts'
import type { Seeded } from '../support/seeded.ts'
import { businessDay, type Cut, isNearBeginning, isNearEnd, plusDays, plusWorkdays } from './calendar.ts'

/** What is said of every pair of files: how days end, and what is normal. */
export type Around = {
  readonly ours: Cut
  readonly theirs: Cut
  /** Business dates of the first and the last row of ours, or of the first and the last payout. */
  readonly first: string
  readonly last: string
  readonly asOf: string
  /** Whether `asOf` is said, or is the last day of both files. */
  readonly isAsOfGiven: boolean
  readonly lagDays: number
  /** In hundredths of a unit of any currency. */
  readonly toleranceHundredths: number
  readonly currencies: readonly string[]
}

export const settingsOf = ({
  ours,
  theirs,
  lagDays,
  toleranceHundredths,
  isAsOfGiven,
  asOf,
}: Around): CompareOptions => ({
  ours,
  theirs,
  lag: { count: lagDays, isBusiness: true },
  tolerance: { kind: 'absolute', text: (toleranceHundredths / 100).toFixed(2) },
  asOf: isAsOfGiven ? asOf : undefined,
})

/** What holds for a whole set, and what both files tell. */
export type World = Around & {
  /** Whether each side has times, or dates alone. */
  readonly timed: { readonly ours: boolean; readonly theirs: boolean }
  readonly amounts: 'many' | 'few'
  readonly references: ReferenceStyle
  /** How theirs writes the references of ours. */
  readonly writing: 'same' | 'upper' | 'bare'
  readonly has: Readonly<Record<'fees' | 'kinds' | 'seconds' | 'conversions', boolean>>
  /** Which files say what became of a payment. */
  readonly statuses: Readonly<Record<'ours' | 'theirs', boolean>>
}

export const REFERENCE_STYLES = ['payment', 'digits', 'order', 'hex'] as const
export type ReferenceStyle = (typeof REFERENCE_STYLES)[number]

export const CUTS: readonly Cut[] = [
  { zone: 'UTC', cutOff: '00:00' },
  { zone: 'Europe/Berlin', cutOff: '00:00' },
  { zone: 'America/New_York', cutOff: '18:00' },
  { zone: 'Asia/Tokyo', cutOff: '05:30' },
  { zone: 'Europe/London', cutOff: '23:30' },
  { zone: 'Asia/Kolkata', cutOff: '00:00' },
]

export const CURRENCIES: readonly (readonly string[])[] = [
  ['EUR'],
  ['EUR', 'USD'],
  ['JPY'],
  ['EUR', 'JPY', 'KWD'],
  ['KWD', 'USD'],
  ['CLF', 'GBP', 'EUR'],
]

export function createWorld(random: Seeded): World {
  const isTimed = random.chance(0.75)
  const theirs = isTimed ? random.pick(CUTS) : { zone: 'UTC', cutOff: '00:00' }
  const ours = isTimed && random.chance(0.4) ? random.pick(CUTS) : theirs
  const isAlike = ours.zone === theirs.zone && ours.cutOff === theirs.cutOff
  const first = plusDays('2026-02-23', random.integer(0, 40))
  const last = plusDays(first, random.integer(4, 16))
  // With two cut-offs the last day of both files is the later one: it is said, so that it need not be guessed here.
  const isAsOfGiven = !isAlike || random.chance(0.5)
  const writing = random.pick(['same', 'same', 'same', 'upper', 'bare'] as const)
  return {
    ours,
    theirs,
    first,
    last,
    asOf: isAsOfGiven ? plusDays(last, random.integer(0, 2)) : last,
    isAsOfGiven,
    lagDays: random.integer(0, 3),
    toleranceHundredths: random.chance(0.3) ? random.integer(1, 9) : 0,
    timed: { ours: isTimed, theirs: isTimed || random.chance(0.3) },
    currencies: random.pick(CURRENCIES),
    amounts: random.pick(['many', 'many', 'few']),
    references:
      writing === 'bare'
        ? 'order'
        : random.pick(
            REFERENCE_STYLES.filter((style) => writing !== 'upper' || style === 'payment' || style === 'hex'),
          ),
    writing,
    has: {
      fees: random.chance(0.5),
      kinds: random.chance(0.4),
      seconds: random.chance(0.3),
      conversions: random.chance(0.2),
    },
    statuses: { ours: random.chance(0.4), theirs: random.chance(0.4) },
  }
}

/** What is decided of a row that one side alone has. */
export type Fate = 'missing' | 'awaiting' | 'straddle'

/**
 * An instant in the period at which a row that ours alone has is one thing and no other. Undefined when there is none, as
 * with a delay of no days.
 */
export const oursInstant = (random: Seeded, world: World, fate: Fate): number | undefined =>
  instant(random, world, (ms) => {
    const { ours, theirs, asOf, first, last, lagDays, timed } = world
    const own = businessDay(ms, ours)
    if (own < first || own > last) return false
    const day = timed.ours ? businessDay(ms, theirs) : own
    if (day > asOf) return false
    const due = plusWorkdays(day, lagDays)
    const isStraddle = timed.ours && isNearEnd(ms, theirs) && plusDays(day, 1) > asOf
    if (isStraddle) return fate === 'straddle'
    return fate === (due > asOf ? 'awaiting' : 'missing')
  })

/** By when a row of ours is expected that waits. */
export function oursDue({ ours, theirs, lagDays, timed }: World, ms: number, fate: Fate): string | undefined {
  if (fate === 'missing') return undefined
  const day = businessDay(ms, timed.ours ? theirs : ours)
  const due = plusWorkdays(day, lagDays)
  const next = plusDays(day, 1)
  return fate === 'straddle' && due < next ? next : due
}

/** The same for a row that theirs alone has: missing, or waiting for our next file. */
export const theirsInstant = (random: Seeded, world: World, fate: 'missing' | 'awaiting'): number | undefined =>
  instant(random, world, (ms) => {
    const { ours, theirs, first, last, asOf, timed } = world
    const [own, beyond] = [businessDay(ms, theirs), businessDay(ms, ours)]
    if (own > asOf || own > last || own < first) return false
    if (!timed.theirs) return fate === 'missing'
    const isAfterOurs = beyond > last && own <= last
    const isJustAfter = [ours, theirs].some((cut) => {
      const day = businessDay(ms, cut)
      return (day === first || day > last) && isNearBeginning(ms, cut)
    })
    return fate === (isAfterOurs || isJustAfter ? 'awaiting' : 'missing')
  })

export const theirsDue = ({ asOf }: World): string => plusWorkdays(asOf, 1)

/** An instant at which a row stands in both files, whatever their cut-offs are. */
export const bothInstant = (random: Seeded, world: World): number => {
  const { ours, theirs, first, last } = world
  const found = instant(random, world, (ms) =>
    [businessDay(ms, ours), businessDay(ms, theirs)].every((day) => day >= first && day <= last),
  )
  if (found === undefined) throw new Error('the period has no day')
  return found
}

/** Noon of a day by the clock of a side. */
export function dayInstant(random: Seeded, world: World, day: string): number {
  for (let tries = 0; tries < 10_000; tries += 1) {
    const ms = Date.parse(`${day}T00:00:00Z`) + random.integer(-30 * 60, 54 * 60) * 60_000
    if (businessDay(ms, world.ours) === day && (businessDay(ms, world.theirs) === day || !isAlike(world))) return ms
  }
  throw new Error(`${day} has no instant`)
}

const isAlike = ({ ours, theirs }: World): boolean => ours.zone === theirs.zone && ours.cutOff === theirs.cutOff

/**
 * Most instants are anywhere in the period; as many are near its first and its last day, where cut-offs decide. Hours in
 * which clocks change are left out, for a wall clock does not say which of two they are.
 */
function instant(random: Seeded, world: World, fits: (ms: number) => boolean): number | undefined {
  const { ours, theirs, first, last, asOf } = world
  const [from, to] = [Date.parse(`${first}T00:00:00Z`) - 86_400_000, Date.parse(`${last}T00:00:00Z`) + 2 * 86_400_000]
  const nearCut = (): number => {
    const { zone, cutOff } = random.pick([ours, theirs])
    const day = plusDays(random.pick([first, last, asOf]), random.integer(-1, 1))
    const at = Temporal.PlainDateTime.from(`${day}T${cutOff}`).toZonedDateTime(zone).epochMilliseconds
    return at + random.integer(-899, 899) * 1_000
  }
  const anywhere = (): number => from + random.integer(0, Math.floor((to - from) / 1_000)) * 1_000
  for (let tries = 0; tries < 200; tries += 1) {
    const ms = random.chance(0.4) ? nearCut() : anywhere()
    if (!isOnChange(ms) && fits(ms)) return ms
  }
  return undefined
}

/** Clocks change on these days, in one of the zones above, between midnight and four in the morning. */
const isOnChange = (ms: number): boolean =>
  [Date.parse('2026-03-08T07:00:00Z'), Date.parse('2026-03-29T01:00:00Z')].some(
    (change) => Math.abs(ms - change) < 2 * 3_600_000,
  )
