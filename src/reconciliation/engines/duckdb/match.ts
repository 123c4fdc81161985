import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { DuckDb } from '../../../platform/duckdb.ts'
import type { Engine, LineWithoutOurs, MatchRequest } from '../engine.ts'
import { GOOD_STATUS } from './compare.ts'
import { readFacts, writeOutcome } from './facts.ts'
import { load } from './load.ts'
import { pairNamed, pairRest } from './pair.ts'

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
    select [{id: t.charge_id::varchar, psp_reference: t.psp_reference}] as charges, t.amount, t.currency, t.occurred_ms
      from t_rest t anti join ours o on o.attempt_id = t.charge_id
     where t.kind = 'charge' and ${GOOD_STATUS} and t.charge_id is not null
     order by t.n`)
  // What a joined line leaves when those of its charges that are there, and in no other pair, have their amounts of it.
  yield* duckdb.stream<LineWithoutOurs>(`
    select list({id: m.charge_id::varchar, psp_reference: m.psp_reference} order by m.position) filter (o.n is null) as charges,
           any_value(t.amount) - coalesce(sum(o.amount), 0) as amount, any_value(t.currency) as currency,
           any_value(t.occurred_ms) as occurred_ms
      from t_rest t join named m on m.n = t.n left join o_rest o on o.charge_id = m.charge_id
     where ${GOOD_STATUS}
     group by t.n
    having count(*) filter (o.n is null) > 0
       and count(*) filter (o.n is null and m.charge_id in (select attempt_id from ours)) = 0
       and count(*) filter (o.currency <> t.currency) = 0
     order by t.n`)
}
