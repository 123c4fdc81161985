import { type Queryable, statement } from '../../platform/db.ts'
import type { BreakCode } from '../break.ts'
import { endOfDay } from '../calendar.ts'
import type { Source } from '../source.ts'
import { AWAITED_FILE } from './file-lines.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from './item.ts'
import type { LiveState } from './standing.ts'

/** How a source stands now, before its night. */
export type LiveSummary = {
  readonly source: string
  /** Whether this deployment follows it. What is not followed stands as it stood. */
  readonly following: boolean
  readonly settledThrough: string | undefined
  /** What is committed and not taken in yet: batches of the ledger, webhooks, and files of which lines are left. */
  readonly behind: { readonly batches: bigint; readonly webhooks: bigint; readonly files: bigint }
  readonly totals: readonly LiveTotal[]
  /** When the record took place that waits longest. */
  readonly oldest: { readonly waitingForPsp: Date | undefined; readonly waitingForUs: Date | undefined }
}

export type LiveTotal = {
  readonly state: LiveState
  readonly code: BreakCode | undefined
  readonly currency: string
  readonly items: bigint
  readonly amount: bigint
}

/** A record that stands for itself, with its other side where it has one. */
export type LivePair = {
  readonly id: string
  readonly state: LiveState
  readonly code: BreakCode | undefined
  readonly dueOn: string | undefined
  /** When its due day is over, which is when the file is expected that decides. */
  readonly dueAt: Date | undefined
  readonly ours: LiveItem | undefined
  readonly theirs: LiveItem | undefined
}

const SUMMARY = statement(
  'reconciliation.live_summary',
  `select s.settled_through as "settledThrough",
          (select coalesce(sum(c.head_seq - coalesce((s.heads ->> c.id::text)::bigint, 0)), 0) from ledger_chain c)::bigint as batches,
          (select count(*) from live_told t where t.psp = $1) as webhooks,
          (select count(*) from settlement_file f where ${AWAITED_FILE}) as files,
          (select i.occurred_at from live_item i where i.source = $1 and i.state = 'waiting_for_psp' order by i.id limit 1) as "waitingForPsp",
          (select i.occurred_at from live_item i where i.source = $1 and i.state = 'waiting_for_us' order by i.id limit 1) as "waitingForUs"
     from (values (1)) one left join live_source s on s.source = $1`,
)
const TOTALS = statement(
  'reconciliation.live_totals',
  `select state, nullif(code, '') as code, currency, items, amount from live_total
    where source = $1 and items <> 0 order by state, code, currency`,
)

type SummaryRow = {
  readonly settledThrough: string | null
  readonly batches: bigint
  readonly webhooks: bigint
  readonly files: bigint
  readonly waitingForPsp: Date | null
  readonly waitingForUs: Date | null
}
type TotalRow = Omit<LiveTotal, 'code'> & { readonly code: BreakCode | null }

/** Both are read in one transaction: its sums are those of one moment. */
export async function readSummary(db: Queryable, source: string): Promise<Omit<LiveSummary, 'following'>> {
  const [row] = await db.run<SummaryRow>(SUMMARY, [source])
  const totals = await db.run<TotalRow>(TOTALS, [source])
  return {
    source,
    settledThrough: row?.settledThrough ?? undefined,
    behind: { batches: row?.batches ?? 0n, webhooks: row?.webhooks ?? 0n, files: row?.files ?? 0n },
    totals: totals.map((each) => ({ ...each, code: each.code ?? undefined })),
    oldest: { waitingForPsp: row?.waitingForPsp ?? undefined, waitingForUs: row?.waitingForUs ?? undefined },
  }
}

export type LiveFilter = {
  readonly state: LiveState
  readonly limit: number
  /** The id of the last one seen. */
  readonly after?: string | undefined
}

const LIST = statement(
  'reconciliation.live_list',
  `select ${COLUMNS} from live_item where source = $1 and state = $2 and ($3::uuid is null or id > $3) order by id limit $4`,
)
const BY_ID = statement(
  'reconciliation.live_items_by_id',
  `select ${COLUMNS} from live_item where id = any($1::uuid[])`,
)

/** The oldest first. */
export async function listItems(
  db: Queryable,
  source: Source,
  { state, limit, after }: LiveFilter,
): Promise<{ readonly data: readonly LivePair[]; readonly hasMore: boolean }> {
  const rows = (await db.run<Row>(LIST, [source.name, state, after, limit + 1])).map(liveItemOf)
  const shown = rows.slice(0, limit)
  return { data: await pairsOf(db, source, shown), hasMore: rows.length > limit }
}

async function pairsOf(db: Queryable, source: Source, items: readonly LiveItem[]): Promise<readonly LivePair[]> {
  const twins = items.flatMap(({ standing }) => standing.twin ?? [])
  const others = twins.length === 0 ? [] : (await db.run<Row>(BY_ID, [twins])).map(liveItemOf)
  const byName = new Map(others.map((each) => [each.item.record.name, each]))
  return items.flatMap((each): LivePair[] => {
    const { state, code, dueOn, twin } = each.standing
    if (state === 'part') return []
    const isOurs = each.item.side === 'ours'
    return [
      {
        id: each.item.record.name,
        state,
        code,
        dueOn,
        dueAt: dueOn === undefined ? undefined : endOfDay(dueOn, source),
        ours: isOurs ? each : undefined,
        theirs: isOurs ? byName.get(twin ?? '') : each,
      },
    ]
  })
}
