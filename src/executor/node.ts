import { setTimeout as delay } from 'node:timers/promises'
import type { TestClock } from '../platform/clock.ts'
import { type Db, statement } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'

/**
 * This process as a member of the deployment. It is alive while it refreshes its row; who notices that another stopped
 * takes that node's attempts over. All of it is real time: an advanced business clock must not expire a lease.
 */
export type Node = {
  readonly id: () => string
  /** Whether this node may still send: false from shortly before others may take its work until it is registered again. */
  readonly leaseHolds: () => boolean
  /** Resolves once the node is registered; rejects when the database refuses. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

// A stalled process must notice before others act: it stops sending a second before its lease ends.
const BEAT_MS = 1_000
const LEASE_MS = 6_000
const MARGIN_MS = 1_500

const BEAT = statement(
  'executor.beat',
  `with beat as (update node set seen_at = now() where id = $1 returning id)
   select (select count(*) from beat) as alive, clock_offset_ms from deployment`,
)

const REGISTER = statement('executor.register', 'insert into node (id, name, seen_at) values ($1, $2, now())')

/** The dead: silent for longer than the lease, or an earlier process of this very home. */
const BURY = statement(
  'executor.bury',
  `delete from node where id <> $1 and (seen_at < now() - $3 * interval '1 millisecond' or name = $2) returning id`,
)

/** What a node held is due at once, for whoever comes first. */
const INHERIT = statement(
  'executor.inherit',
  'update attempt set node_id = null, due_at = now() where due_at is not null and node_id = any($1::uuid[])',
)

export function createNode(deps: {
  readonly db: Db
  readonly name: string
  readonly clock: TestClock | undefined
  readonly log: Log
  /** Called when this node was declared dead while it lived: what it holds in memory belongs to others now. */
  readonly onFenced: () => void
}): Node {
  const { db, log } = deps
  let id = newId()
  let leaseEndsAt = 0
  let stopping: AbortController | undefined
  let loop: Promise<void> = Promise.resolve()

  const takeOver = (): Promise<void> =>
    db.transaction(async (tx) => {
      const dead = await tx.run<{ id: string }>(BURY, [id, deps.name, LEASE_MS])
      if (dead.length === 0) return
      log.info({ nodes: dead.map((node) => node.id) }, 'taking over the attempts of dead nodes')
      await tx.run(INHERIT, [dead.map((node) => node.id)])
    })

  const register = async (): Promise<void> => {
    const begun = performance.now()
    await db.run(REGISTER, [id, deps.name])
    await takeOver()
    leaseEndsAt = begun + LEASE_MS - MARGIN_MS
  }

  const beat = async (): Promise<void> => {
    // Counted from before the statement: the row's time stamp cannot be earlier.
    const begun = performance.now()
    const [row] = await db.run<{ alive: bigint; clock_offset_ms: bigint }>(BEAT, [id])
    if (row !== undefined) deps.clock?.setOffset(Math.max(deps.clock.offsetMs(), Number(row.clock_offset_ms)))
    if (row?.alive === 1n) {
      leaseEndsAt = begun + LEASE_MS - MARGIN_MS
      await takeOver()
      return
    }
    log.warn({ node: id }, 'this node was taken for dead; it starts afresh')
    deps.onFenced()
    id = newId()
    await register()
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await delay(BEAT_MS, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      await beat().catch((error: unknown) => log.warn({ err: error }, 'the node could not refresh its lease'))
    }
  }

  return {
    id: () => id,
    leaseHolds: () => performance.now() < leaseEndsAt,
    async start() {
      await register()
      stopping = new AbortController()
      loop = run(stopping.signal)
    },
    async stop() {
      stopping?.abort()
      await loop
      await db
        .query('delete from node where id = $1', [id])
        .catch((error: unknown) => log.warn({ err: error }, 'the node could not sign off'))
    },
  }
}
