import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { TestClock } from '../platform/clock.ts'
import { type Db, statement } from '../platform/db.ts'
import { KEEPALIVES, lockNumber } from '../platform/exclusive.ts'
import { elapsedMs, instant, NEVER } from '../platform/instant.ts'
import type { Log } from '../platform/log.ts'
import { type ClockFollower, followClock, READ_OFFSET } from './follow-clock.ts'
import { takeUp } from './take-up.ts'

/**
 * This process as a member of the deployment. A node lives while its session holds an advisory lock on its number: when
 * the process dies, PostgreSQL lets go of the lock at once, and whoever notices takes the node's attempts over. Nothing
 * is written to stay alive, and none of it is business time: an advanced clock must not expire a lease.
 */
export type Node = {
  readonly id: () => number
  /** Whether this node may send: false from when it lost touch with its lock until it is registered again. */
  readonly leaseHolds: () => boolean
  /** Takes a key of the deployment and keeps it as long as this session lives; false while another node has it. */
  readonly tryKeep: (key: string) => Promise<boolean>
  readonly giveBack: (key: string) => Promise<void>
  /** Resolves once the node is registered; rejects when the database refuses. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

const BEAT_MS = 1_000

// A stalled or cut-off node stops sending this long after its last touch. PostgreSQL lets go of a cut-off session's lock
// only after its keep-alives failed (below), and of a stalled one's never: either way, this node stops first.
const LEASE_MS = 4_500

// Which advisory locks are ours: any number that other users of the database do not happen to use.
const LOCK_SPACE = 0x7a11_571c

const LIVING_NODES = `
     select objid::bigint::integer from pg_locks
      where locktype = 'advisory' and classid::bigint = ${LOCK_SPACE} and objsubid = 2 and granted
        and database = (select oid from pg_database where datname = current_database())`

const TAKE_UP_INHERITED = takeUp('executor.take_up_inherited', `node_id <> all(array(${LIVING_NODES}))`)
const TAKE_UP_OURS = takeUp('executor.take_up_ours', 'node_id = $1')

/** The attempts of nodes whose lock nobody holds are due at once, for whoever comes first. */
const INHERIT = statement(
  'executor.inherit',
  `with dead as (
     select distinct node_id from attempt where line_due_at is not null and node_id is not null
     except ${LIVING_NODES}
   ), theirs as (
     -- What somebody writes at this moment is left for the next time: waiting for each other could end in a circle.
     select id from attempt
      where exists (select from dead) and line_due_at is not null and node_id = any(array(select node_id from dead))
        for update skip locked
   )
   update attempt a set node_id = null, due_at = now() from theirs where a.id = theirs.id`,
)

const SIGN_OFF = statement(
  'executor.sign_off',
  `with ours as (select id from attempt where line_due_at is not null and node_id = $1 for update skip locked)
   update attempt a set node_id = null, due_at = now() from ours where a.id = ours.id`,
)

export function createNode(deps: {
  readonly db: Db
  /** A direct connection, not through a pooler: the session's life is the node's life. */
  readonly databaseUrl: string
  readonly schema: string
  readonly clock: TestClock | undefined
  /** Resolves when what this process has begun to write by now is committed. */
  readonly settled: () => Promise<void>
  readonly log: Log
  /** Called when this node lost its lock while it lived: what it holds in memory belongs to others now. */
  readonly onFenced: () => void
}): Node {
  const { db, log } = deps
  let id = 0
  let session: pg.Client | undefined
  let follower: ClockFollower | undefined
  let kept = new Set<string>()
  let touchedAt = NEVER
  let stopping: AbortController | undefined
  let loop: Promise<void> = Promise.resolve()
  let wake = Promise.withResolvers<void>()

  const register = async (): Promise<void> => {
    const client = new pg.Client({
      connectionString: deps.databaseUrl,
      application_name: 'tallystick node',
      connectionTimeoutMillis: 3_000,
      query_timeout: 3_000,
      options: `-c search_path=${deps.schema} ${KEEPALIVES}`,
    })
    client.on('error', () => lost(client))
    client.on('end', () => lost(client))
    client.on('notification', () => wake.resolve())
    await client.connect()
    session = client
    follower = undefined
    kept = new Set()
    if (deps.clock !== undefined) follower = await followClock(client, { ...deps, clock: deps.clock })
    for (;;) {
      const begun = instant()
      const candidate = randomInt(1, 2 ** 31)
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1, $2) as held', [
        LOCK_SPACE,
        candidate,
      ])
      if (rows[0]?.held !== true) continue
      id = candidate
      touchedAt = begun
      return
    }
  }

  /** The lock is gone, or may be: nothing that this node holds in memory is its own any more. */
  const lost = (client: pg.Client): void => {
    if (session !== client) return
    session = undefined
    touchedAt = NEVER
    deps.onFenced()
    client.end().catch((error: unknown) => log.debug({ err: error }, 'a lost session could not be closed'))
  }

  const touch = async (client: pg.Client): Promise<void> => {
    // Counted from before the statement: the lock was held at some instant after it.
    const begun = instant()
    const { rows } = await client.query<{ clock_offset_ms: string }>(READ_OFFSET)
    if (elapsedMs(touchedAt, begun) > LEASE_MS) throw new Error('the node was silent for longer than its lease')
    touchedAt = begun
    // Not waited for: what is under way by the old time may take longer than the lease. Tried again at every beat.
    follower?.hear(Number(rows[0]?.clock_offset_ms ?? 0)).catch((error: unknown) => {
      log.debug({ err: error }, 'the node could not say which time it works by')
    })
  }

  const inherit = async (): Promise<void> => {
    await db.run(TAKE_UP_INHERITED)
    await db.run(INHERIT)
  }

  const signOff = async (): Promise<void> => {
    await db.run(TAKE_UP_OURS, [id])
    await db.run(SIGN_OFF, [id])
  }

  const beat = async (): Promise<void> => {
    const client = session
    if (client === undefined) {
      await register()
      if (session !== undefined) await touch(session)
      log.info({ node: id }, 'this node is registered again')
    } else {
      await touch(client).catch((error: unknown) => {
        lost(client)
        throw error
      })
    }
    await inherit()
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const timer = new AbortController()
      const beatEnds = delay(BEAT_MS, undefined, { signal: AbortSignal.any([signal, timer.signal]) })
      await Promise.race([beatEnds.catch(() => undefined), wake.promise])
      timer.abort()
      wake = Promise.withResolvers()
      if (signal.aborted) return
      await beat().catch((error: unknown) => log.warn({ err: error }, 'the node lost touch with the database'))
    }
  }

  return {
    id: () => id,
    leaseHolds: () => elapsedMs(touchedAt, instant()) < LEASE_MS,
    async tryKeep(key) {
      const [client, keys] = [session, kept]
      if (client === undefined) return false
      if (keys.has(key)) return true
      const number = lockNumber(deps.schema, key)
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [number])
      if (rows[0]?.held === true) keys.add(key)
      return rows[0]?.held === true && session === client
    },
    async giveBack(key) {
      if (session === undefined || !kept.delete(key)) return
      await session.query('select pg_advisory_unlock($1)', [lockNumber(deps.schema, key)])
    },
    async start() {
      await register()
      // Before anything is done here: the offset that this process knows may be older than its session.
      const [row] = await db.query<{ clock_offset_ms: bigint }>(READ_OFFSET)
      await follower?.hear(Number(row?.clock_offset_ms ?? 0n))
      await inherit()
      stopping = new AbortController()
      loop = run(stopping.signal)
    },
    async stop() {
      stopping?.abort()
      await loop
      const client = session
      session = undefined
      await signOff().catch((error: unknown) => log.warn({ err: error }, 'the node could not sign off'))
      await client?.end()
    },
  }
}
