import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { DuckDb } from '../../../platform/duckdb.ts'
import type { Engine, LineWithoutOurs, MatchRequest } from '../engine.ts'
import { readFacts, writeOutcome } from './facts.ts'
import { load } from './load.ts'
import { GOOD_STATUS, pairNamed, pairRest } from './pair.ts'

/** Reconciliation with DuckDB, on one machine. Nothing here decides what a difference means. */
export function createDuckDbEngine(duckdb: DuckDb): Engine {
  let request: MatchRequest | undefined
  return {
    async load(next) {
      request = next
      await load(duckdb, next)
      await pairNamed(duckdb, next)
    },
    withoutOurs: () => linesWithoutOurs(duckdb),
    async match() {
      assert(request !== undefined, 'records are loaded before they are matched')
      await pairRest(duckdb, request)
      const outcomePath = join(request.folder, 'outcome.parquet')
      await writeOutcome(duckdb, request, outcomePath)
      return { ...(await readFacts(duckdb, request)), outcomePath }
    },
  }
}

/** A line whose charge stands once on our side is in a pair by now: what has none of ours is among the rest. */
async function* linesWithoutOurs(duckdb: DuckDb): AsyncGenerator<readonly LineWithoutOurs[]> {
  yield* duckdb.stream<LineWithoutOurs>(`
    select 'att_' || replace(t.charge_id::varchar, '-', '') as reference, t.psp_reference, t.amount, t.currency, t.occurred_ms
      from t_rest t anti join ours o on o.attempt_id = t.charge_id
     where t.kind = 'charge' and ${GOOD_STATUS} and t.charge_id is not null
     order by t.n`)
}
