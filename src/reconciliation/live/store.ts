import { toArray, toColumns } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import type { Pairing } from '../engines/stream/pair-group.ts'
import type { LineItem } from '../engines/stream/record.ts'
import { createStream } from '../engines/stream/stream.ts'
import { settledBefore } from '../settled.ts'
import type { Source } from '../source.ts'
import { concerned, withoutShared } from './concerned.ts'
import { COLUMNS, type LiveItem, valuesOf } from './item.ts'
import { asOpened, PART, type Standing, standingsOf } from './standing.ts'

const INSERT = statement(
  'reconciliation.insert_live_items',
  `insert into live_item (source, ${COLUMNS})
   select $1, i.* from unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::bigint[], $9::bigint[], $10::text[],
     $11::timestamptz[], $12::uuid[], $13::integer[], $14::text[], $15::text[], $16::bigint[], $17::date[], $18::smallint[], $19::bigint[],
     $20::uuid[], $21::text[], $22::date[], $23::text[], $24::text[], $25::date[], $26::uuid[]) as i`,
)
const COLUMN_COUNT = 25

const UPDATE = statement(
  'reconciliation.update_live_items',
  `update live_item i set state = n.state, code = n.code, due_on = n.due_on, twin_id = n.twin_id
     from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::uuid[]) as n (id, state, code, due_on, twin_id) where i.id = n.id`,
)

const DELETE = statement('reconciliation.delete_live_items', 'delete from live_item where id = any($1::uuid[])')

const ADD = statement(
  'reconciliation.add_to_live_totals',
  `insert into live_total as t (source, state, code, currency, items, amount)
   select $1, n.* from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::numeric[]) as n
   on conflict (source, state, code, currency) do update set items = t.items + excluded.items, amount = t.amount + excluded.amount`,
)

/**
 * Takes records in and lets others go, in the caller's transaction: what concerns them is read by its keys, paired anew, and
 * written where it stands otherwise than before. One caller at a time for each source.
 */
export async function move(
  tx: Tx,
  at: { readonly source: Source; readonly settledThrough: string | undefined },
  { arriving, leaving }: { readonly arriving: readonly Arriving[]; readonly leaving: readonly LiveItem[] },
): Promise<void> {
  if (arriving.length === 0 && leaving.length === 0) return
  const { found: known, shared } = await concerned(
    tx,
    at.source.name,
    [...arriving, ...leaving].map(({ item }) => item),
    arriving.flatMap(({ item, opened }) => (opened === undefined ? [] : [item.record.name])),
  )
  const stay = new Map(known)
  for (const { item } of leaving) stay.delete(item.record.name)
  const coming = new Map<string, Arriving>()
  for (const each of arriving) {
    const { name } = each.item.record
    coming.set(name, joined(coming.get(name) ?? stay.get(name), each))
  }
  const replaced = [...stay.values()].filter(({ item }) => coming.has(item.record.name))
  for (const { item } of replaced) stay.delete(item.record.name)
  const stream = createStream(at.source)
  stream.arrive([...stay.values(), ...coming.values()].map(({ item }) => withoutShared(item, shared)))
  const pairings = stream.changes()
  const around = { ...at, settled: await settledBefore(tx, at.source, linesOfToday(pairings)) }
  const standings = new Map(pairings.flatMap((pairing) => [...standingsOf(pairing, around)]))
  const standingOf = ({ item, opened }: Arriving): Standing => asOpened(standings.get(item.record.name) ?? PART, opened)
  await write(tx, at.source.name, {
    gone: [...leaving, ...replaced],
    come: [...coming.values()].map((each) => ({ ...each, standing: standingOf(each) })),
    changed: [...stay.values()].flatMap((before) => {
      const standing = standingOf(before)
      return isSame(before.standing, standing) ? [] : [{ before, now: { ...before, standing } }]
    }),
  })
}

/** Lines without a record of ours that no run has seen: their charge may have been settled by another one, long ago. */
const linesOfToday = (pairings: readonly Pairing[]): readonly LineItem[] =>
  pairings.flatMap(({ linesAlone }) =>
    linesAlone.flatMap(({ record, isDuplicate }) => (isDuplicate || record.theirs_break !== null ? [] : [record])),
  )

export type Arriving = Omit<LiveItem, 'standing'>

/** A charge that stands for several orders is booked once for each: its record is their sum. */
function joined(known: Arriving | undefined, next: Arriving): Arriving {
  if (known?.item.side !== 'ours' || next.item.side !== 'ours' || next.booked === undefined) return next
  const [a, b] = [known.item.record, next.item.record]
  return {
    ...next,
    item: {
      side: 'ours',
      record: {
        ...b,
        ours_amount: a.ours_amount + b.ours_amount,
        ours_ms: a.ours_ms < b.ours_ms ? a.ours_ms : b.ours_ms,
        business_date: a.business_date < b.business_date ? a.business_date : b.business_date,
      },
    },
  }
}

type Changed = { readonly before: LiveItem; readonly now: LiveItem }

async function write(
  tx: Tx,
  source: string,
  {
    gone,
    come,
    changed,
  }: { readonly gone: readonly LiveItem[]; readonly come: readonly LiveItem[]; readonly changed: readonly Changed[] },
): Promise<void> {
  const totals = totalsOf([
    ...[...gone, ...changed.map(({ before }) => before)].map((each) => [each, -1n] as const),
    ...[...come, ...changed.map(({ now }) => now)].map((each) => [each, 1n] as const),
  ])
  const rows = changed.map(({ now: { item, standing } }) => [
    item.record.name,
    standing.state,
    standing.code,
    standing.dueOn,
    standing.twin,
  ])
  await Promise.all([
    gone.length === 0 ? undefined : tx.run(DELETE, [toArray(gone.map(({ item }) => item.record.name))]),
    come.length === 0 ? undefined : tx.run(INSERT, [source, ...toColumns(COLUMN_COUNT, come.map(valuesOf))]),
    rows.length === 0 ? undefined : tx.run(UPDATE, toColumns(5, rows)),
    totals.length === 0 ? undefined : tx.run(ADD, [source, ...toColumns(5, totals)]),
  ])
}

const isSame = (a: Standing, b: Standing): boolean =>
  a.state === b.state && a.code === b.code && a.dueOn === b.dueOn && a.twin === b.twin

/** What the sums change by, as rows of state, code, currency, items and amount. */
function totalsOf(moves: readonly (readonly [item: LiveItem, sign: bigint])[]): readonly (readonly unknown[])[] {
  const sums = new Map<string, { readonly row: readonly string[]; items: bigint; amount: bigint }>()
  for (const [{ item, standing }, sign] of moves) {
    if (standing.state === 'part') continue
    const [currency, amount] =
      item.side === 'ours'
        ? [item.record.ours_currency, item.record.ours_amount]
        : [item.record.theirs_currency, item.record.theirs_amount]
    const row = [standing.state, standing.code ?? '', currency]
    const sum = sums.get(row.join(' ')) ?? { row, items: 0n, amount: 0n }
    sum.items += sign
    sum.amount += sign * amount
    sums.set(row.join(' '), sum)
  }
  return [...sums.values()]
    .filter(({ items, amount }) => items !== 0n || amount !== 0n)
    .map(({ row, items, amount }) => [...row, items, amount])
}
