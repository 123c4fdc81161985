import { type Queryable, statement } from '../../platform/db.ts'
import { publicId } from '../../platform/ids.ts'
import type { OursRecord, TheirsRecord } from '../break.ts'
import { OPEN_COLUMNS, type OpenRow, oursOf, theirsOf } from '../break-rows.ts'
import { businessDate } from '../calendar.ts'
import { type Source, scheduledFee } from '../source.ts'
import type { Candidate } from './score.ts'

/** An open record that one side alone has, by the id of its break. */
export type LoneRecord = Candidate & { readonly side: 'ours' | 'theirs' }

type Row = OpenRow & {
  readonly source: string
  readonly business_date: string
  /** What else names our record: its checkout and orders. */
  readonly names: readonly string[]
}

/** What is open on one side alone: nothing is booked for an unknown outcome, and a payout is no sale. */
const IS_LONE = {
  ours: `b.state = 'open' and b.attempt_id is not null and b.line is null and b.code <> 'pending_outcome'`,
  theirs: `b.state = 'open' and b.attempt_id is null and b.payout_id is null and b.line is not null and b.line_kind = 'charge'`,
} as const

const SELECT = `select ${OPEN_COLUMNS}, b.source, b.business_date,
       array(select p.checkout_id from payment_event p where p.id = b.payment_event_id and p.checkout_id is not null
             union all
             select o.reference from payment_order o where o.charge_attempt_id = b.attempt_id and o.reference is not null limit 20) as names
  from recon_break b left join attempt a on a.id = b.attempt_id`

const LONE = statement(
  'reconciliation.lone_record_of_break',
  `${SELECT} where b.id = $1 and ((${IS_LONE.ours}) or (${IS_LONE.theirs}))`,
)

// Days around on which the same amount is looked for, and those on which others are: a settlement takes days, a weekend is
// three, and beyond ten an amount says nothing.
const SAME_AMOUNT_DAYS = 10
const OTHER_AMOUNT_DAYS = 3
// Of each day. In all some 500 rows at most, each found by the index.
const SAME_AMOUNT_ROWS = 10
const OTHER_AMOUNT_ROWS = 20

/** Ids of the candidates around a day and an amount: each is one step into the index of lone records. */
const around = (side: LoneRecord['side']): string => {
  const of = (condition: string, order: string, limit: number): string =>
    `cross join lateral (
       select b.id from recon_break b
        where ${IS_LONE[side]} and b.source = $1 and b.${side}_currency = $2 and b.business_date = $3::date + n and b.${side}_amount ${condition}
        order by b.${side}_amount ${order} limit ${limit}) b`
  const days = (count: number): string => `generate_series(-${count}, ${count}) as n`
  return `
    select b.id from ${days(SAME_AMOUNT_DAYS)} ${of('= $4', '', SAME_AMOUNT_ROWS)}
    union all
    select b.id from ${days(OTHER_AMOUNT_DAYS)} ${of('> $4', '', OTHER_AMOUNT_ROWS)}
    union all
    select b.id from ${days(OTHER_AMOUNT_DAYS)} ${of('< $4', 'desc', OTHER_AMOUNT_ROWS)}`
}

const AROUND = {
  ours: statement('reconciliation.lone_ours_around', `${SELECT} where b.id in (${around('ours')})`),
  theirs: statement('reconciliation.lone_theirs_around', `${SELECT} where b.id in (${around('theirs')})`),
} as const

/** The record of an open break of one side, with the source that it is of; undefined for every other break. */
export async function loneRecord(
  db: Queryable,
  id: string,
  sourceOf: (name: string) => Source | undefined,
): Promise<{ readonly record: LoneRecord; readonly source: string; readonly day: string } | undefined> {
  const [row] = await db.run<Row>(LONE, [id])
  const record = row && recordOf(row, sourceOf(row.source))
  return row && record && { record, source: row.source, day: row.business_date }
}

/** Records of the other side that are near in day and amount. `day` is that of the run that found the record. */
export async function candidatesFor(
  db: Queryable,
  { record, source, day }: NonNullable<Awaited<ReturnType<typeof loneRecord>>>,
  declared: Source | undefined,
): Promise<readonly LoneRecord[]> {
  const other = record.side === 'ours' ? 'theirs' : 'ours'
  const rows = await db.run<Row>(AROUND[other], [source, record.currency, day, record.amount])
  return rows.flatMap((row) => recordOf(row, declared) ?? [])
}

function recordOf(row: Row, source: Source | undefined): LoneRecord | undefined {
  const [ours, theirs] = [oursOf(row), theirsOf(row)]
  if (ours !== undefined) return { id: row.id, side: 'ours', ...ofOurs(ours, row.names, source) }
  return theirs && { id: row.id, side: 'theirs', ...ofTheirs(theirs, row.business_date, source) }
}

const ofOurs = (ours: OursRecord, names: readonly string[], source: Source | undefined): Omit<Candidate, 'id'> => ({
  amount: ours.amount,
  currency: ours.currency,
  // A PSP may tell what is left after its fee as the amount.
  fee: source?.feeSchedule && scheduledFee(ours.amount, source.feeSchedule),
  day: ours.businessDate,
  references: [publicId('att', ours.attemptId), ...(ours.pspReference === null ? [] : [ours.pspReference]), ...names],
})

const ofTheirs = (theirs: TheirsRecord, day: string, source: Source | undefined): Omit<Candidate, 'id'> => ({
  amount: theirs.amount,
  currency: theirs.currency,
  fee: theirs.fee,
  day: theirs.occurredAt === null || source === undefined ? day : businessDate(theirs.occurredAt, source),
  references: [theirs.reference, theirs.pspReference].filter((each) => each !== null),
})
