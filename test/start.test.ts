import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identityOf, signal } from '../src/supervisor/process.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import {
  clusterFolder,
  makeHome,
  postmasterPid,
  type RunningServer,
  removeHome,
  simulatorPid,
  startAndEnd,
  startServer,
} from './support/running-server.ts'
import { waitFor } from './support/wait-for.ts'

const SLOW_MS = 60_000 // Starting and stopping real servers on a machine that runs other tests.

async function queryOnce(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const answersOk = async (url: string): Promise<boolean> => (await fetch(url)).ok

/** Goal: one home through its whole life. Each test leaves a running server to the next. */
describe('a server with its own PostgreSQL', () => {
  const home = makeHome()
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer({ home })
  })
  afterAll(async () => {
    if (server?.child.exitCode === null) await server.kill()
    await removeHome(home)
  })

  it('says where it is in a file that only its owner can read', async () => {
    expect(statSync(join(home, 'run.json')).mode & 0o777).toBe(0o600)
    expect(server.run).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      console_url: null,
      docs_url: `${server.run.url}/docs`,
      api_key: expect.stringMatching(/^sk_test_/),
      simulator_url: expect.stringMatching(/^http:/),
      database_url: expect.stringMatching(/^postgresql:/),
      pid: server.child.pid,
    })
    expect(await answersOk(`${server.run.url}/readyz`)).toBe(true)
  })

  it('keeps its PostgreSQL durable and the app without rights to rewrite the ledger', async () => {
    const [settings] = await queryOnce(
      server.run.database_url,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits,
              has_table_privilege('tallystick_app', 'tallystick.posting', 'update') as may_rewrite,
              has_table_privilege('tallystick_app', 'tallystick.posting', 'insert') as may_insert`,
    )

    expect(settings).toEqual({ fsync: 'on', commits: 'on', may_rewrite: false, may_insert: true })
  })

  it('lets no second server on its home', async () => {
    const second = await startAndEnd({ home })

    expect(second.code).toBe(2)
    expect(second.stderr).toMatch(/^Another server is running on the data folder .*\n$/)
    expect(await answersOk(`${server.run.url}/readyz`)).toBe(true)
  })

  it(
    'brings PostgreSQL back at the same address when it is killed',
    async () => {
      const before = postmasterPid(home)
      if (before === undefined) throw new Error('PostgreSQL does not run')

      signal(before, 'SIGKILL')
      const after = await waitFor(() => [postmasterPid(home)].find((pid) => pid !== undefined && pid !== before), {
        timeoutMs: SLOW_MS,
        what: 'another PostgreSQL',
      })

      expect(after).not.toBe(before)
      await waitFor(() => queryOnce(server.run.database_url, 'select 1').catch(() => undefined), {
        what: 'PostgreSQL to answer',
      })
      await waitFor(() => answersOk(`${server.run.url}/readyz`), { what: 'the server to be ready again' })
    },
    SLOW_MS,
  )

  it(
    'brings the PSP simulator back at the same address when it is killed',
    async () => {
      const before = simulatorPid(home)
      if (before === undefined) throw new Error('the simulator does not run')

      signal(before, 'SIGKILL')
      await waitFor(() => ![undefined, before].includes(simulatorPid(home)), {
        timeoutMs: SLOW_MS,
        what: 'another simulator',
      })

      await waitFor(() => answersOk(`${server.run.simulator_url}/book`).catch(() => false), {
        what: 'the simulator to answer',
      })
    },
    SLOW_MS,
  )

  it(
    'adopts PostgreSQL and the simulator that outlived a killed server',
    async () => {
      const before = { ...server.run, postmaster: postmasterPid(home), simulator: simulatorPid(home) }
      await server.kill()
      expect(postmasterPid(home)).toBe(before.postmaster)

      server = await startServer({ home })

      const after = { ...server.run, postmaster: postmasterPid(home), simulator: simulatorPid(home) }
      expect(after).toEqual({ ...before, url: after.url, docs_url: after.docs_url, pid: after.pid })
    },
    SLOW_MS,
  )

  it(
    'starts over a pid file whose number now belongs to another program',
    async () => {
      const [postmaster, simulator] = [postmasterPid(home), simulatorPid(home)]
      if (postmaster === undefined || simulator === undefined) throw new Error('nothing runs')
      const data = clusterFolder(home)
      const { uid, gid } = statSync(data)
      const other = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' })
      await server.kill()
      for (const pid of [postmaster, simulator]) signal(pid, 'SIGKILL')
      await waitFor(() => identityOf(postmaster) === undefined, { what: 'PostgreSQL to be gone' })
      const pidFile = join(data, 'postmaster.pid')
      const [, ...rest] = readFileSync(pidFile, 'utf8').split('\n')
      writeFileSync(pidFile, [other.pid, ...rest].join('\n'))

      server = await startServer({ home })

      expect(await answersOk(`${server.run.url}/readyz`)).toBe(true)
      expect(other.exitCode).toBeNull()
      other.kill()
    },
    SLOW_MS,
  )

  it(
    'ends with 0 on SIGTERM and leaves nothing running',
    async () => {
      const ended = await server.terminate()

      expect(ended.code).toBe(0)
      expect(postmasterPid(home)).toBeUndefined()
      expect(simulatorPid(home)).toBeUndefined()
      expect(() => statSync(join(home, 'run.json'))).toThrow('ENOENT')
    },
    SLOW_MS,
  )

  it(
    'starts again with the same key and the same data',
    async () => {
      const key = server.run.api_key
      await waitFor(() => server.child.exitCode !== null, { what: 'the server to be gone' })

      server = await startServer({ home })

      expect(server.run.api_key).toBe(key)
      expect(server.output()).not.toContain('Creating the database')
      expect((await server.terminate()).code).toBe(0)
    },
    SLOW_MS,
  )

  it('refuses data of another PostgreSQL version', async () => {
    const file = join(clusterFolder(home), 'PG_VERSION')
    writeFileSync(file, '17\n')

    const ended = await startAndEnd({ home })

    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(/were written by PostgreSQL 17, this program brings PostgreSQL 18/)
  })
})

describe('a server on a database of somebody else', () => {
  const home = makeHome()
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase({ empty: true })
  })
  afterAll(async () => {
    await database.drop()
    await removeHome(home)
  })

  it(
    'migrates it, uses it with the lesser role, and leaves it running',
    async () => {
      const server = await startServer({
        home,
        env: { DATABASE_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl },
      })
      expect(server.run.database_url).toBe(database.ownerUrl)
      expect(postmasterPid(home)).toBeUndefined()

      expect((await server.terminate()).code).toBe(0)

      expect(await queryOnce(database.ownerUrl, 'select mode from tallystick.deployment')).toEqual([{ mode: 'test' }])
    },
    SLOW_MS,
  )
})

/** Goal: each "cannot start" is one sentence on stderr, exit code 2, no stack trace, and nothing left running. */
describe('a start that cannot be', () => {
  const home = makeHome()
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(async () => {
    await database.drop()
    await removeHome(home)
  })

  async function refusal(options: { args?: string[]; env?: Record<string, string>; home?: string }): Promise<string> {
    const ended = await startAndEnd({ home, ...options })
    expect(ended.code, ended.stderr).toBe(2)
    // Lines that end with an ellipsis say what a slow machine is waiting for.
    const sentences = ended.stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' …'))
    expect(sentences).toEqual([expect.stringMatching(/\.$/)])
    expect(ended.stdout).toBe('')
    expect(postmasterPid(home)).toBeUndefined()
    expect(simulatorPid(home)).toBeUndefined()
    return ended.stderr
  }

  it('says that the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0

    expect(await refusal({ args: ['--port', String(port)] })).toContain(`Port ${port} on 127.0.0.1 is taken`)

    other.close()
  })

  it('says that the data folder cannot be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tallystick-file-'))
    const file = join(folder, 'file')
    writeFileSync(file, '')

    expect(await refusal({ home: join(file, 'home') })).toContain(`${file}/home cannot be written to (ENOTDIR)`)

    rmSync(folder, { recursive: true })
  })

  it('says that the database cannot be reached, without its password', async () => {
    const env = { DATABASE_URL: 'postgresql://me:hunter2@127.0.0.1:1/shop', TALLYSTICK_DATABASE_WAIT_SECONDS: '0' }
    const sentence = await refusal({ env })

    expect(sentence).toContain('postgresql://me@127.0.0.1:1/shop cannot be reached: connect ECONNREFUSED')
    expect(sentence).not.toContain('hunter2')
  })

  it('says that the password is wrong', async () => {
    const url = new URL(database.url)
    url.password = 'wrong'

    expect(await refusal({ env: { DATABASE_URL: url.href } })).toContain('password authentication failed')
  })

  it('says that the deployment has the other mode', async () => {
    const env = { DATABASE_URL: database.ownerUrl, TALLYSTICK_MODE: 'live' }

    expect(await refusal({ env })).toContain('is a test deployment and TALLYSTICK_MODE is live')
  })

  it('says that the schema is newer', async () => {
    await queryOnce(
      database.ownerUrl,
      "insert into tallystick.schema_migration (name, run_on) values ('9999_from_the_future', now())",
    )

    expect(await refusal({ env: { DATABASE_URL: database.ownerUrl } })).toContain(
      'is newer than this program (it has 9999_from_the_future)',
    )
  })

  it('says which option is wrong', async () => {
    expect(await refusal({ args: ['--port', 'seven'] })).toContain('--port')
    expect(await refusal({ args: ['--schema', 'Robert"; drop'] })).toContain('--schema')
    expect(await refusal({ args: ['--prot', '1'] })).toContain('--prot')
    expect(await refusal({ env: { TALLYSTICK_MODE: 'prod' } })).toContain('TALLYSTICK_MODE must be one of test, live')
  })
})
