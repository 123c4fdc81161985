import type { Db, Queryable } from './db.ts'

/** A statement about the whole database that must always hold. `find` gives what contradicts it, in words. */
export type Invariant = {
  readonly name: string
  /** What holds, as a sentence: shown when it does. */
  readonly holds: string
  /** A query whose rows are the contradictions, each with a `detail` text. It reads at most a few of them. */
  readonly contradictions: string
}

export type InvariantResult = { readonly name: string; readonly ok: boolean; readonly detail: string }

/**
 * Checks invariants against one snapshot, so that work in progress cannot look like a contradiction. Reads whole
 * tables: a question for a human or a nightly check, not for every minute.
 */
export async function checkInvariants(
  db: Db,
  invariants: readonly Invariant[],
): Promise<{ readonly ok: boolean; readonly checks: readonly InvariantResult[] }> {
  return db.transaction(
    async (tx) => {
      await tx.query(`set local statement_timeout = '15min'`)
      const checks: InvariantResult[] = []
      for (const invariant of invariants) checks.push(await check(tx, invariant))
      return { ok: checks.every((result) => result.ok), checks }
    },
    { isolation: 'repeatable read' },
  )
}

async function check(db: Queryable, invariant: Invariant): Promise<InvariantResult> {
  const rows = await db.query<{ detail: string }>(`${invariant.contradictions} limit 5`)
  if (rows.length === 0) return { name: invariant.name, ok: true, detail: invariant.holds }
  return { name: invariant.name, ok: false, detail: rows.map((row) => row.detail).join('; ') }
}
