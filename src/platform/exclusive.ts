import { hash } from 'node:crypto'
import pg from 'pg'
import { elapsedMs, instant } from './instant.ts'
import type { Log } from './log.ts'

/** What must not happen on two nodes of a deployment at once. Any node may do it; whoever holds its key does. */
export type Exclusive = {
  /**
   * Runs `work` while this process alone holds `key`, and gives its result; undefined, with nothing done, when another
   * held it for all of `waitMs` (0: tries once). Whoever waits longest comes first. Rejects when the database cannot be
   * reached.
   */
  readonly run: <T>(
    key: string,
    work: (hold: Hold) => Promise<T>,
    options: { readonly waitMs: number },
  ) => Promise<{ readonly result: T } | undefined>
}

/** The key in the hands of the work. It can be lost: with the connection, or with this process's touch to it. */
export type Hold = {
  /** Whether nobody else can have the key yet. Ask before each step that must not be done twice. */
  readonly holds: () => boolean
  /** Aborts when the key is lost. */
  readonly signal: AbortSignal
}

const BEAT_MS = 1_000
// PostgreSQL lets go of a cut-off session's locks after its keep-alives failed, 11 s; the work has been told long before.
const LEASE_MS = 4_500
export const KEEPALIVES = '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3'
const CONNECT_TIMEOUT_MS = 3_000
/** Added to the wait that PostgreSQL ends by itself, for a connection that was cut while it waited. */
const ANSWER_GRACE_MS = 3_000
const LOCK_NOT_AVAILABLE = '55P03'

/** The number that stands for a key of one deployment among the advisory locks of its database. */
export const lockNumber = (schema: string, key: string): bigint =>
  hash('sha256', `tallystick ${schema} ${key}`, 'buffer').readBigInt64BE()

/**
 * Each run has a connection of its own, whose session holds an advisory lock for as long as the work takes: when the
 * process dies, PostgreSQL lets go of it at once, and nothing that it left behind has to be cleaned up.
 */
export function createExclusive(deps: {
  /** A direct connection, not through a pooler. */
  readonly databaseUrl: string
  readonly schema: string
  readonly log: Log
  readonly applicationName?: string
}): Exclusive {
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: deps.databaseUrl,
      application_name: deps.applicationName ?? 'tallystick exclusive',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      options: `-c search_path=${deps.schema} ${KEEPALIVES}`,
    })
    // While it waits the statement itself fails; while it holds, `hold` listens as well.
    client.on('error', (error) => deps.log.debug({ err: error }, 'a session that holds a key was lost'))
    await client.connect()
    return client
  }

  return {
    async run(key, work, { waitMs }) {
      const number = lockNumber(deps.schema, key)
      const client = await connect()
      const close = (): void => {
        // A session that was cut off would make us wait for the network to say so.
        client.end().catch((error: unknown) => deps.log.debug({ err: error }, 'a session could not be closed'))
      }
      const begun = instant()
      const held = await take(client, number, waitMs).catch((error: unknown) => {
        close()
        throw error
      })
      if (!held) {
        close()
        return undefined
      }
      const { hold, end } = watch(client, waitMs === 0 ? begun : instant())
      try {
        return { result: await work(hold) }
      } finally {
        end()
        // Let go before anybody hears that the work is done, so that the next one finds the key free.
        if (!hold.signal.aborted) await letGo(client, number)
        close()
      }
    },
  }
}

async function take(client: pg.Client, number: bigint, waitMs: number): Promise<boolean> {
  if (waitMs === 0) {
    const asked = client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [number])
    return (await within(asked, ANSWER_GRACE_MS)).rows[0]?.held === true
  }
  try {
    await within(client.query(`set lock_timeout = ${Math.ceil(waitMs)}`), ANSWER_GRACE_MS)
    await within(client.query('select pg_advisory_lock($1)', [number]), waitMs + ANSWER_GRACE_MS)
    return true
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return false
    throw error
  }
}

async function letGo(client: pg.Client, number: bigint): Promise<void> {
  // The end of the session lets go as well; this only says when.
  await within(client.query('select pg_advisory_unlock($1)', [number]), ANSWER_GRACE_MS).catch(() => undefined)
}

/** Bounds a statement by our own time: a network that was cut says nothing. */
function within<T>(statement: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Connection terminated: no answer in ${limitMs} ms`)), limitMs)
    statement.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Keeps in touch with the session that holds the lock, and says when it is gone or may be. */
function watch(
  client: pg.Client,
  since: ReturnType<typeof instant>,
): { readonly hold: Hold; readonly end: () => void } {
  const losing = new AbortController()
  let touchedAt = since
  let asking = false

  const lose = (cause: unknown): void => {
    end()
    losing.abort(new Error('the key was lost with its session', { cause }))
  }
  const holds = (): boolean => !losing.signal.aborted && elapsedMs(touchedAt, instant()) < LEASE_MS
  const beat = (): void => {
    if (!holds()) return lose(new Error('the session was silent for longer than its lease'))
    if (asking) return
    asking = true
    const begun = instant()
    client.query('select 1').then(() => {
      touchedAt = begun
      asking = false
    }, lose)
  }
  const onEnd = (): void => lose(new Error('the session ended'))
  const timer = setInterval(beat, BEAT_MS)
  const end = (): void => {
    clearInterval(timer)
    client.off('end', onEnd)
    client.off('error', lose)
  }
  client.on('end', onEnd)
  client.on('error', lose)
  return { hold: { holds, signal: losing.signal }, end }
}
