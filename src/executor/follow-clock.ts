import type pg from 'pg'
import type { TestClock } from '../platform/clock.ts'
import { type Db, statement } from '../platform/db.ts'
import { lockNumber } from '../platform/exclusive.ts'

/**
 * How the nodes of a deployment agree on the test clock. The offset is in `deployment`; each node's session holds a
 * shared advisory lock on the offset that it works by, so that whoever moves the clock can see when all of them, and
 * only those that live, have followed. A notification wakes them; without it they follow at their next beat.
 */
export type ClockFollower = {
  /** The offset as it stands in the database: taken over, and said to be once nothing is under way by an older one. */
  readonly hear: (offsetMs: number) => Promise<void>
}

const spaceOf = (schema: string): number => Number(BigInt.asUintN(31, lockNumber(schema, 'clock')))

/** In seconds, because a lock's number has 31 bits: nodes that are less apart than this differ no more than two machines. */
const positionOf = (offsetMs: number): number => Math.floor(offsetMs / 1_000)

/** The channel on which nodes are told that the clock has moved. */
export const clockChannel = (schema: string): string => `tallystick_clock_${spaceOf(schema)}`

export const READ_OFFSET = 'select clock_offset_ms from deployment'

export async function followClock(
  client: pg.Client,
  deps: {
    readonly schema: string
    readonly clock: TestClock
    /** Resolves when what was begun by now is committed. */
    readonly settled: () => Promise<void>
  },
): Promise<ClockFollower> {
  const { schema, clock } = deps
  const space = spaceOf(schema)
  let position: number | undefined
  let turn: Promise<void> = Promise.resolve()

  const take = async (): Promise<void> => {
    for (;;) {
      const next = positionOf(clock.offsetMs())
      if (next === position) return
      await deps.settled()
      await client.query('select pg_advisory_lock_shared($1, $2)', [space, next])
      if (position !== undefined) await client.query('select pg_advisory_unlock_shared($1, $2)', [space, position])
      position = next
      // Whoever moved the clock before the lock could be seen has not waited for us.
      const { rows } = await client.query<{ clock_offset_ms: string }>(READ_OFFSET)
      advanceTo(clock, Number(rows[0]?.clock_offset_ms ?? 0))
    }
  }

  const hear = (offsetMs: number): Promise<void> => {
    advanceTo(clock, offsetMs)
    const next = turn.then(take)
    turn = next.catch(() => undefined)
    return next
  }

  await client.query(`listen ${clockChannel(schema)}`)
  return { hear }
}

/** Never back: a node may have moved the clock further than what it reads here. */
function advanceTo(clock: TestClock, offsetMs: number): void {
  if (offsetMs > clock.offsetMs()) clock.setOffset(offsetMs)
}

const BEHIND = statement(
  'executor.behind',
  `select count(*) as nodes from pg_locks
    where locktype = 'advisory' and classid::bigint = $1 and objid::bigint <> $2 and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database())`,
)

/** How many nodes that live still work by another offset than this. */
export async function nodesBehind(db: Db, schema: string, offsetMs: number): Promise<number> {
  const [row] = await db.run<{ nodes: bigint }>(BEHIND, [spaceOf(schema), positionOf(offsetMs)])
  return Number(row?.nodes ?? 0n)
}
