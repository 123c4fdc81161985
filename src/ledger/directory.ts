import assert from 'node:assert/strict'
import { type Db, statement } from '../platform/db.ts'
import type { Account, AccountType } from './account.ts'

/**
 * Account ids by name, kept in memory: an account's id and type never change, and none is removed.
 * Names that are not there yet are created on the way.
 */
export type AccountDirectory = {
  readonly idsOf: (accounts: readonly Account[]) => Promise<ReadonlyMap<string, number>>
  /** The types of those of the names that exist. Creates nothing. */
  readonly typesOf: (names: readonly string[]) => Promise<ReadonlyMap<string, AccountType>>
  /**
   * Reads these names again the next time. A database that was restored, or failed over to a server that lacked its
   * last commits, may have given a remembered id to another name.
   */
  readonly forget: (names: Iterable<string>) => void
}

// 200,000 names of some 50 bytes are about 30 MB; beyond, the oldest leave and are read again.
const CACHE_MAX = 200_000

/**
 * Commits by itself and before the entry that needs it: an account without postings does no harm, and a posting
 * transaction never waits for another's new account. Its commit need not be flushed, because the posting's
 * later flush covers everything before it in the log.
 */
const CREATE = statement(
  'ledger.create_accounts',
  `with unflushed as materialized (select set_config('synchronous_commit', 'off', true))
   insert into ledger_account (name, type)
   select a.name, a.type from unflushed, unnest($1::text[], $2::text[]) as a (name, type) order by a.name collate "C"
   on conflict (name) do nothing`,
)

const FIND = statement('ledger.find_accounts', 'select id, name, type from ledger_account where name = any($1::text[])')

type Row = { id: number; name: string; type: AccountType }
type Known = { readonly id: number; readonly type: AccountType }

export function createAccountDirectory(db: Db): AccountDirectory {
  const known = new Map<string, Known>()

  const remember = (rows: readonly Row[]): void => {
    for (const row of rows) known.set(row.name, { id: row.id, type: row.type })
    for (const oldest of known.keys()) {
      if (known.size <= CACHE_MAX) break
      known.delete(oldest)
    }
  }

  const findOrCreate = async (wanted: ReadonlyMap<string, AccountType>): Promise<readonly Row[]> => {
    const found = await db.run<Row>(FIND, [[...wanted.keys()]])
    if (found.length === wanted.size) return found
    const there = new Set(found.map((row) => row.name))
    const absent = [...wanted].filter(([name]) => !there.has(name))
    const names = absent.map(([name]) => name)
    await db.run(CREATE, [names, absent.map(([, type]) => type)])
    return [...found, ...(await db.run<Row>(FIND, [names]))]
  }

  return {
    async idsOf(accounts) {
      const found = new Map<string, Known>()
      const missing = new Map<string, AccountType>()
      for (const { name, type } of accounts) {
        if (found.has(name)) continue
        const account = known.get(name)
        if (account === undefined) missing.set(name, type)
        else found.set(name, account)
      }
      if (missing.size > 0) {
        const rows = await findOrCreate(missing)
        remember(rows)
        for (const row of rows) found.set(row.name, row)
      }
      const ids = new Map<string, number>()
      for (const { name, type } of accounts) {
        const account = found.get(name)
        assert(account !== undefined, `ledger account ${name} exists`)
        assert(account.type === type, `ledger account ${name} is of type ${account.type}, not ${type}`)
        ids.set(name, account.id)
      }
      return ids
    },
    async typesOf(names) {
      const wanted = new Set(names)
      const missing = [...wanted].filter((name) => !known.has(name))
      const types = new Map<string, AccountType>()
      for (const name of wanted) {
        const account = known.get(name)
        if (account !== undefined) types.set(name, account.type)
      }
      if (missing.length === 0) return types
      const rows = await db.run<Row>(FIND, [missing])
      remember(rows)
      for (const row of rows) types.set(row.name, row.type)
      return types
    },
    forget(names) {
      for (const name of names) known.delete(name)
    },
  }
}
