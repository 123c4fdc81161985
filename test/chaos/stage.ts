import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/**
 * Where a night's run stands, as its row says: fetching and reading the file, comparing, booking; `between` when no run is
 * under way.
 */
export type Stage = 'collecting' | 'matching' | 'posting' | 'between'

export type StageWatch = {
  /** The last sight, a few milliseconds old while the database is up. */
  readonly now: () => Stage
  /** Whether some of the run is booked, and not all. */
  readonly midway: () => boolean
  /** The same with how far the stage has come, for what is said. */
  readonly where: () => string
  readonly stop: () => Promise<void>
}

const EVERY_MS = 4
const RECONNECT_MS = 50

const SQL = `
  select r.status, r.phase, r.posted::text, f.id is not null as stored
    from tallystick.recon_run r
    left join tallystick.settlement_file f on f.source = r.source and f.business_date = r.business_date and f.status = 'accepted'
   where r.status <> 'completed' order by r.business_date limit 1`

type Row = {
  readonly status: string
  readonly phase: string | null
  readonly posted: string
  /** Whether the day's file is read and stored. */
  readonly stored: boolean
}

/** Looks at the row of the run all the time, with a connection of its own that is made again whenever it breaks. */
export function watchStage(databaseUrl: () => string): StageWatch {
  let run: Row | undefined
  let stopped = false
  const look = async (): Promise<void> => {
    const client = connection(databaseUrl())
    try {
      await client.connect()
      while (!stopped) {
        const { rows } = await client.query<Row>(SQL)
        run = rows[0]
        await delay(EVERY_MS)
      }
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  const looking = (async () => {
    while (!stopped) {
      await look().catch(() => undefined)
      if (!stopped) await delay(RECONNECT_MS)
    }
  })()
  return {
    now: () => stageOf(run),
    midway: () => run?.phase === 'post' && run.posted !== '0',
    where: () => whereIs(run),
    stop: async () => {
      stopped = true
      await looking
    },
  }
}

function stageOf(run: Row | undefined): Stage {
  if (run === undefined) return 'between'
  if (run.phase === 'match') return 'matching'
  return run.phase === 'post' ? 'posting' : 'collecting'
}

function whereIs(run: Row | undefined): string {
  if (run === undefined) return 'between two runs'
  if (run.phase === 'match') return 'while matching'
  return run.phase === 'post'
    ? `while posting, ${run.posted} booked`
    : `while collecting, file ${run.stored ? 'stored' : 'not stored'}`
}

/** Every run, newest first. */
export async function readRuns(
  databaseUrl: string,
): Promise<readonly { readonly day: string; readonly status: string }[]> {
  const client = connection(databaseUrl)
  try {
    await client.connect()
    const { rows } = await client.query<{ day: string; status: string }>(
      'select business_date::text as day, status from tallystick.recon_run order by business_date desc',
    )
    return rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

function connection(databaseUrl: string): pg.Client {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2_000, query_timeout: 2_000 })
  // What breaks a connection is reported by the query that it breaks.
  client.on('error', () => undefined)
  return client
}
