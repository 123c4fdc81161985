import type { Summary } from '../../../src/recon/index.ts'
import type { Row } from '../row.ts'
import type { TruthSet } from '../truth-set.ts'
import { type Payout, worthOf } from './teller.ts'
import type { PayoutWorld } from './world.ts'

/** A payout from its sales to the bank, as it has to be shown. */
export type Waterfall = Readonly<
  Record<'gross' | 'fees' | 'refunds' | 'disputes' | 'reserve' | 'other' | 'payout', bigint>
> & {
  readonly reference: string
  readonly currency: string
  readonly day: string | undefined
  readonly rows: number
  readonly stated: bigint | undefined
  readonly bank: bigint | undefined
  readonly state: string
}

/** What a tax takes of a fee, in a report that has it in a column of its own. */
export const taxOf = ({ fee }: Pick<Row, 'fee'>): bigint => fee / 5n

/** How a payout comes about. `bank`: what has arrived of it; `state`: its break, or none. */
export function waterfallOf(
  { money, has, days }: PayoutWorld,
  { id, currency, day, rows }: Pick<Payout, 'id' | 'currency' | 'day' | 'rows'>,
  { bank, state }: { readonly bank: bigint | undefined; readonly state: string | undefined },
): Waterfall {
  const counted = rows.filter(({ garbage }) => garbage === undefined)
  const own = counted.filter(({ kind }) => kind === 'payout')
  const others = counted.filter(({ kind }) => kind !== 'payout')
  const sum = (of: readonly Row[], amount: (row: Row) => bigint): bigint =>
    of.reduce((total, row) => total + amount(row), 0n)
  const written = (row: Row): bigint => (money === 'net' ? row.amount - row.fee : row.amount)
  const bucketOf = (row: Row): Row['kind'] => (has.kinds ? row.kind : written(row) >= 0n ? 'charge' : 'refund')
  const of = (kind: Row['kind']): bigint => sum(others.filter((row) => bucketOf(row) === kind), written) // biome-ignore format: one line
  const tax = money === 'fee, tax and net' ? sum(others, taxOf) : 0n
  const fees = money === 'net' ? 0n : sum(others, ({ fee }) => fee) - tax
  const stated = own.length === 0 ? undefined : sum(own, worthOf)
  return {
    ...{ reference: id, currency, day: days === 'none' ? undefined : day, rows: others.length, stated, bank },
    gross: others.length === 0 ? (stated ?? 0n) : of('charge'),
    fees: fees - of('fee'),
    refunds: -of('refund'),
    disputes: -of('dispute'),
    reserve: -of('reserve'),
    other: of('adjustment') - tax,
    payout: others.length === 0 ? (stated ?? 0n) : sum(others, worthOf),
    state: state ?? 'at_bank',
  }
}

type Shown = NonNullable<Summary['payouts']>[number]

/** What is wrong with how payouts are shown. */
export function waterfallProblems({ waterfalls }: TruthSet, { payouts }: Summary): readonly string[] {
  if (waterfalls === undefined) return payouts === undefined ? [] : ['rows were added up by a payout']
  if (payouts === undefined) return ['rows were compared, and not payouts']
  const left = new Map<string, number>()
  for (const each of waterfalls) left.set(textOf(each), (left.get(textOf(each)) ?? 0) + 1)
  for (const each of payouts) left.set(textOf(each), (left.get(textOf(each)) ?? 0) - 1)
  return [...left].flatMap(([text, count]) =>
    count === 0 ? [] : [`a payout is ${count > 0 ? 'not ' : ''}shown as ${text}`],
  )
}

/** The parts of every payout add up to it, whatever else is wrong. */
export const partProblems = ({ payouts = [] }: Summary): readonly string[] =>
  payouts.flatMap((each) => {
    const { gross, fees, refunds, disputes, reserve, other, payout, bank, difference } = each
    const isWhole = gross - fees - refunds - disputes - reserve + other === payout
    const isLinked = difference === (bank === undefined ? undefined : payout - bank)
    return isWhole && isLinked ? [] : [`the parts of a payout do not add up: ${textOf(each)}`]
  })

const textOf = (each: Waterfall | Shown): string => {
  const { reference, currency, day, rows, stated, bank, state, payout } = each
  const parts = (['gross', 'fees', 'refunds', 'disputes', 'reserve', 'other'] as const).map(
    (name) => `${name} ${each[name]}`,
  )
  return `${reference} of ${day ?? 'no day'} ${currency}: ${rows} rows, ${parts.join(', ')}, payout ${payout}, stated ${stated ?? '-'}, bank ${bank ?? '-'}, ${state}`
}
