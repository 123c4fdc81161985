import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeHome, postmasterPid, removeHome } from '../../test/support/running-server.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { readConfig } from '../config.ts'
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

const start = (createApp: CreateApp, say: (line: string) => void = () => {}): Promise<RunningServer> =>
  startServer(
    readConfig(['--home', home, '--port', '0', '--no-simulator', '--json', '--log-level', 'silent'], {}, '/'),
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
