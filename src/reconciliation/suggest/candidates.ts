import { type Queryable, statement } from '../../platform/db.ts'
import { publicId } from '../../platform/ids.ts'
import type { OursRecord, PayoutRecord, TheirsRecord } from '../break.ts'
import {
  OPEN_COLUMNS,
  type OpenRow,
  oursOf,
  PAYOUT_COLUMNS,
  type PayoutColumns,
  payoutOf,
  theirsOf,
} from '../break-rows.ts'
import { businessDate } from '../calendar.ts'
import { type Source, scheduledFee } from '../source.ts'
import type { Candidate } from './score.ts'

/** An open record that one side alone has, by the id of its break: one of ours, a charge or a payout, or a line of theirs. */
export type LoneRecord = Candidate & { readonly is: 'charge' | 'payout' | 'line' }

type Row = OpenRow &
  PayoutColumns & {
    readonly source: string
    readonly business_date: string
    /** What else names our record: its checkout and orders, or what we called the payout. */
    readonly names: readonly string[]
  }

/** What is open on one side alone. Nothing is booked for an unknown outcome. The lines of a bank are entries. */
const IS_LONE = {
  charge: `b.state = 'open' and b.attempt_id is not null and b.line is null and b.code <> 'pending_outcome'`,
  payout: `b.state = 'open' and b.payout_id is not null and b.line is null`,
  line: `b.state = 'open' and b.attempt_id is null and b.payout_id is null and b.line is not null and b.line_kind in ('charge', 'entry')`,
} as const
const COLUMN = { charge: 'ours', payout: 'ours', line: 'theirs' } as const

const SELECT = `select ${OPEN_COLUMNS}, ${PAYOUT_COLUMNS}, b.source, b.business_date,
       array(select p.checkout_id from payment_event p where p.id = b.payment_event_id and p.checkout_id is not null
             union all
             select o.reference from payment_order o where o.charge_attempt_id = b.attempt_id and o.reference is not null
             union all
             select w.reference where w.reference is not null limit 20) as names
  from recon_break b left join attempt a on a.id = b.attempt_id left join payout w on w.id = b.payout_id`

const LONE = statement(
  'reconciliation.lone_record_of_break',
  `${SELECT} where b.id = $1 and (${Object.values(IS_LONE)
    .map((each) => `(${each})`)
    .join(' or ')})`,
)

// Days around on which the same amount is looked for, and those on which others are: a settlement takes days, a weekend is
// three, and beyond ten an amount says nothing.
const SAME_AMOUNT_DAYS = 10
const OTHER_AMOUNT_DAYS = 3
// Of each day. In all some 500 rows at most, each found by the index.
const SAME_AMOUNT_ROWS = 10
const OTHER_AMOUNT_ROWS = 20

/** Ids of the candidates around a day and an amount: each is one step into the index of lone records. */
const around = (is: LoneRecord['is']): string => {
  const side = COLUMN[is]
  const of = (condition: string, order: string, limit: number): string =>
    `cross join lateral (
       select b.id from recon_break b
        where ${IS_LONE[is]} and b.source = $1 and b.${side}_currency = $2 and b.business_date = $3::date + n and b.${side}_amount ${condition}
        order by b.${side}_amount ${order} limit ${limit}) b`
  const days = (count: number): string => `generate_series(-${count}, ${count}) as n`
  return `
    select b.id from ${days(SAME_AMOUNT_DAYS)} ${of('= $4', '', SAME_AMOUNT_ROWS)}
    union all
    select b.id from ${days(OTHER_AMOUNT_DAYS)} ${of('> $4', '', OTHER_AMOUNT_ROWS)}
    union all
    select b.id from ${days(OTHER_AMOUNT_DAYS)} ${of('< $4', 'desc', OTHER_AMOUNT_ROWS)}`
}

// People said of the two that they do not belong together: of the records, whichever breaks they are in by now. Looked up for each
// candidate (`offset 0`), because all that was ever taken apart is many times that.
const NOT_APART = `not exists (
    select from recon_break o
      join payout_arrival a on a.payout_id = coalesce(o.payout_id, b.payout_id) and a.file_id = coalesce(o.file_id, b.file_id) and a.line = coalesce(o.line, b.line)
      join payout_arrival_undone u on u.arrival_id = a.id
      join break_resolution r on r.id = u.resolution_id and r.state = 'applied'
     where o.id = $5 offset 0)
  and not exists (
    select from recon_break o
      join settled_charge s on s.attempt_id = coalesce(o.attempt_id, b.attempt_id) and s.file_id = coalesce(o.file_id, b.file_id) and s.line = coalesce(o.line, b.line)
      join unsettled_charge u on u.attempt_id = s.attempt_id and u.revision = s.revision
      join break_resolution r on r.id = u.resolution_id and r.verb = 'unmatch' and r.state = 'applied'
     where o.id = $5 offset 0)`

const AROUND = {
  charge: statement(
    'reconciliation.lone_charges_around',
    `${SELECT} where b.id in (${around('charge')}) and ${NOT_APART}`,
  ),
  payout: statement(
    'reconciliation.lone_payouts_around',
    `${SELECT} where b.id in (${around('payout')}) and ${NOT_APART}`,
  ),
  line: statement('reconciliation.lone_lines_around', `${SELECT} where b.id in (${around('line')}) and ${NOT_APART}`),
} as const

/** A record, what its partner would be, and the day of the run that found it. */
export type Lone = {
  readonly record: LoneRecord
  readonly awaited: LoneRecord['is']
  readonly source: string
  readonly day: string
}

/** The record of an open break of one side, with the source that it is of; undefined for every other break. */
export async function loneRecord(
  db: Queryable,
  id: string,
  sourceOf: (name: string) => Source | undefined,
): Promise<Lone | undefined> {
  const [row] = await db.run<Row>(LONE, [id])
  const record = row && recordOf(row, sourceOf(row.source))
  if (row === undefined || record === undefined) return undefined
  const awaited = record.is === 'line' ? (row.line_kind === 'entry' ? 'payout' : 'charge') : 'line'
  return { record, awaited, source: row.source, day: row.business_date }
}

/** Records of the other side that are near in day and amount, without those that people took apart from it. */
export async function candidatesFor(
  db: Queryable,
  { record, awaited, source, day }: Lone,
  declared: Source | undefined,
): Promise<readonly LoneRecord[]> {
  const rows = await db.run<Row>(AROUND[awaited], [source, record.currency, day, record.amount, record.id])
  return rows.flatMap((row) => recordOf(row, declared) ?? [])
}

function recordOf(row: Row, source: Source | undefined): LoneRecord | undefined {
  const { id, names } = row
  const [ours, payout, theirs] = [oursOf(row), payoutOf(row), theirsOf(row)]
  if (ours !== undefined) return { id, is: 'charge', ...ofCharge(ours, names, source) }
  if (payout !== undefined) return { id, is: 'payout', ...ofPayout(payout, names) }
  return theirs && { id, is: 'line', ...ofLine(theirs, row.business_date, source) }
}

const ofCharge = (ours: OursRecord, names: readonly string[], source: Source | undefined): Omit<Candidate, 'id'> => ({
  amount: ours.amount,
  currency: ours.currency,
  // A PSP may tell what is left after its fee as the amount.
  fee: source?.feeSchedule && scheduledFee(ours.amount, source.feeSchedule),
  day: ours.businessDate,
  references: [publicId('att', ours.attemptId), ...(ours.pspReference === null ? [] : [ours.pspReference]), ...names],
})

const ofPayout = (payout: PayoutRecord, names: readonly string[]): Omit<Candidate, 'id'> => ({
  amount: payout.amount,
  currency: payout.currency,
  fee: undefined,
  day: payout.businessDate,
  references: [...(payout.pspReference === null ? [] : [payout.pspReference]), ...names],
})

const ofLine = (theirs: TheirsRecord, day: string, source: Source | undefined): Omit<Candidate, 'id'> => ({
  amount: theirs.amount,
  currency: theirs.currency,
  fee: theirs.fee,
  day: theirs.occurredAt === null || source === undefined ? day : businessDate(theirs.occurredAt, source),
  references: [theirs.reference, theirs.pspReference].filter((each) => each !== null),
})
