import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'

/** Resolutions of a source one at a time, and none while a run of it begins. The source is the parameter of that number. */
export const takeTurnSql = (parameter: number): string =>
  `select pg_advisory_xact_lock(hashtextextended(current_schema() || ' resolutions of ' || $${parameter}::text, 0))`
const TAKE_TURN = statement('resolutions.take_turn', takeTurnSql(1))

const RUNNING = statement(
  'resolutions.run_under_way',
  `select business_date as day from recon_run where source = $1 and status = 'running' limit 1`,
)

/** Waits for its turn at the breaks of a source. Throws `run_in_progress`: a run reads what is open at its beginning. */
export async function takeTurn(tx: Tx, source: string): Promise<void> {
  await tx.run(TAKE_TURN, [source])
  const [running] = await tx.run<{ day: string }>(RUNNING, [source])
  if (running !== undefined)
    throw new Refusal('run_in_progress', `The run of ${source} on ${running.day} is under way.`, {
      retryAfterSeconds: 10,
    })
}
