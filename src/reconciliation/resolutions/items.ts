import { accounts } from '../../ledger/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { strangeFact } from '../bank/entries.ts'
import { transitByPsp } from '../bank/transit.ts'
import { factOfPart } from '../booked-line.ts'
import type { BreakState } from '../break.ts'
import {
  OPEN_COLUMNS,
  type OpenRow,
  oursOf,
  PAYOUT_COLUMNS,
  type PayoutColumns,
  payoutOf,
  theirsOf,
} from '../break-rows.ts'
import { getRun } from '../runs/run.ts'
import { STANDS } from '../settled.ts'
import type { Item } from './position.ts'

const SOURCES = statement(
  'reconciliation.sources_of_breaks',
  'select id, source from recon_break where id = any($1::uuid[])',
)

const LOCK = statement(
  'reconciliation.lock_breaks',
  `select ${OPEN_COLUMNS}, ${PAYOUT_COLUMNS}, b.source, b.state, b.business_date, b.opened_in_run, b.difference, b.currency,
          exists (select from intake_source i where i.name = b.source) as is_of_bank
     from recon_break b left join attempt a on a.id = b.attempt_id left join payout w on w.id = b.payout_id
    where b.id = any($1::uuid[]) order by b.id for update of b`,
)

const PARTS = statement(
  'reconciliation.parts_of_charges',
  `select s.attempt_id as "attemptId", s.part from settled_charge s where s.attempt_id = any($1::uuid[]) and s.part > 0
      and s.resolution_id is null and ${STANDS}`,
)

const SUSPENSE = statement(
  'reconciliation.suspense_of_lines',
  `select e.fact, p.currency, sum(p.amount) as amount
     from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where e.kind in ('unmatched_line', 'psp_fee') and e.fact = any($1::text[]) and a.name = $2
      and not exists (select from journal_entry r where r.reverses = e.id)
    group by e.fact, p.currency`,
)

/** What lines that people took out of their pair have on suspense, by break. */
const APART = statement(
  'reconciliation.suspense_of_unmatched_lines',
  `select l.break_id as id, p.currency, sum(p.amount) as amount
     from break_resolution_break l join break_resolution r on r.id = l.resolution_id and r.verb = 'unmatch'
     join posting p on p.entry_id = r.entry_id join ledger_account a on a.id = p.account_id
    where l.break_id = any($1::uuid[]) and a.name = $2 and not exists (select from journal_entry e where e.reverses = r.entry_id)
    group by l.break_id, p.currency`,
)

type Row = OpenRow &
  PayoutColumns & {
    source: string
    state: BreakState
    business_date: string
    is_of_bank: boolean
    opened_in_run: string
    difference: bigint | null
    currency: string | null
  }

/** The source of breaks. Throws `not_found`, and `break_not_resolvable` for breaks of several. */
export async function sourceOf(tx: Tx, ids: readonly string[]): Promise<string> {
  const rows = await tx.run<{ id: string; source: string }>(SOURCES, [ids])
  const missing = ids.find((id) => !rows.some((row) => row.id === id))
  if (missing !== undefined) throw new Refusal('not_found', `There is no break ${publicId('brk', missing)}.`)
  const [source, ...others] = [...new Set(rows.map((row) => row.source))]
  if (source === undefined || others.length > 0)
    throw new Refusal('break_not_resolvable', 'Breaks that are resolved together are of one source.')
  return source
}

/** The breaks, locked, with what the books hold of them. Throws `break_state` unless all are open. */
export async function lockItems(tx: Tx, source: string, ids: readonly string[]): Promise<readonly Item[]> {
  const rows = await tx.run<Row>(LOCK, [ids])
  const settled = rows.find(({ state }) => state !== 'open')
  if (settled !== undefined)
    throw new Refusal('break_state', `${publicId('brk', settled.id)} is ${settled.state}.`, {
      facts: { break: publicId('brk', settled.id), state: settled.state },
    })
  const parts = new Map(
    (
      await tx.run<{ attemptId: string; part: number }>(PARTS, [rows.flatMap(({ attempt_id }) => attempt_id ?? [])])
    ).map(({ attemptId, part }) => [attemptId, part]),
  )
  const factsOf = ({ file_id, line, attempt_id, ...row }: Row): readonly string[] => {
    if (file_id === null || line === null) return []
    if (row.is_of_bank) return [strangeFact({ fileId: file_id, line }, row.business_date)]
    return [factOfPart({ file_id, line }, parts.get(attempt_id ?? '') ?? null)]
  }
  const facts = rows.flatMap(factsOf)
  const held = await tx.run<{ fact: string; currency: string; amount: bigint }>(SUSPENSE, [
    facts,
    accounts.suspense(source).name,
  ])
  const byFact = Map.groupBy(held, ({ fact }) => fact)
  const lines = rows.filter((row) => row.line !== null).map(({ id }) => id)
  const apart = Map.groupBy(
    await tx.run<{ id: string; currency: string; amount: bigint }>(APART, [lines, accounts.suspense(source).name]),
    ({ id }) => id,
  )
  const transit = await transitOf(tx, rows)
  const order = new Map(ids.map((id, index) => [id, index]))
  return rows
    .toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
    .map((row) => ({
      id: row.id,
      source: row.source,
      code: row.code,
      class: row.class,
      dueOn: row.due_on,
      openedInRun: row.opened_in_run,
      ours: oursOf(row),
      payout: payoutOf(row),
      isOfBank: row.is_of_bank,
      theirs: theirsOf(row),
      difference: row.difference,
      currency: row.currency,
      suspense: new Map(
        [...factsOf(row).flatMap((fact) => byFact.get(fact) ?? []), ...(apart.get(row.id) ?? [])].map(
          (each) => [each.currency, each.amount] as const,
        ),
      ),
      transit: row.code === 'bank_mismatch' ? (transit.get(row.currency ?? '') ?? NONE) : NONE,
    }))
}

const NONE: ReadonlyMap<string, bigint> = new Map()

/** By currency, what PSPs have in transit beyond their payouts; nothing unless a break is about that. */
async function transitOf(tx: Tx, rows: readonly Row[]): Promise<ReadonlyMap<string, ReadonlyMap<string, bigint>>> {
  const mismatch = rows.find(({ code }) => code === 'bank_mismatch')
  const bank = mismatch && (await getRun(tx, mismatch.opened_in_run))?.bank
  if (bank === undefined) return new Map()
  const byCurrency = Map.groupBy(await transitByPsp(tx, bank), ({ currency }) => currency)
  return new Map(
    [...byCurrency].map(([currency, all]) => [currency, new Map(all.map(({ psp, amount }) => [psp, amount]))]),
  )
}
