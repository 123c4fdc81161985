import assert from 'node:assert/strict'
import { type Db, type Queryable, statement, type Tx } from '../platform/db.ts'
import type { Account, AccountType } from './account.ts'

/**
 * Account ids by name, kept in memory: an account's id and type never change, and none is removed. What is remembered
 * may still be wrong (the transaction that made an account rolled back, or the database failed over to a server that
 * lacked its last commits): whoever posts asks the database whether it agrees, and `forget`s when it does not.
 */
export type AccountDirectory = {
  /**
   * Ids by name. Names that are not there yet are created in the caller's transaction: whoever creates the same ones
   * at the same time waits for its end.
   */
  readonly idsOf: (tx: Tx, accounts: readonly Account[]) => Promise<ReadonlyMap<string, number>>
  /** The types of those of the names that exist. Creates nothing. */
  readonly typesOf: (names: Iterable<string>) => Promise<ReadonlyMap<string, AccountType>>
  /** Reads these names again the next time. */
  readonly forget: (names: Iterable<string>) => void
}

// 200,000 names of some 50 bytes are about 30 MB; beyond, the oldest leave and are read again.
const CACHE_MAX = 200_000

const FIND = statement('ledger.find_accounts', 'select id, name, type from ledger_account where name = any($1::text[])')

/** In the order of names, so that two transactions with the same new accounts never wait for each other in a circle. */
const CREATE = statement(
  'ledger.create_accounts',
  `insert into ledger_account (name, type)
   select a.name, a.type from unnest($1::text[], $2::text[]) as a (name, type) order by a.name collate "C"
   on conflict (name) do nothing`,
)

type Known = { readonly id: number; readonly type: AccountType }

export function createAccountDirectory(db: Db): AccountDirectory {
  const known = new Map<string, Known>()

  const find = async (queryable: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, Known>> => {
    const rows = await queryable.run<Known & { readonly name: string }>(FIND, [names])
    for (const { name, id, type } of rows) known.set(name, { id, type })
    for (const oldest of known.keys()) {
      if (known.size <= CACHE_MAX) break
      known.delete(oldest)
    }
    return new Map(rows.map((row) => [row.name, row]))
  }

  /** Those of the names that are remembered, and those that are not. */
  const recall = (names: Iterable<string>): { found: Map<string, Known>; missing: string[] } => {
    const found = new Map<string, Known>()
    const missing = new Set<string>()
    for (const name of names) {
      const account = known.get(name)
      if (account === undefined) missing.add(name)
      else found.set(name, account)
    }
    return { found, missing: [...missing] }
  }

  const findOrCreate = async (
    tx: Tx,
    names: readonly string[],
    types: ReadonlyMap<string, AccountType>,
  ): Promise<ReadonlyMap<string, Known>> => {
    const found = await find(tx, names)
    const absent = names.filter((name) => !found.has(name))
    if (absent.length === 0) return found
    await tx.run(CREATE, [absent, absent.map((name) => types.get(name))])
    return new Map([...found, ...(await find(tx, absent))])
  }

  return {
    async idsOf(tx, accounts) {
      const types = new Map(accounts.map(({ name, type }) => [name, type]))
      const { found, missing } = recall(types.keys())
      if (missing.length > 0) for (const [name, row] of await findOrCreate(tx, missing, types)) found.set(name, row)
      const ids = new Map<string, number>()
      for (const [name, type] of types) {
        const account = found.get(name)
        assert(account !== undefined, `ledger account ${name} exists`)
        assert(account.type === type, `ledger account ${name} is of type ${account.type}, not ${type}`)
        ids.set(name, account.id)
      }
      return ids
    },
    async typesOf(names) {
      const { found, missing } = recall(names)
      if (missing.length > 0) for (const [name, row] of await find(db, missing)) found.set(name, row)
      return new Map([...found].map(([name, { type }]) => [name, type]))
    },
    forget(names) {
      for (const name of names) known.delete(name)
    },
  }
}
