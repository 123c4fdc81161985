import pg from 'pg'

type Server = { readonly port: number; readonly ownerRole: string; readonly ownerPassword: string }
type Wanted = { readonly database: string; readonly role: string; readonly password: string }

async function asOwner<T>(server: Server, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: server.ownerRole,
    password: server.ownerPassword,
    database,
  })
  client.on('error', () => {}) // A connection that is lost later fails the query that runs on it, which says it better.
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Makes the database and the app's role in a new cluster. The role may log in and nothing more; what it may do
 * inside the schema is granted by the migrations. Safe to run again when a run before was cut short.
 */
export async function provision(server: Server, wanted: Wanted): Promise<void> {
  await asOwner(server, 'postgres', async (client) => {
    const { rows } = await client.query<{ has_role: boolean; has_database: boolean }>(
      `select exists (select from pg_roles where rolname = $1) as has_role,
              exists (select from pg_database where datname = $2) as has_database`,
      [wanted.role, wanted.database],
    )
    const role = pg.escapeIdentifier(wanted.role)
    if (rows[0]?.has_role !== true) await client.query(`create role ${role} login`)
    await client.query(`alter role ${role} password ${pg.escapeLiteral(wanted.password)}`)
    const database = pg.escapeIdentifier(wanted.database)
    if (rows[0]?.has_database !== true) await client.query(`create database ${database}`)
    await client.query(`revoke all on database ${database} from public`)
    await client.query(`grant connect on database ${database} to ${role}`)
  })
}
