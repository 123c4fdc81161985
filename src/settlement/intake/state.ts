import { type Queryable, statement } from '../../platform/db.ts'

/** How far a declared source was watched, as every node sees it. */
export type WatchState = {
  readonly name: string
  readonly declaredAt: Date
  readonly lastLookAt: Date | null
  readonly lookProblem: string | null
  readonly nextLookAt: Date | null
}

const DECLARE = statement(
  'intake.declare',
  'insert into intake_source (name, declared_at) select unnest($1::text[]), $2 on conflict do nothing',
)
const READ = statement(
  'intake.read_states',
  `select name, declared_at as "declaredAt", last_look_at as "lastLookAt", look_problem as "lookProblem", next_look_at as "nextLookAt"
     from intake_source where name = any($1::text[])`,
)
const LOOKED = statement(
  'intake.looked',
  'update intake_source set last_look_at = $2, look_problem = $3, next_look_at = $4 where name = $1',
)
const NOTE_LATE = statement(
  'intake.note_late',
  `update intake_source set late_since = $2 where name = $1 and late_since is distinct from $2 returning name`,
)

/** Nothing is expected of a source before it is known; it stays known for ever. */
export const declareSources = async (db: Queryable, names: readonly string[], now: Date): Promise<void> =>
  void (await db.run(DECLARE, [names, now]))

export async function watchStates(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, WatchState>> {
  const rows = await db.run<WatchState>(READ, [names])
  return new Map(rows.map((row) => [row.name, row]))
}

export const noteLook = async (
  db: Queryable,
  name: string,
  look: { readonly at: Date; readonly problem: string | undefined; readonly nextAt: Date },
): Promise<void> => void (await db.run(LOOKED, [name, look.at, look.problem, look.nextAt]))

/** Notes since when a source is late, or that it is not; true when that is news, on whichever node notes it first. */
export const noteLate = async (db: Queryable, name: string, since: Date | undefined): Promise<boolean> =>
  (await db.run(NOTE_LATE, [name, since])).length > 0
