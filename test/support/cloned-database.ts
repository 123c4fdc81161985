import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { APP_ROLE, OWNER_ROLE } from '../../src/supervisor/postgres/cluster.ts'
import type { TestServer } from './throw-away.ts'

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

/** A database of its own with what stands in another one, which takes about 30 ms. */
export async function cloneDatabase(server: TestServer, template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const address = `127.0.0.1:${server.port}`
  await asOwner(server, `create database ${name} template ${template}`)
  return {
    url: `postgresql://${APP_ROLE}:${server.appPassword}@${address}/${name}`,
    ownerUrl: `postgresql://${OWNER_ROLE}:${server.ownerPassword}@${address}/${name}`,
    schema: server.schema,
    clone: () => cloneDatabase(server, name),
    drop: async () => {
      if (!server.keep) await asOwner(server, `drop database ${name} with (force)`)
    },
  }
}

/** Runs one statement on the server's own database, where databases are made and removed. */
async function asOwner(server: TestServer, statement: string): Promise<void> {
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
