import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { StartRefusal } from './platform/start-refusal.ts'

const read = (argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  readConfig(argv, env, '/srv/shop')

function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof StartRefusal) return error.message
    throw error
  }
  return 'nothing was refused'
}

describe('the configuration', () => {
  it('starts a test deployment on loopback when nothing is said', () => {
    expect(read()).toMatchObject({
      mode: 'test',
      role: 'all',
      host: '127.0.0.1',
      port: 4100,
      schema: 'tallystick',
      database: { kind: 'embedded' },
      simulator: { kind: 'embedded' },
      demo: false,
    })
    expect(read().home).toMatch(/^\/.*\.tallystick$/)
    expect(Object.isFrozen(read())).toBe(true)
  })

  it('lets an option win over its variable', () => {
    const env = { PORT: '1', TALLYSTICK_HOME: 'env', TALLYSTICK_SCHEMA: 'env' }

    expect(read([], env)).toMatchObject({ port: 1, home: '/srv/shop/env', schema: 'env' })
    expect(read(['--port', '0', '--home', 'flag', '--schema', 'flag'], env)).toMatchObject({
      port: 0,
      home: '/srv/shop/flag',
      schema: 'flag',
    })
  })

  it('has thresholds of its own for resolutions', () => {
    expect(read().resolutions).toEqual({ approveAbove: new Map(), tolerance: new Map() })
    const flags = ['--approve-above', 'EUR=50000,JPY=0', '--match-tolerance', 'EUR=2']
    expect(read(flags, { TALLYSTICK_APPROVE_ABOVE: 'EUR=1' }).resolutions).toEqual({
      approveAbove: new Map([
        ['EUR', 50_000n],
        ['JPY', 0n],
      ]),
      tolerance: new Map([['EUR', 2n]]),
    })
    for (const wrong of ['EUR', 'EUR=1.50', 'eur=1', 'EUR=-1', 'EUR=1,EUR=2', '1'])
      expect(refusalOf(() => read([`--approve-above=${wrong}`]))).toContain('EUR=50000')
  })

  it('serves on for as long as it is told to when it stops', () => {
    expect(read().drainMs).toBe(0)
    expect(read(['--drain-seconds', '5'], { TALLYSTICK_DRAIN_SECONDS: '7' }).drainMs).toBe(5_000)
    expect(read([], { TALLYSTICK_DRAIN_SECONDS: '7' }).drainMs).toBe(7_000)
    for (const wrong of ['-1', '31', '1.5', 'soon']) {
      expect(refusalOf(() => read([`--drain-seconds=${wrong}`]))).toContain('must be a number from 0 to 30')
    }
  })

  it('waits for a database that is away, for as long as it is told to', () => {
    expect(read().databaseWaitMs).toBe(30_000)
    expect(read(['--database-wait-seconds', '0'], { TALLYSTICK_DATABASE_WAIT_SECONDS: '7' }).databaseWaitMs).toBe(0)
    expect(read([], { TALLYSTICK_DATABASE_WAIT_SECONDS: '7' }).databaseWaitMs).toBe(7_000)
    for (const wrong of ['-1', '601', '1.5', 'long']) {
      expect(refusalOf(() => read([`--database-wait-seconds=${wrong}`]))).toContain('must be a number from 0 to 600')
    }
  })

  it('has no demo without an API to send it to', () => {
    expect(refusalOf(() => read(['--demo', '--role', 'worker']))).toContain('a worker does not serve')
  })

  it('takes an empty variable for none', () => {
    expect(read([], { PORT: '', DATABASE_URL: '', TALLYSTICK_HOME: '' })).toEqual(read())
  })

  it('runs migrations with the second address when there are two', () => {
    const [url, ownerUrl] = ['postgresql://app@db/shop', 'postgresql://owner@db/shop']

    expect(read([], { DATABASE_URL: url }).database).toEqual({ kind: 'external', url, ownerUrl: url })
    expect(read([], { DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl }).database).toEqual({
      kind: 'external',
      url,
      ownerUrl,
    })
  })

  it('has no PSP simulator in live mode', () => {
    expect(read([], { TALLYSTICK_MODE: 'live' }).simulator).toEqual({ kind: 'none' })
    expect(read(['--no-simulator']).simulator).toEqual({ kind: 'none' })
    expect(read([], { TALLYSTICK_SIMULATOR_URL: 'http://127.0.0.1:9/' }).simulator).toEqual({
      kind: 'external',
      url: 'http://127.0.0.1:9',
    })
  })

  it.each([
    [['--port', '65536'], {}, '--port'],
    [['--port', '-1'], {}, '--port'],
    [['--port', '4100.5'], {}, '--port'],
    [['--host', 'example.com'], {}, '--host'],
    [['--role', 'boss'], {}, '--role'],
    [['--schema', 'pg_shop'], {}, '--schema'],
    [['--schema', 'Shop'], {}, '--schema'],
    [['--schema', 'a'.repeat(64)], {}, '--schema'],
    [['--home', ''], {}, '--home'],
    [['--log-level', 'loud'], {}, '--log-level'],
    [['start'], {}, 'start'],
    [['--unknown'], {}, '--unknown'],
    [['--demo'], { TALLYSTICK_MODE: 'live' }, '--demo'],
    [[], { TALLYSTICK_MODE: 'prod' }, 'TALLYSTICK_MODE'],
    [[], { DATABASE_URL: 'mysql://me:secret@db/shop' }, 'DATABASE_URL'],
    [[], { DATABASE_OWNER_URL: 'postgresql://db/shop' }, 'DATABASE_OWNER_URL'],
    [[], { TALLYSTICK_SIMULATOR_URL: 'nowhere' }, 'TALLYSTICK_SIMULATOR_URL'],
    [[], { TALLYSTICK_MODE: 'live', TALLYSTICK_SIMULATOR_URL: 'http://127.0.0.1:9' }, 'TALLYSTICK_SIMULATOR_URL'],
  ])('refuses %j with %j in one sentence that names the setting', (argv, env, name) => {
    const sentence = refusalOf(() => read(argv, env))

    expect(sentence).toContain(name)
    expect(sentence).toMatch(/^[^\n]+\.$/)
    expect(sentence).not.toContain('secret')
  })
})
