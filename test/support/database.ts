import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { type DeploymentMode, migrate } from '../../src/platform/migrate.ts'
import { APP_ROLE, OWNER_ROLE } from '../../src/supervisor/postgres/cluster.ts'

export type TestDatabase = {
  /** As the app's role: what the product itself runs with. */
  readonly url: string
  /** As the owner of the schema, for checks and for tampering. */
  readonly ownerUrl: string
  readonly schema: string
  /** Another database with the same rows. Nobody may be connected to this one. */
  readonly clone: () => Promise<TestDatabase>
  /** Removes the database, also while connections to it are open. */
  readonly drop: () => Promise<void>
}

/**
 * A database of its own for a test file, cloned from the migrated template (about 30 ms). With mode `live` it
 * is migrated from nothing, because a deployment keeps its mode; with `empty` it has no schema at all.
 * Set TALLYSTICK_KEEP_TEST_SERVER=1 to keep the server and every database of a run.
 */
export async function createTestDatabase(
  options: { readonly mode?: DeploymentMode; readonly empty?: boolean } = {},
): Promise<TestDatabase> {
  const server = inject('testServer')
  const fresh = options.empty === true || options.mode === 'live'
  const database = await createFrom(fresh ? 'template0' : server.template)
  if (options.mode === 'live' && options.empty !== true)
    await migrate({ ownerUrl: database.ownerUrl, schema: server.schema, mode: 'live', appRole: APP_ROLE })
  return database
}

async function createFrom(template: string): Promise<TestDatabase> {
  const server = inject('testServer')
  const name = `test_${randomBytes(6).toString('hex')}`
  const address = `127.0.0.1:${server.port}`
  await asOwner(`create database ${name} template ${template}`)
  return {
    url: `postgresql://${APP_ROLE}:${server.appPassword}@${address}/${name}`,
    ownerUrl: `postgresql://${OWNER_ROLE}:${server.ownerPassword}@${address}/${name}`,
    schema: server.schema,
    clone: () => createFrom(name),
    drop: async () => {
      if (!server.keep) await asOwner(`drop database ${name} with (force)`)
    },
  }
}

/** Runs one statement on the server's own database, where databases are made and removed. */
async function asOwner(statement: string): Promise<void> {
  const server = inject('testServer')
  const client = new pg.Client({
    connectionString: `postgresql://${OWNER_ROLE}:${server.ownerPassword}@127.0.0.1:${server.port}/postgres`,
  })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
