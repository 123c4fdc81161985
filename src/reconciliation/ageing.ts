import { type Queryable, statement } from '../platform/db.ts'
import type { BreakClass } from './break.ts'

/** How long breaks have been open, in days since the business day that found them: from `min` to `max`, both included. */
export const AGES = [
  { min: 0, max: 1 },
  { min: 2, max: 7 },
  { min: 8, max: 30 },
  { min: 31, max: 90 },
  { min: 91, max: null },
] as const

export type AgeingLine = {
  readonly minDays: number
  readonly maxDays: number | null
  readonly class: BreakClass
  readonly count: bigint
  /** Of which somebody wants to hear nothing yet. */
  readonly snoozed: bigint
  readonly oldestOn: string
  /** What the breaks are about at their larger side, added up without signs. */
  readonly amounts: readonly { readonly currency: string; readonly amount: bigint }[]
}

const AGEING = statement(
  'reconciliation.ageing',
  // East of UTC a business day that is named by its end may be over the day before it begins here.
  `select a.n, b.class, coalesce(b.ours_currency, b.theirs_currency, b.currency) as currency, count(*) as count,
          count(*) filter (where b.snoozed_until > $2::date) as snoozed, min(b.business_date)::text as oldest,
          sum(coalesce(abs(case when b.ours_amount is not null and b.theirs_amount is not null and b.ours_currency = b.theirs_currency
                                 then b.difference else coalesce(b.ours_amount, b.theirs_amount) end), abs(b.difference), 0)) as amount
     from recon_break b
     join unnest($3::integer[], $4::integer[]) with ordinality as a (least, most, n)
       on greatest($2::date - b.business_date, 0) between a.least and coalesce(a.most, 2147483647)
    where b.state = 'open' and ($1::text is null or b.source = $1)
    group by a.n, b.class, 3 order by a.n, b.class, 3`,
)

type Row = {
  readonly n: bigint
  readonly class: BreakClass
  readonly currency: string | null
  readonly count: bigint
  readonly snoozed: bigint
  readonly oldest: string
  readonly amount: bigint
}

/** Every open break by age and class, snoozed ones too. No filter of days hides an old one. */
export async function ageing(
  db: Queryable,
  { source, today }: { readonly source?: string | undefined; readonly today: string },
): Promise<readonly AgeingLine[]> {
  const rows = await db.run<Row>(AGEING, [source, today, AGES.map(({ min }) => min), AGES.map(({ max }) => max)])
  return [...Map.groupBy(rows, (row) => `${row.n} ${row.class}`).values()].flatMap((group) => {
    const [first] = group
    const age = first && AGES[Number(first.n) - 1]
    if (first === undefined || age === undefined) return []
    return {
      minDays: age.min,
      maxDays: age.max,
      class: first.class,
      count: group.reduce((sum, { count }) => sum + count, 0n),
      snoozed: group.reduce((sum, { snoozed }) => sum + snoozed, 0n),
      oldestOn: group.map(({ oldest }) => oldest).toSorted()[0] ?? first.oldest,
      amounts: group.flatMap(({ currency, amount }) => (currency === null ? [] : { currency, amount })),
    }
  })
}
