import type { DuckDb } from '../../platform/duckdb.ts'
import type { Code } from '../breaks/decide.ts'
import type { Apart } from '../breaks/result.ts'
import { type Place, placeOf } from '../files/part.ts'
import { unitsOf } from '../rows/amount-value.ts'
import { decimalsIn } from '../rows/currency-code.ts'
import type { SideName, SideSpec } from '../side.ts'
import type { Veil } from '../veil.ts'
import { otherOf } from './payout-find.ts'
import type { Rolled } from './payout-roll.ts'
import { SCALE } from './payout-row.ts'
import type { PayoutSides } from './payout-sides.ts'

/**
 * A payout from its sales to the bank, in minor units: gross − fees − refunds − disputes − reserve + other = payout. What the bank
 * has of it is undefined where no line names it.
 */
export type Payout = Readonly<Record<Taken, bigint>> & {
  readonly reference: string
  readonly currency: string
  readonly day: string | undefined
  /** Rows that it is made of, and where the first one is. */
  readonly rows: number
  readonly place: Place
  readonly gross: bigint
  readonly other: bigint
  readonly payout: bigint
  /** What a row of the payout itself says. */
  readonly stated: bigint | undefined
  readonly bank: bigint | undefined
  readonly bankPlace: Place | undefined
  /** payout − bank. */
  readonly difference: bigint | undefined
  readonly state: 'at_bank' | Code
}

const TAKEN = ['fees', 'refunds', 'disputes', 'reserve'] as const
type Taken = (typeof TAKEN)[number]

type Found = {
  readonly n: number
  readonly amount: bigint
  readonly currency: string
  readonly line: number
  readonly bank: bigint | null
  readonly bank_line: number | null
  readonly code: Code | null
}

/** Every payout, in the order of the file. */
export async function payoutsOf(
  duckdb: DuckDb,
  { sides, side, rolls, mapping }: PayoutSides,
  veil: Veil,
): Promise<readonly Payout[]> {
  const spec = mapping.specs?.[side]
  if (spec === undefined) return []
  const bank = otherOf(side)
  const rows = await duckdb.query<Found>(`${linesSql(side, bank)} order by p.n`)
  return rows.flatMap(({ n, amount, currency, line, bank: arrived, bank_line, code }) => {
    const rolled = rolls.payouts[n]
    if (rolled === undefined) return []
    const isDone = arrived !== null
    return {
      reference: veil.reference(rolled.id),
      currency,
      day: rolled.day === '' ? undefined : rolled.day,
      rows: rolled.rows,
      place: placeOf(sides[side], line),
      ...waterfall(rolled, amount, { currency, spec, hasFees: rolls.columns.fee !== undefined }),
      payout: amount,
      stated: rolled.stated === undefined ? undefined : minorOf(rolled.stated, { currency, spec }),
      bank: arrived ?? undefined,
      bankPlace: bank_line === null ? undefined : placeOf(sides[bank], bank_line),
      difference: isDone ? amount - arrived : undefined,
      state: code ?? 'at_bank',
    }
  })
}

/** A payout and the line that it was matched with, whether in a pass or straight. */
function linesSql(side: SideName, bank: SideName): string {
  const [own, other] = side === 'ours' ? ['o', 't'] : ['t', 'o']
  return `
    with linked as (
      select distinct ${own} as n, ${other} as b from pair
      union all
      select p.n, b.n from ${side} p join ${bank} b on b.key = p.key
       where p.n not in (select n from ${side}_left) and b.n not in (select n from ${bank}_left)
    ), arrived as (
      select linked.n, sum(b.amount)::bigint as bank, min(b.line) as bank_line from linked join ${bank} b on b.n = linked.b group by linked.n
    )
    select p.n, p.amount, p.currency, p.line, a.bank, a.bank_line, f.code
      from ${side} p left join arrived a on a.n = p.n left join found f on f.${own} = p.n`
}

type About = { readonly currency: string; readonly spec: SideSpec; readonly hasFees: boolean }

/** What is not known to be anything else is `other`, so that the parts always add up; without a column of fees it is them. */
function waterfall(
  { rows, sums }: Rolled,
  payout: bigint,
  about: About,
): Readonly<Record<Taken | 'gross' | 'other', bigint>> {
  const minor = (value: bigint): bigint => minorOf(value, about)
  const parts = {
    gross: rows === 0 ? payout : minor(sums.gross),
    fees: -minor(sums.fees),
    refunds: -minor(sums.refunds),
    disputes: -minor(sums.disputes),
    reserve: -minor(sums.reserve),
  }
  const rest = payout - (parts.gross - TAKEN.reduce((sum, name) => sum + parts[name], 0n))
  const own = about.hasFees || rows === 0 ? rest : minor(sums.other)
  return { ...parts, fees: parts.fees + own - rest, other: own }
}

function minorOf(value: bigint, { currency, spec }: Pick<About, 'currency' | 'spec'>): bigint {
  const units = unitsOf({ digits: value, scale: SCALE }, spec.unit, decimalsIn(currency))
  return (units?.amount ?? 0n) * BigInt(spec.sign)
}

/** Rows that are in no payout: not paid out yet, or payouts that no row is in. */
export function outsideOf({ side, rolls, mapping }: PayoutSides): readonly Apart[] {
  const spec = mapping.specs?.[side]
  if (spec === undefined) return []
  return rolls.outside.map(({ kind, currency, rows, amount }) => {
    const code = currency !== '' ? currency : 'code' in spec.currency ? spec.currency.code : 'XXX'
    return { side, kind, currency: code, rows, amount: minorOf(amount, { currency: code, spec }) }
  })
}
