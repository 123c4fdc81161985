import { connect, createServer } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { clusterFolder, makeHome, postmasterPid, removeHome } from '../../test/support/running-server.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { readConfig } from '../config.ts'
import { findFreePort } from './free-port.ts'
import { findPostmaster } from './postgres/cluster.ts'
import { identityOf, isAlive, signal } from './process.ts'
import { type CreateApp, type RunningServer, startServer } from './server.ts'

/** Goal: PostgreSQL may be killed at any instant of a start; the start waits for it and goes on. */

const SLOW_MS = 90_000

let home: string
let server: RunningServer | undefined

beforeEach(() => {
  home = makeHome()
  server = undefined
})
afterEach(async () => {
  await server?.stop()
  await removeHome(home)
}, SLOW_MS)

async function killPostgres(): Promise<void> {
  const pid = postmasterPid(home)
  const identity = pid === undefined ? undefined : identityOf(pid)
  if (identity === undefined) throw new Error('PostgreSQL does not run')
  signal(identity.pid, 'SIGKILL')
  await waitFor(() => !isAlive(identity), { what: 'PostgreSQL to die' })
}

/** What every application does first: it asks its database something, and rejects when it cannot. */
async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const start = (
  createApp: CreateApp,
  say: (line: string) => void = () => {},
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> =>
  startServer(
    readConfig(['--home', home, '--port', '0', '--no-simulator', '--json', '--log-level', 'silent'], env, '/'),
    say,
    async () => ({ createApp }),
  )

const app = { url: 'http://127.0.0.1:1', apiKey: undefined, close: async () => undefined }

describe('a start', () => {
  it(
    'goes on when PostgreSQL is killed during the migration',
    async () => {
      let killing: Promise<void> | undefined
      const createApp: CreateApp = async ({ databaseUrl }) => {
        expect(await query(databaseUrl, 'select mode from tallystick.deployment')).toEqual([{ mode: 'test' }])
        return app
      }

      server = await start(createApp, (line) => {
        if (line.startsWith('Migrating')) killing ??= killPostgres()
      })

      expect(killing).toBeDefined()
      await killing
    },
    SLOW_MS,
  )

  it(
    'goes on when PostgreSQL is killed as soon as it takes connections, before it has a database of ours',
    async () => {
      const isReady = (): boolean =>
        postmasterPid(home) !== undefined && findPostmaster(clusterFolder(home))?.ready === true
      const killing = waitFor(isReady, { what: 'PostgreSQL to be ready', timeoutMs: SLOW_MS }).then(killPostgres)

      server = await start(async ({ databaseUrl }) => {
        await query(databaseUrl, 'select mode from tallystick.deployment')
        return app
      })

      await killing
    },
    SLOW_MS,
  )

  it(
    'goes on when PostgreSQL is killed while the application starts',
    async () => {
      let tries = 0
      const createApp: CreateApp = async ({ databaseUrl }) => {
        tries += 1
        if (tries === 1) await killPostgres()
        await query(databaseUrl, 'select mode from tallystick.deployment')
        return app
      }

      server = await start(createApp)

      expect(tries).toBeGreaterThan(1)
    },
    SLOW_MS,
  )

  it(
    'waits for a database of somebody else that is away, and says so',
    async () => {
      const database = await createTestDatabase()
      const away = new URL(database.ownerUrl)
      const proxy = createServer((caller) => {
        const onward = connect(Number(new URL(database.ownerUrl).port), away.hostname)
        for (const socket of [caller, onward]) socket.on('error', () => undefined)
        caller.pipe(onward).pipe(caller)
      })
      away.port = String(await findFreePort())
      const said: string[] = []

      server = await start(
        async () => app,
        (line) => {
          said.push(line)
          if (line.startsWith('Waiting for the database')) proxy.listen(Number(away.port), away.hostname)
        },
        { DATABASE_URL: away.href },
      )

      expect(said).toEqual([expect.stringMatching(/^Waiting for the database at postgresql:.* …$/)])
      await server.stop()
      server = undefined
      proxy.close()
      await database.drop()
    },
    SLOW_MS,
  )

  it(
    'ends when the database does not come back in the time that it is given',
    async () => {
      const env = {
        DATABASE_URL: `postgresql://me@127.0.0.1:${await findFreePort()}/shop`,
        TALLYSTICK_DATABASE_WAIT_SECONDS: '1',
      }

      await expect(start(async () => app, undefined, env)).rejects.toThrow('cannot be reached: connect ECONNREFUSED')
    },
    SLOW_MS,
  )

  it(
    'ends at once for what no waiting mends',
    async () => {
      let tries = 0
      const createApp: CreateApp = async () => {
        tries += 1
        throw new Error('a bug')
      }

      await expect(start(createApp)).rejects.toThrow('a bug')

      expect(tries).toBe(1)
      expect(postmasterPid(home)).toBeUndefined()
    },
    SLOW_MS,
  )
})
