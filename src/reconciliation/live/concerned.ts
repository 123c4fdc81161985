import { toArray } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { type Item, keysOf } from '../engines/stream/record.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from './item.ts'

/**
 * Records under one id of the PSP that are looked at. An id that more of them share says nothing about any of them, and is no
 * reason to read them all each time that another one comes: those that come find only what names the same charge.
 */
export const SHARED_AT_MOST = 200

// Key by key: a plan is kept for a connection's life, and one that is made while the table is empty would read all of it for
// an array of keys, or for the source. `offset 0` keeps each look-up to itself.
const lookUp = (keys: string, condition: string, limit = ''): string =>
  `select i.* from unnest(${keys}) as k (key) cross join lateral (select ${COLUMNS} from live_item where ${condition} and source is not distinct from $1 ${limit} offset 0) i`
const JOINED = `side = 'line' and reference like '% %' and string_to_array(reference, ' ') @> array['att_' || replace(k.key::text, '-', '')]`
const OF_KEYS = statement(
  'reconciliation.live_items_of_keys',
  `${lookUp('$2::uuid[]', 'id = k.key')}
   union
   ${lookUp('$4::uuid[]', 'id = k.key')}
   union
   ${lookUp('$2::uuid[]', 'charge_id = k.key and charge_id <> id')}
   union
   ${lookUp('$2::uuid[]', JOINED)}
   union
   ${lookUp('$3::text[]', 'psp_reference = k.key', `limit ${SHARED_AT_MOST + 1}`)}`,
)

/** Rows of a group that are looked at, through whatever links them. */
const GROUP_ROWS = 20_000
const ROUNDS = 8

export type Concerned = {
  /** By name. Whatever is in a pair is there with its other side. */
  readonly found: Map<string, LiveItem>
  /** Ids of the PSP that too many share. */
  readonly shared: ReadonlySet<string>
}

/**
 * Everything that shares a key with one of these, or with what does; and what has one of the names, because a break that comes
 * back may be of a line without a key.
 */
export async function concerned(
  tx: Tx,
  source: string,
  items: readonly Item[],
  names: readonly string[],
): Promise<Concerned> {
  const found = new Map<string, LiveItem>()
  const shared = new Set<string>()
  const asked = new Set<string>(names.map((name) => `name ${name}`))
  const isAsked = (item: Item): boolean =>
    asked.has(`name ${item.record.name}`) || keysOf(withoutShared(item, shared)).some((key) => asked.has(key))
  let [next, breaks] = [items, names]
  for (let round = 0; round < ROUNDS && next.length > 0 && found.size < GROUP_ROWS; round += 1) {
    const fresh = new Set(next.flatMap(keysOf).filter((key) => !asked.has(key)))
    if (fresh.size === 0 && breaks.length === 0) break
    for (const key of fresh) asked.add(key)
    const rows = await rowsOf(tx, source, fresh, breaks)
    breaks = []
    for (const id of sharedBy(rows)) shared.add(id)
    const added = rows.filter(({ item }) => !found.has(item.record.name) && isAsked(item))
    for (const each of added) found.set(each.item.record.name, each)
    next = added.map(({ item }) => withoutShared(item, shared))
  }
  const twins = [...found.values()].flatMap(({ standing: { twin } }) =>
    twin === undefined || found.has(twin) ? [] : [twin],
  )
  if (twins.length > 0)
    for (const each of await rowsOf(tx, source, new Set(), twins)) found.set(each.item.record.name, each)
  return { found, shared }
}

async function rowsOf(
  tx: Tx,
  source: string,
  keys: ReadonlySet<string>,
  names: readonly string[],
): Promise<readonly LiveItem[]> {
  const named = (prefix: string): string[] =>
    [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  const columns = [toArray(named('charge ')), toArray(named('psp ')), toArray(names)]
  return (await tx.run<Row>(OF_KEYS, [source, ...columns])).map(liveItemOf)
}

function sharedBy(rows: readonly LiveItem[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { item } of rows) {
    const id = pspReferenceOf(item)
    if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return [...counts].flatMap(([id, count]) => (count > SHARED_AT_MOST ? [id] : []))
}

const pspReferenceOf = ({ side, record }: Item): string | null =>
  side === 'ours' ? record.ours_psp_reference : record.psp_reference

/** The record as it is compared when an id of the PSP says nothing. */
export function withoutShared(item: Item, shared: ReadonlySet<string>): Item {
  const id = pspReferenceOf(item)
  if (id === null || !shared.has(id)) return item
  if (item.side === 'ours') return { side: 'ours', record: { ...item.record, ours_psp_reference: null } }
  if (item.side === 'line') return { side: 'line', record: { ...item.record, psp_reference: null } }
  return { side: 'told', record: { ...item.record, psp_reference: null } }
}
