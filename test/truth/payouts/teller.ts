import type { Seeded } from '../../support/seeded.ts'
import { plusDays } from '../calendar.ts'
import type { Row } from '../row.ts'
import { dueOf, idOf, type PayoutWorld } from './world.ts'

/** A payout in one currency, as it is made up. */
export type Payout = {
  readonly id: string
  readonly day: string
  readonly currency: string
  readonly rows: readonly Row[]
  /** What its rows come to, less their fees. */
  readonly amount: bigint
}

/** What stories of payouts are told with. */
export type Teller = {
  readonly random: Seeded
  readonly world: PayoutWorld
  /** A payout of which everything but what is said is random. */
  readonly payout: (over?: Partial<Pick<Payout, 'id' | 'day' | 'currency'>> & { readonly takes?: boolean }) => Payout
  readonly id: () => string
  readonly reference: () => string
}

const DAY_MS = 86_400_000

export function createTeller(random: Seeded, world: PayoutWorld): Teller {
  let [number, rowNumber] = [random.integer(1_100_000, 9_000_000), random.integer(100_000, 900_000)]
  const id = (): string => {
    number += random.integer(1, 3)
    return idOf(world, number)
  }
  const reference = (): string => {
    rowNumber += 1
    return `ch_${(rowNumber * 48_271).toString(36)}`
  }
  const anyDay = (): string => plusDays(world.first, random.integer(0, daysIn(world)))
  const payout: Teller['payout'] = (over = {}) => {
    const day = over.day ?? anyDay()
    const about = { id: over.id ?? id(), day, currency: over.currency ?? random.pick(world.currencies) }
    const row = (of: Partial<Row>, place: number): Row => {
      const name = reference()
      // The first row is of the day itself, which counts where nothing else says the day.
      const at = dayMs(day) - (place === 0 ? 0 : random.integer(0, 3) * DAY_MS) + random.integer(0, 86_399) * 1_000
      return {
        ...{ reference: name, second: name, amount: 0n, fee: 0n, kind: 'charge', status: 'paid', ...of },
        ...{ currency: about.currency, at, payout: about.id, paidOn: dayMs(day) },
      }
    }
    const rows = kindsOf(random, over.takes === true).map((kind, place) => row(moneyOf(random, world, kind), place))
    return { ...about, rows, amount: sumOf(rows) }
  }
  return { random, world, payout, id, reference }
}

const daysIn = ({ first, last }: PayoutWorld): number => (dayMs(last) - dayMs(first)) / DAY_MS

export const dayMs = (day: string): number => Date.parse(`${day}T00:00:00Z`)

/** What a row adds to its payout. One of the payout itself says the same with a minus. */
export const worthOf = ({ kind, amount, fee }: Row): bigint => (kind === 'payout' ? -amount : amount - fee)

export const sumOf = (rows: readonly Row[]): bigint =>
  rows.filter(({ isApart }) => isApart !== true).reduce((sum, row) => sum + worthOf(row), 0n)

/** The kinds of the rows of a payout: sales before everything, or, when it takes money, little of them. */
function kindsOf(random: Seeded, takes: boolean): readonly Row['kind'][] {
  const sales = Array.from({ length: takes ? 1 : random.integer(2, 4) }, () => 'charge' as const)
  const others = (['refund', 'refund', 'dispute', 'reserve', 'adjustment', 'fee'] as const).filter(() =>
    random.chance(0.2),
  )
  return [...sales, ...(takes ? (['refund', 'refund'] as const) : []), ...others]
}

/** Rows without a word for what they are are sales and what is taken from them. */
function moneyOf(random: Seeded, { has }: PayoutWorld, kind: Row['kind']): Pick<Row, 'kind' | 'amount' | 'fee'> {
  const amount = BigInt(random.integer(5_000, 90_000))
  switch (kind) {
    case 'charge': return { kind, amount, fee: amount / 40n + 25n }
    case 'refund': return { kind, amount: -amount * 2n, fee: 0n }
    case 'dispute': return { kind, amount: -amount / 3n, fee: has.kinds ? 1_500n : 0n }
    case 'adjustment': return { kind, amount: random.chance(0.5) ? amount / 100n : -amount / 100n, fee: 0n }
    default: return { kind, amount: -amount / 50n, fee: 0n }
  } // biome-ignore format: a table
}

/** A payout of a day on which it is still on its way, or on which it is missing by now. Undefined when there is no such day. */
export function payoutThat(
  { random, world, payout }: Teller,
  fate: 'waits' | 'is missing',
  over: Parameters<Teller['payout']>[0] = {},
): Payout | undefined {
  const days = Array.from({ length: daysIn(world) + 1 }, (_, n) => plusDays(world.first, n))
  const fitting = days.filter((day) => (dueOf(world, day) !== undefined) === (fate === 'waits'))
  return fitting.length === 0 ? undefined : payout({ ...over, day: random.pick(fitting) })
}
