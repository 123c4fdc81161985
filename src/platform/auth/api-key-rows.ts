import { type Db, type Queryable, statement } from '../db.ts'
import type { ApiKey, Mode, Scope } from './api-key.ts'

type Row = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly hash: Buffer
  readonly scopes: Scope[]
  readonly mode: Mode
  readonly createdAt: Date
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

/** A key's row with its hash, which never leaves this folder. */
export type StoredKey = { readonly apiKey: ApiKey; readonly hash: Buffer }

const COLUMNS = `id, name, prefix, hash, scopes, mode, created_at as "createdAt", revoked_at as "revokedAt",
  last_used_at as "lastUsedAt"`

const FIND = statement('auth.find_key', `select ${COLUMNS} from api_key where prefix = $1`)

const INSERT = statement(
  'auth.insert_key',
  `insert into api_key (id, name, prefix, hash, scopes, mode, created_at) values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (prefix) do nothing
   returning ${COLUMNS}`,
)

const LIST = statement(
  'auth.list_keys',
  `select ${COLUMNS} from api_key where $1::uuid is null or id < $1 order by id desc limit $2`,
)

const REVOKE = statement(
  'auth.revoke_key',
  `update api_key set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${COLUMNS}`,
)

const TOUCH = statement(
  'auth.touch_key',
  `update api_key set last_used_at = $2
    where id = $1 and (last_used_at is null or last_used_at < $2::timestamptz - interval '1 day')`,
)

export async function findKey(db: Db, prefix: string): Promise<StoredKey | undefined> {
  const [row] = await db.run<Row>(FIND, [prefix])
  return row === undefined ? undefined : toStoredKey(row)
}

/** Undefined when another key has the same prefix. */
export async function insertKey(
  db: Queryable,
  key: Omit<ApiKey, 'revokedAt' | 'lastUsedAt'> & { readonly hash: Buffer },
): Promise<ApiKey | undefined> {
  const values = [key.id, key.name, key.prefix, key.hash, key.scopes, key.mode, key.createdAt]
  const [row] = await db.run<Row>(INSERT, values)
  return row === undefined ? undefined : toStoredKey(row).apiKey
}

/** Newest first. */
export async function listKeys(
  db: Db,
  page: { readonly limit: number; readonly after?: string },
): Promise<{ readonly data: readonly ApiKey[]; readonly hasMore: boolean }> {
  const rows = await db.run<Row>(LIST, [page.after, page.limit + 1])
  return { data: rows.slice(0, page.limit).map((row) => toStoredKey(row).apiKey), hasMore: rows.length > page.limit }
}

/** Keeps the instant of the first revocation. Undefined when there is no such key. */
export async function revokeKey(db: Queryable, id: string, at: Date): Promise<ApiKey | undefined> {
  const [row] = await db.run<Row>(REVOKE, [id, at])
  return row === undefined ? undefined : toStoredKey(row).apiKey
}

export async function touchKey(db: Db, id: string, at: Date): Promise<void> {
  await db.run(TOUCH, [id, at])
}

function toStoredKey({ hash, revokedAt, lastUsedAt, ...row }: Row): StoredKey {
  return { apiKey: { ...row, revokedAt: revokedAt ?? undefined, lastUsedAt: lastUsedAt ?? undefined }, hash }
}
