import { spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../../src/platform/migrate.ts'
import { findFreePort } from '../../src/supervisor/free-port.ts'
import { locateBinaries } from '../../src/supervisor/postgres/binaries.ts'
import {
  APP_ROLE,
  findPostmaster,
  initCluster,
  OWNER_ROLE,
  postgresArguments,
} from '../../src/supervisor/postgres/cluster.ts'
import { canEnter, runAs, systemUser } from '../../src/supervisor/postgres/system-user.ts'
import { waitFor } from './wait-for.ts'

/** What a test file needs to make databases of its own. */
export type TestServer = {
  readonly port: number
  readonly ownerPassword: string
  readonly appPassword: string
  readonly template: string
  readonly schema: string
  /** True when the server stays after the run, so that a failed test's database can be looked at. */
  readonly keep: boolean
}

const SCHEMA = 'tallystick'
const TEMPLATE = 'template_migrated'

/** Fast beats durable: the data are thrown away. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_connections: '300', // Two workers with several pools each, and files that open many connections on purpose.
}

// The server's parent is this shell and not the test runner. When the runner goes, however it goes, the pipe
// that it holds breaks; `cat` ends, and the shell stops the server and removes its data.
const GUARD = 'dir="$1"; shift; "$@" & server=$!; cat > /dev/null; kill -QUIT $server; wait $server; rm -rf "$dir"'
const GUARD_KEEPING = 'dir="$1"; shift; exec "$@"'

/** Starts a throw-away PostgreSQL, with a migrated template to be cloned. Gives how to stop it, too. */
export async function startThrowAway(): Promise<{ readonly server: TestServer; readonly stop: () => Promise<void> }> {
  const user = systemUser()
  const folder = mkdtempSync(join(canEnter(user, tmpdir()) ? tmpdir() : '/tmp', 'tallystick-test-'))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const keep = process.env['TALLYSTICK_KEEP_TEST_SERVER'] !== undefined
  const binaries = locateBinaries(user)
  const data = join(folder, 'data')
  // Known passwords are no risk: the server listens on loopback for a moment and holds made-up payments.
  const server: TestServer = {
    port: await findFreePort(),
    ownerPassword: 'owner',
    appPassword: 'app',
    template: TEMPLATE,
    schema: SCHEMA,
    keep,
  }
  await initCluster({ binaries, user, data, ownerPassword: server.ownerPassword, durable: false })
  const program = [binaries.postgres, ...postgresArguments(data, server.port, SETTINGS)]
  const guard = spawn('/bin/sh', ['-c', keep ? GUARD_KEEPING : GUARD, 'sh', folder, ...program], {
    ...runAs(user),
    cwd: folder,
    detached: true,
    stdio: [keep ? 'ignore' : 'pipe', 'ignore', 'ignore'],
  })
  const stopped = Promise.withResolvers<void>()
  guard.on('close', () => stopped.resolve())
  const stop = async (): Promise<void> => {
    if (keep) return
    guard.stdin?.end()
    await stopped.promise
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await waitFor(() => findPostmaster(data)?.ready, {
      timeoutMs: 60_000,
      what: 'the test PostgreSQL to take connections',
    })
    await createTemplate(server)
  } catch (error) {
    await stop()
    throw error
  }
  if (keep)
    console.log(`The test server stays: postgresql://${OWNER_ROLE}:owner@127.0.0.1:${server.port}/postgres (${folder})`)
  return { server, stop }
}

async function createTemplate(server: TestServer): Promise<void> {
  const base = `postgresql://${OWNER_ROLE}:${server.ownerPassword}@127.0.0.1:${server.port}`
  const client = new pg.Client({ connectionString: `${base}/postgres` })
  await client.connect()
  try {
    await client.query(`create role ${APP_ROLE} login password '${server.appPassword}'`)
    await client.query(`create database ${server.template}`)
    await migrate({ ownerUrl: `${base}/${server.template}`, schema: server.schema, mode: 'test', appRole: APP_ROLE })
  } finally {
    await client.end()
  }
}
