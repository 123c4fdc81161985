import { readdirSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { isConnectionError } from './db.ts'
import { grantToApp, MIGRATIONS_TABLE, NEVER_UPDATED_WHOLE } from './grants.ts'
import { StartRefusal } from './start-refusal.ts'

export type DeploymentMode = 'test' | 'live'

export type Migration = {
  /** URL of the role that owns the schema. */
  readonly ownerUrl: string
  readonly schema: string
  /** Recorded at the first migration; a deployment of the other mode is refused from then on. */
  readonly mode: DeploymentMode
  /** The role to grant the app's rights to; undefined when the owner itself serves the app. */
  readonly appRole: string | undefined
  /** Told what happens when something takes time. */
  readonly say?: (line: string) => void
}

export type MigrationResult = { readonly applied: readonly string[] }

const OLDEST_SERVER = 150_000 // PostgreSQL 15, the first with MERGE and with a `public` schema closed to everyone.
const CONNECT_TIMEOUT_MS = 5_000
const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/** The names of the migrations that this program brings, in order. */
export const knownMigrations = (): string[] =>
  readdirSync(MIGRATIONS_FOLDER)
    .filter((file) => extname(file) === '.sql')
    .map((file) => basename(file, '.sql'))
    .sort()

type State = {
  readonly applied: readonly string[]
  readonly mode: DeploymentMode | undefined
  readonly granted: boolean
}

const EMPTY: State = { applied: [], mode: undefined, granted: false }
const UNDEFINED_TABLE = '42P01'

/** Where the database stands, in one round trip. */
async function readState(client: pg.Client, request: Migration): Promise<State> {
  const schema = pg.escapeIdentifier(request.schema)
  try {
    const { rows } = await client.query<{ applied: string[]; mode: DeploymentMode | null; granted: boolean | null }>(
      `select
         array(select name::text from ${schema}.${MIGRATIONS_TABLE} order by id) as applied,
         (select mode from ${schema}.deployment) as mode,
         (select bool_and(has_table_privilege(r.oid, t.oid, 'select')
                          and not (t.relname = any($3) and exists (select from aclexplode(t.relacl) g
                                                                    where g.grantee = r.oid and g.privilege_type = 'UPDATE')))
            from pg_class t cross join pg_roles r
           where t.relnamespace = to_regnamespace($1) and t.relkind = 'r' and r.rolname = $2) as granted`,
      [schema, request.appRole ?? null, NEVER_UPDATED_WHOLE],
    )
    const row = rows[0]
    if (row === undefined) return EMPTY
    return {
      applied: row.applied,
      mode: row.mode ?? undefined,
      granted: request.appRole === undefined || row.granted === true,
    }
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return EMPTY
    throw error
  }
}

function refuseForeignState(state: State, known: readonly string[], request: Migration): void {
  const unknown = state.applied.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new StartRefusal(
      `The database schema "${request.schema}" is newer than this program (it has ${unknown.join(', ')}): start the newer version.`,
    )
  if (state.mode !== undefined && state.mode !== request.mode)
    throw new StartRefusal(
      `The schema "${request.schema}" is a ${state.mode} deployment and TALLYSTICK_MODE is ${request.mode}: a deployment keeps its mode for ever.`,
    )
}

const isUpToDate = (state: State, known: readonly string[]): boolean =>
  state.applied.length === known.length && state.mode !== undefined && state.granted

/** Opens a connection for migrations, or says in one sentence why there is none. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'tallystick migrate',
  })
  client.on('error', () => {}) // A connection lost later fails the query that runs on it, which says it better.
  try {
    await client.connect()
  } catch (error) {
    throw new StartRefusal(`The database at ${withoutPassword(url)} cannot be reached: ${reasonOf(error)}.`, {
      cause: error,
    })
  }
  return client
}

/** Whether the database answers, and as which role. Refuses in one sentence when it does not. */
export async function checkConnection(url: string): Promise<string> {
  const client = await connect(url)
  try {
    const { rows } = await client.query<{ role: string }>('select current_user as role')
    return rows[0]?.role ?? ''
  } finally {
    await client.end()
  }
}

/** A database URL that can be shown: without its password and its query. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'an address that is not a URL'
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`
}

/** Why a connection failed. A name with several addresses fails with one error for each; the first one says enough. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0])
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/\.$/, '')
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as text",
  )
  const version = rows[0]
  if (version === undefined || version.number < OLDEST_SERVER)
    throw new StartRefusal(`The database server is PostgreSQL ${version?.text}; at least version 15 is needed.`)
}

async function requirePlainUtf8(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>("select current_setting('server_encoding') as encoding")
  if (rows[0]?.encoding !== 'UTF8')
    throw new StartRefusal(`The database stores text as ${rows[0]?.encoding}; it must be UTF8.`)
}

async function apply(client: pg.Client, request: Migration): Promise<string[]> {
  // Loaded only when there is something to do: it is most of a quick start's time.
  const { runner } = await import('node-pg-migrate')
  const done = await runner({
    dbClient: client,
    dir: MIGRATIONS_FOLDER,
    direction: 'up',
    schema: request.schema,
    createSchema: true,
    migrationsSchema: request.schema,
    migrationsTable: MIGRATIONS_TABLE,
    // All or nothing: a program never meets a schema between two versions.
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: () => {},
  })
  return done.map(({ name }) => name)
}

async function recordMode(client: pg.Client, request: Migration): Promise<void> {
  const schema = pg.escapeIdentifier(request.schema)
  await client.query(`insert into ${schema}.deployment (mode) values ($1) on conflict do nothing`, [request.mode])
}

/**
 * Brings the schema to this program's version: creates it when it is missing, applies what is pending, records
 * the mode and grants the app its rights. Nodes that start together wait for each other. A schema that is
 * up to date costs one connection and two round trips.
 */
export async function migrate(request: Migration): Promise<MigrationResult> {
  const client = await connect(request.ownerUrl)
  try {
    const known = knownMigrations()
    await requireVersion(client)
    const before = await readState(client, request)
    refuseForeignState(before, known, request)
    if (isUpToDate(before, known)) return { applied: [] }

    await requirePlainUtf8(client)
    if (before.applied.length < known.length)
      request.say?.(`Migrating the schema "${request.schema}" (${known.length - before.applied.length} to apply)`)
    const applied = await apply(client, request)
    await recordMode(client, request)
    if (request.appRole !== undefined) await grantToApp(client, request.schema, request.appRole)
    // Another node, perhaps of another version or mode, may have been first.
    refuseForeignState(await readState(client, request), known, request)
    return { applied }
  } catch (error) {
    if (!isConnectionError(error)) throw error
    throw new StartRefusal('The database went away during the migration, which was undone: start again.', {
      cause: error,
    })
  } finally {
    await client.end()
  }
}
