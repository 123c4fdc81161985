import { type Queryable, statement } from '../platform/db.ts'

/** A journal entry as it stands in the books. Amounts are positive minor units; the side is the direction. */
export type JournalEntry = {
  readonly id: string
  readonly kind: string
  readonly reference: string | undefined
  readonly paymentId: string | undefined
  readonly orderId: string | undefined
  readonly reverses: string | undefined
  /** When the fact happened, when it was committed, and the accounting day it counts for. */
  readonly occurredAt: Date
  readonly bookedAt: Date
  readonly accountingDate: string
  readonly postings: readonly {
    readonly account: string
    readonly direction: 'debit' | 'credit'
    readonly amount: bigint
    readonly currency: string
  }[]
}

const GET_ENTRIES = statement(
  'ledger.get_entries',
  `select id, kind, case when kind = 'manual' then fact end as reference, payment_event_id, payment_order_id, reverses,
          occurred_at, booked_at, accounting_date
     from journal_entry where id = any($1::uuid[])`,
)

const GET_POSTINGS = statement(
  'ledger.get_postings',
  `select p.entry_id, a.name, p.amount, p.currency
     from posting p join ledger_account a on a.id = p.account_id
    where p.entry_id = any($1::uuid[]) order by p.entry_id, p.position`,
)

type EntryRow = {
  id: string
  kind: string
  payment_event_id: string | null
  payment_order_id: string | null
  reverses: string | null
  occurred_at: Date
  booked_at: Date
  accounting_date: string
  reference: string | null
}

/** Entries by id, in the order of the ids; an id that is not there is left out. */
export async function getEntries(db: Queryable, ids: readonly string[]): Promise<readonly JournalEntry[]> {
  if (ids.length === 0) return []
  const entries = new Map((await db.run<EntryRow>(GET_ENTRIES, [ids])).map((row) => [row.id, row]))
  const postings = await db.run<{ entry_id: string; name: string; amount: bigint; currency: string }>(GET_POSTINGS, [
    ids,
  ])
  const postingsOf = Map.groupBy(postings, (row) => row.entry_id)
  return ids.flatMap((id): JournalEntry[] => {
    const row = entries.get(id)
    if (row === undefined) return []
    return [
      {
        id,
        kind: row.kind,
        reference: row.reference ?? undefined,
        paymentId: row.payment_event_id ?? undefined,
        orderId: row.payment_order_id ?? undefined,
        reverses: row.reverses ?? undefined,
        occurredAt: row.occurred_at,
        bookedAt: row.booked_at,
        accountingDate: row.accounting_date,
        postings: (postingsOf.get(id) ?? []).map(({ name, amount, currency }) => ({
          account: name,
          direction: amount > 0n ? 'debit' : 'credit',
          amount: amount > 0n ? amount : -amount,
          currency,
        })),
      },
    ]
  })
}

export type EntryFilter = {
  readonly paymentId?: string | undefined
  readonly account?: string | undefined
  readonly limit: number
  /** Id of the last entry of the page before. */
  readonly after?: string | undefined
}

/** A page of entries, newest first. */
export async function listEntries(
  db: Queryable,
  filter: EntryFilter,
): Promise<{ readonly data: readonly JournalEntry[]; readonly hasMore: boolean }> {
  const values: unknown[] = [filter.limit + 1]
  const conditions: string[] = []
  const where = (condition: (parameter: string) => string, value: unknown): void => {
    if (value === undefined) return
    values.push(value)
    conditions.push(condition(`$${values.length}`))
  }
  // Through the postings of one account the index gives its entries in order; otherwise the entries' own.
  const byAccount = filter.account !== undefined
  const id = byAccount ? 'p.entry_id' : 'e.id'
  where((p) => `p.account_id = (select a.id from ledger_account a where a.name = ${p})`, filter.account)
  where((p) => `e.payment_event_id = ${p}`, filter.paymentId)
  where((p) => `${id} < ${p}::uuid`, filter.after)
  const from = byAccount ? 'posting p join journal_entry e on e.id = p.entry_id' : 'journal_entry e'
  const condition = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
  const rows = await db.query<{ id: string }>(
    `select distinct ${id} as id from ${from} ${condition} order by id desc limit $1`,
    values,
  )
  const page = rows.slice(0, filter.limit).map((row) => row.id)
  return { data: await getEntries(db, page), hasMore: rows.length > filter.limit }
}
