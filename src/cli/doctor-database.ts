import type { Check } from './doctor-checks.ts'

const CONNECT_TIMEOUT_MS = 3_000
/** The oldest server whose SQL the migrations use. */
const OLDEST_MAJOR = 15

/** Connects to the database that `run.json` names. Its address holds a password and is not shown. */
export async function checkDatabase(url: string | undefined): Promise<Check> {
  const name = 'postgresql'
  if (url === undefined) return { name, state: 'skipped', detail: 'run.json names no database; see "ready"' }
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  // A connection that dies after the answer is of no interest here, and without a listener it would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`)
    const version = rows[0]?.version ?? 'unknown'
    return Number.parseInt(version, 10) >= OLDEST_MAJOR
      ? { name, state: 'ok', detail: version }
      : { name, state: 'failed', detail: `${version} is older than ${OLDEST_MAJOR}`, fix: 'npm start' }
  } finally {
    await client.end()
  }
}
