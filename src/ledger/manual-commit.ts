import assert from 'node:assert/strict'
import { audit } from '../platform/audit/index.ts'
import { toColumns } from '../platform/columns.ts'
import { statement, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { newId, publicId } from '../platform/ids.ts'
import type { AccountType } from './account.ts'
import type { NewEntry } from './entry.ts'
import { getEntries, type JournalEntry } from './list.ts'
import type { ManualDeps, NewManualEntry, PostedEntry } from './manual.ts'
import { type Originals, refusalOf, signed } from './manual-refusals.ts'
import { postEntries } from './post.ts'

const FIND = statement(
  'ledger.find_manual',
  `select journal_entry_id as id, reference, idempotency_key as key, fingerprint from manual_entry
    where idempotency_key = any($1::text[]) or reference = any($2::text[])`,
)

const INSERT = statement(
  'ledger.insert_manual',
  `insert into manual_entry (journal_entry_id, reference, idempotency_key, fingerprint)
   select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])`,
)

const FIND_REVERSALS = statement(
  'ledger.find_reversals',
  'select id, reverses from journal_entry where reverses = any($1::uuid[])',
)

type Found = { readonly id: string; readonly reference: string; readonly key: string; readonly fingerprint: Buffer }
type Standing = { readonly id: string; readonly replayed: boolean }

/** Posts those of the items that are new and right, in one transaction. One result per item, in order. */
export async function commitManual(
  deps: ManualDeps,
  items: readonly NewManualEntry[],
): Promise<readonly (PostedEntry | Refusal)[]> {
  const types = await deps.directory.typesOf(items.flatMap((item) => item.postings.map(({ account }) => account)))
  return deps.db.transaction(async (tx) => {
    const now = deps.clock.now()
    const originals = await readOriginals(tx, items)
    const taken = await readTaken(tx, items)
    // In the order of references, and ids grow: batches that hold the same ones lock them in the same order.
    const ids = new Map(items.toSorted((a, b) => (a.reference < b.reference ? -1 : 1)).map((item) => [item, newId()]))
    const fresh = new Map<string, NewManualEntry>()
    const outcomes = items.map((item): Refusal | Standing => {
      const outcome = taken.find(item) ?? refusalOf(item, types, originals)
      if (outcome !== undefined) return outcome
      const id = ids.get(item)
      assert(id !== undefined, 'every item has an id')
      fresh.set(id, item)
      taken.add({ id, reference: item.reference, key: item.idempotencyKey, fingerprint: item.fingerprint })
      if (item.reverses !== undefined) originals.reversedBy.set(item.reverses, id)
      return { id, replayed: false }
    })
    const days = await write(tx, deps, fresh, types, now)
    const entries = new Map([...fresh].map(([id, item]) => [id, entryOf(id, item, now, days.get(id) ?? '')]))
    const old = outcomes.flatMap((outcome) => ('id' in outcome && !entries.has(outcome.id) ? outcome.id : []))
    for (const entry of await getEntries(tx, old)) entries.set(entry.id, entry)
    return outcomes.map((outcome) => {
      if (outcome instanceof Refusal) return outcome
      const entry = entries.get(outcome.id)
      assert(entry !== undefined, `entry ${outcome.id} exists`)
      return { entry, replayed: outcome.replayed }
    })
  })
}

async function write(
  tx: Tx,
  deps: ManualDeps,
  fresh: ReadonlyMap<string, NewManualEntry>,
  types: ReadonlyMap<string, AccountType>,
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  if (fresh.size === 0) return new Map()
  const entries = [...fresh].map(([id, item]) => newEntryOf(id, item, types, now))
  const days = await postEntries(tx, deps.directory, entries, now)
  const rows = [...fresh].map(([id, item]) => [id, item.reference, item.idempotencyKey, item.fingerprint])
  await tx.run(INSERT, toColumns(4, rows))
  await auditReversals(tx, fresh, now)
  return days
}

/**
 * A reversal is a deed of a person and stands in the audit log. Other manual entries do not: programs post thousands of them a
 * second, on several nodes, and the one head of that log would make them wait for each other.
 */
async function auditReversals(tx: Tx, fresh: ReadonlyMap<string, NewManualEntry>, now: Date): Promise<void> {
  for (const [id, { reverses, reference, actor }] of fresh) {
    if (reverses === undefined) continue
    const detail = { reference, reversal: publicId('je', id) }
    await audit(tx, actor, now, [{ action: 'entry.reversed', object: publicId('je', reverses), detail }])
  }
}

/** The keys and references that are used: before this batch, and in it so far. */
async function readTaken(tx: Tx, items: readonly NewManualEntry[]) {
  const byKey = new Map<string, Found>()
  const byReference = new Map<string, Found>()
  const add = (found: Found): void => {
    byKey.set(found.key, found)
    byReference.set(found.reference, found)
  }
  const keys = items.map((item) => item.idempotencyKey)
  for (const row of await tx.run<Found>(FIND, [keys, items.map((item) => item.reference)])) add(row)
  const find = (item: NewManualEntry): Refusal | Standing | undefined => {
    const sameKey = byKey.get(item.idempotencyKey)
    if (sameKey?.fingerprint.equals(item.fingerprint)) return { id: sameKey.id, replayed: true }
    if (sameKey !== undefined) {
      const detail = 'This key was used before with another body. Use a new key for a new entry.'
      return new Refusal('idempotency_key_reused', detail, { facts: { entry: publicId('je', sameKey.id) } })
    }
    const sameReference = byReference.get(item.reference)
    if (sameReference === undefined) return undefined
    return new Refusal('entry_reference_exists', `There is an entry with the reference "${item.reference}" already.`, {
      errors: [{ pointer: '/reference', detail: 'A reference names one entry.' }],
      facts: { entry: publicId('je', sameReference.id) },
    })
  }
  return { add, find }
}

async function readOriginals(
  tx: Tx,
  items: readonly NewManualEntry[],
): Promise<Originals & { readonly reversedBy: Map<string, string> }> {
  const ids = [...new Set(items.flatMap((item) => item.reverses ?? []))]
  if (ids.length === 0) return { entries: new Map(), reversedBy: new Map() }
  const entries = new Map((await getEntries(tx, ids)).map((entry) => [entry.id, entry]))
  const reversals = await tx.run<{ id: string; reverses: string }>(FIND_REVERSALS, [ids])
  return { entries, reversedBy: new Map(reversals.map((row) => [row.reverses, row.id])) }
}

function newEntryOf(id: string, item: NewManualEntry, types: ReadonlyMap<string, AccountType>, now: Date): NewEntry {
  return {
    id,
    kind: 'manual',
    fact: item.reference,
    paymentId: undefined,
    orderId: undefined,
    reverses: item.reverses,
    occurredAt: item.occurredAt ?? now,
    postings: item.postings.map((posting) => {
      const type = types.get(posting.account)
      assert(type !== undefined, `ledger account ${posting.account} exists`)
      return { account: { name: posting.account, type }, amount: signed(posting), currency: posting.currency }
    }),
  }
}

/** The entry as the books have it now. */
const entryOf = (id: string, item: NewManualEntry, now: Date, accountingDate: string): JournalEntry => ({
  id,
  kind: 'manual',
  reference: item.reference,
  paymentId: undefined,
  orderId: undefined,
  reverses: item.reverses,
  occurredAt: item.occurredAt ?? now,
  bookedAt: now,
  accountingDate,
  postings: item.postings,
})
