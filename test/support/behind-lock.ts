import pg from 'pg'
import type { TestDatabase } from './database.ts'
import { waitFor } from './wait-for.ts'

/**
 * Asks while a statement's lock is held, and lets go when so many wait behind it: all of them have read what they read
 * before a lock by then. `meanwhile` is run and committed before that.
 */
export async function behindLock<T>(
  { ownerUrl, schema }: TestDatabase,
  lock: { readonly sql: string; readonly values: readonly unknown[]; readonly meanwhile?: string },
  asked: readonly (() => Promise<T>)[],
): Promise<readonly T[]> {
  const client = new pg.Client(ownerUrl)
  const watcher = new pg.Client(ownerUrl)
  await Promise.all([client.connect(), watcher.connect()])
  try {
    await client.query(`set search_path = ${schema}; begin`)
    await client.query(lock.sql, [...lock.values])
    const answers = Promise.all(asked.map((ask) => ask()))
    await waitFor(
      async () => {
        const { rows } = await watcher.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
        return rows.length >= asked.length
      },
      { what: `${asked.length} that wait for the lock` },
    )
    if (lock.meanwhile !== undefined) await client.query(lock.meanwhile, [...lock.values])
    await client.query('commit')
    return await answers
  } finally {
    await client.end()
    await watcher.end()
  }
}
