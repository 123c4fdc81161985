import { chmodSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { postmasterPid, removeHome, simulatorPid, startServer } from '../../test/support/running-server.ts'
import type { Closers } from './closers.ts'
import { type Cpu, cpuOf, memoryOf, type Pids } from './usage.ts'

/** A server with its PostgreSQL and its simulator, on a data folder of its own, as `npm start` starts them. */
export type Deployment = {
  readonly url: string
  readonly apiKey: string
  /** As the owner of the schema. */
  readonly databaseUrl: string
  /** A session as the owner, for looks and for what is stored beforehand. */
  readonly database: pg.Client
  readonly cpu: () => Cpu
  /** Of the server. */
  readonly memory: () => { readonly nowMb: number; readonly peakMb: number }
  readonly settings: Readonly<Record<string, string>>
  /** Resolves once no payment is under way any more. */
  readonly settled: () => Promise<void>
}

const SETTINGS = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size']

export async function startDeployment(
  folder: string,
  closers: Closers,
  env: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const home = mkdtempSync(join(folder, 'tallystick-bench-'))
  // PostgreSQL may run as another user, who must be able to pass through.
  chmodSync(home, 0o711)
  closers.add(() => removeHome(home))
  const server = await startServer({ home, env })
  closers.add(async () => void (await server.terminate()))
  const database = new pg.Client(server.run.database_url)
  await database.connect()
  await database.query('set search_path = tallystick')
  // What is asked while payments are under way is found by index: a look must not cost what is measured.
  await database.query('set enable_seqscan = off')
  // The server ends every session when it stops, also this one when nothing else has ended it.
  database.on('error', () => undefined)
  closers.add(() => database.end())
  const pids: Pids = {
    server: server.run.pid,
    postmaster: postmasterPid(home) ?? 0,
    simulator: simulatorPid(home) ?? 0,
  }
  const { rows } = await database.query<{ name: string; setting: string }>(
    'select name, current_setting(name) as setting from pg_settings where name = any($1)',
    [SETTINGS],
  )
  return {
    url: server.run.url,
    apiKey: server.run.api_key ?? '',
    databaseUrl: server.run.database_url,
    database,
    cpu: () => cpuOf(pids),
    memory: () => memoryOf(pids.server),
    settings: Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
    async settled() {
      for (;;) {
        const { rowCount } = await database.query(UNDER_WAY)
        if (rowCount === 0) return
        await delay(SETTLE_POLL_MS)
      }
    },
  }
}

const SETTLE_POLL_MS = 20

/** From the newest hand-over on, because what is under way was stored last. */
const UNDER_WAY = `
  select from attempt where line_due_at is not null
  union all
  select from (select * from handover order by id desc) h
    join attempt a on a.id between h.first_attempt_id and h.last_attempt_id and a.in_hand and a.due_at is not null
  limit 1`

/** How many rows the tables of the hot path have. */
export async function rowCounts(database: pg.Client): Promise<Record<string, number>> {
  const tables = ['payment_event', 'payment_order', 'attempt', 'journal_entry', 'posting', 'ledger_batch', 'wallet']
  const counts: Record<string, number> = {}
  for (const table of tables) {
    const { rows } = await database.query<{ count: string }>(`select count(*) from ${table}`)
    counts[table] = Number(rows[0]?.count)
  }
  return counts
}

/** Asks the server whether its books hold. What was measured counts for nothing when they do not. */
export async function requireSound({ url, apiKey }: Pick<Deployment, 'url' | 'apiKey'>): Promise<void> {
  const answer = await fetch(new URL('/v1/ledger/invariants', url), { headers: { authorization: `Bearer ${apiKey}` } })
  const { ok, checks } = (await answer.json()) as { ok: boolean; checks: unknown }
  if (!ok) throw new Error(`the books do not hold: ${JSON.stringify(checks)}`)
}
