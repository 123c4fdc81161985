import type { Clock } from '../platform/clock.ts'
import { toColumns } from '../platform/columns.ts'
import { type Db, isConnectionError, statement, type Tx, violatedConstraint } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { newId, publicId } from '../platform/ids.ts'
import { createLane } from '../platform/lane.ts'
import { type Account, type AccountType, refuseControlled } from './account.ts'
import type { AccountDirectory } from './directory.ts'
import { imbalance, type NewEntry } from './entry.ts'
import { getEntries, type JournalEntry } from './list.ts'
import { postEntries } from './post.ts'

/** A manual entry as a caller asks for it: validated in form, not yet balanced. Ids are UUIDs, amounts > 0. */
export type NewManualEntry = {
  readonly idempotencyKey: string
  readonly fingerprint: Buffer
  readonly reference: string
  /** The entry that this one reverses: its postings must be exactly that entry's with the sides exchanged. */
  readonly reverses?: string | undefined
  readonly occurredAt?: Date | undefined
  readonly postings: readonly {
    readonly account: string
    readonly direction: 'debit' | 'credit'
    readonly amount: bigint
    readonly currency: string
  }[]
}

export type PostedEntry = { readonly entry: JournalEntry; readonly replayed: boolean }

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

const FIND_ACCOUNTS = statement(
  'ledger.find_account_types',
  'select name, type from ledger_account where name = any($1::text[])',
)

const FIND_REVERSAL = statement('ledger.find_reversal', 'select id from journal_entry where reverses = $1')

type Found = { id: string; reference: string; key: string; fingerprint: Buffer }

/**
 * Posts manual entries in batches: one result per entry, in order; a refusal of one leaves the others unharmed.
 * Refusals: `account_controlled`, `account_not_found`, `entry_unbalanced`, `entry_reference_exists`,
 * `entry_not_reversible`, `idempotency_key_reused`.
 */
export function createManualPosting(deps: {
  readonly db: Db
  readonly directory: AccountDirectory
  readonly clock: Clock
}) {
  const lane = createLane<NewManualEntry, PostedEntry | Refusal>({
    maxBatch: 1_000,
    weight: (item) => item.postings.length,
    maxQueue: 20_000,
    concurrency: 2,
    whenFull: () =>
      new Refusal('overloaded', 'The queue of ledger entries is full. Send the request again with the same key.', {
        retryAfterSeconds: 2,
      }),
    commit: (items) => commit(deps, items),
    // A concurrent request stored the same key, reference or reversal: alone, the item finds it and gets its answer.
    splitOn: (error) => !isConnectionError(error),
  })
  const postOne = async (item: NewManualEntry): Promise<PostedEntry | Refusal> => {
    try {
      return await lane.submit(item)
    } catch (error) {
      if (error instanceof Refusal) return error
      if (
        !['manual_entry_key_once', 'manual_entry_reference_once', 'journal_entry_reversed_once'].includes(
          violatedConstraint(error) ?? '',
        )
      )
        throw error
      return await lane.submit(item)
    }
  }
  return (items: readonly NewManualEntry[]): Promise<readonly (PostedEntry | Refusal)[]> =>
    Promise.all(items.map(postOne))
}

async function commit(
  deps: { readonly db: Db; readonly directory: AccountDirectory; readonly clock: Clock },
  items: readonly NewManualEntry[],
): Promise<readonly (PostedEntry | Refusal)[]> {
  return deps.db.transaction(async (tx) => {
    const now = deps.clock.now()
    const seen = await tx.run<Found>(FIND, [
      items.map((item) => item.idempotencyKey),
      items.map((item) => item.reference),
    ])
    const types = await accountTypes(tx, items)
    const fresh = new Map<NewManualEntry, NewEntry>()
    const results: (Refusal | { readonly entryId: string; readonly replayed: boolean })[] = []
    for (const item of items) {
      const known = earlier(item, [...seen, ...[...fresh].map(([other, entry]) => foundOf(other, entry.id))])
      const outcome = known ?? (await refusalOf(tx, item, types))
      if (outcome !== undefined) {
        results.push(outcome)
        continue
      }
      const entry = entryOf(item, types, now)
      fresh.set(item, entry)
      results.push({ entryId: entry.id, replayed: false })
    }
    await postEntries(tx, deps.directory, [...fresh.values()], now)
    const rows = [...fresh].map(([item, entry]) => [entry.id, item.reference, item.idempotencyKey, item.fingerprint])
    if (rows.length > 0) await tx.run(INSERT, toColumns(4, rows))
    const ids = results.flatMap((result) => (result instanceof Refusal ? [] : result.entryId))
    const entries = new Map((await getEntries(tx, ids)).map((entry) => [entry.id, entry]))
    return results.map((result) => {
      if (result instanceof Refusal) return result
      const entry = entries.get(result.entryId)
      if (entry === undefined) throw new Error(`entry ${result.entryId} vanished`)
      return { entry, replayed: result.replayed }
    })
  })
}

const foundOf = (item: NewManualEntry, id: string): Found => ({
  id,
  reference: item.reference,
  key: item.idempotencyKey,
  fingerprint: item.fingerprint,
})

function earlier(
  item: NewManualEntry,
  found: readonly Found[],
): Refusal | { entryId: string; replayed: true } | undefined {
  const sameKey = found.find((row) => row.key === item.idempotencyKey)
  if (sameKey !== undefined) {
    if (sameKey.fingerprint.equals(item.fingerprint)) return { entryId: sameKey.id, replayed: true }
    return new Refusal(
      'idempotency_key_reused',
      'This key was used before with another body. Use a new key for a new entry.',
      {
        facts: { entry: publicId('je', sameKey.id) },
      },
    )
  }
  const sameReference = found.find((row) => row.reference === item.reference)
  if (sameReference === undefined) return undefined
  return new Refusal('entry_reference_exists', `There is an entry with the reference "${item.reference}" already.`, {
    errors: [{ pointer: '/reference', detail: 'A reference names one entry.' }],
    facts: { entry: publicId('je', sameReference.id) },
  })
}

async function accountTypes(tx: Tx, items: readonly NewManualEntry[]): Promise<ReadonlyMap<string, AccountType>> {
  const names = [...new Set(items.flatMap((item) => item.postings.map((posting) => posting.account)))]
  const rows = await tx.run<{ name: string; type: AccountType }>(FIND_ACCOUNTS, [names])
  return new Map(rows.map((row) => [row.name, row.type]))
}

async function refusalOf(
  tx: Tx,
  item: NewManualEntry,
  types: ReadonlyMap<string, AccountType>,
): Promise<Refusal | undefined> {
  try {
    item.postings.forEach((posting, index) => {
      const pointer = `/postings/${index}/account`
      refuseControlled(posting.account, pointer)
      if (types.has(posting.account)) return
      const detail = `There is no account "${posting.account}"; create it first with POST /v1/ledger/accounts.`
      throw new Refusal('account_not_found', detail, { errors: [{ pointer, detail }] })
    })
    refuseUnbalanced(item)
    if (item.reverses !== undefined) await refuseWrongReversal(tx, item, item.reverses)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const signed = (posting: NewManualEntry['postings'][number]): bigint =>
  posting.direction === 'debit' ? posting.amount : -posting.amount

function refuseUnbalanced(item: NewManualEntry): void {
  const left = imbalance(item.postings.map((posting) => ({ amount: signed(posting), currency: posting.currency })))
  if (left.size === 0) return
  const detail = [...left]
    .map(
      ([currency, sum]) =>
        `${sum > 0n ? 'debits' : 'credits'} exceed ${sum > 0n ? 'credits' : 'debits'} by ${sum > 0n ? sum : -sum} ${currency}`,
    )
    .join('; ')
  throw new Refusal('entry_unbalanced', `In minor units, ${detail}.`, { errors: [{ pointer: '/postings', detail }] })
}

async function refuseWrongReversal(tx: Tx, item: NewManualEntry, reverses: string): Promise<void> {
  const refuse = (detail: string): never => {
    throw new Refusal('entry_not_reversible', detail, { errors: [{ pointer: '/reverses', detail }] })
  }
  const [original] = await getEntries(tx, [reverses])
  if (original === undefined) return refuse(`There is no entry ${publicId('je', reverses)}.`)
  if (original.kind !== 'manual')
    refuse(`${publicId('je', reverses)} is a ${original.kind} entry; only manual entries are reversed by hand.`)
  const [other] = await tx.run<{ id: string }>(FIND_REVERSAL, [reverses])
  if (other !== undefined) refuse(`${publicId('je', reverses)} is reversed already, by ${publicId('je', other.id)}.`)
  const text = (account: string, amount: bigint, currency: string): string =>
    JSON.stringify([account, amount.toString(), currency])
  const wanted = original.postings
    .map((posting) => text(posting.account, -signed(posting), posting.currency))
    .toSorted()
  const given = item.postings.map((posting) => text(posting.account, signed(posting), posting.currency)).toSorted()
  if (wanted.join() !== given.join())
    refuse(`The postings are not those of ${publicId('je', reverses)} with debit and credit exchanged.`)
}

function entryOf(item: NewManualEntry, types: ReadonlyMap<string, AccountType>, now: Date): NewEntry {
  const id = newId()
  return {
    id,
    kind: 'manual',
    fact: id,
    paymentId: undefined,
    orderId: undefined,
    reverses: item.reverses,
    occurredAt: item.occurredAt ?? now,
    postings: item.postings.map((posting) => {
      const account: Account = { name: posting.account, type: types.get(posting.account) ?? 'asset' }
      return { account, amount: signed(posting), currency: posting.currency }
    }),
  }
}
