import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

type Report = { ok: boolean; checks: { name: string; state: string; detail: string; fix?: string }[] }

let api: FakeApi
let home = ''

beforeEach(async () => {
  api = await startFakeApi()
  home = await mkdtemp(join(tmpdir(), 'tallystick-home-'))
  api.routes.set('GET /healthz', () => ({ body: { ok: true } }))
  api.routes.set('GET /readyz', () => ({ body: { ready: true } }))
  api.routes.set('GET /v1/payments', () => ({ body: { data: [], has_more: false } }))
  api.routes.set('GET /v1/ledger/invariants', () => ({ body: { ok: true, checks: [] } }))
})

afterEach(async () => {
  await api.close()
  await rm(home, { recursive: true })
})

const writeRunFile = (fields: object = {}) =>
  writeFile(join(home, 'run.json'), JSON.stringify({ url: api.url, api_key: api.apiKey, pid: process.pid, ...fields }))

async function diagnose() {
  const { exitCode, stdout } = await runTestCli(['doctor', '--json', '--home', home])
  const report = JSON.parse(stdout) as Report
  const check = (name: string) => report.checks.find((candidate) => candidate.name === name)
  return { exitCode, report, check }
}

describe('doctor', () => {
  it('exits 0 when everything is well', async () => {
    await writeRunFile()

    const { exitCode, report } = await diagnose()

    expect(report.checks.filter((check) => check.state === 'failed')).toEqual([])
    expect(exitCode).toBe(0)
  })

  it('names what is wrong with a fix for each, and goes on', async () => {
    await writeRunFile()
    api.routes.set('GET /readyz', () => ({ status: 503, body: { ready: false, detail: { database: 'refused' } } }))
    api.routes.set('GET /v1/payments', () => ({ status: 401, body: { detail: 'The API key is not right.' } }))
    api.routes.set('GET /v1/ledger/invariants', () => ({
      body: { ok: false, checks: [{ name: 'entries_balance', ok: false, detail: 'je_1' }] },
    }))

    const { exitCode, check } = await diagnose()

    expect(check('ready')).toMatchObject({ state: 'failed', fix: 'npm start' })
    expect(check('ready')?.detail).toContain('refused')
    expect(check('api_key')).toMatchObject({ state: 'failed', detail: 'The API key is not right' })
    expect(check('invariants')).toMatchObject({ state: 'failed', fix: 'npx tallystick ledger verify' })
    expect(check('node')).toMatchObject({ state: 'ok' })
    expect(exitCode).toBe(1)
  })

  it('says that the server which wrote run.json is gone, and skips what only it could answer', async () => {
    await writeRunFile({ url: 'http://127.0.0.1:1', pid: 2 ** 22 + 1 })

    const { exitCode, check } = await diagnose()

    expect(check('run_file')).toMatchObject({ state: 'failed', fix: 'npm start' })
    expect(check('server')).toMatchObject({ state: 'failed' })
    expect(check('api_key')).toMatchObject({ state: 'skipped' })
    expect(exitCode).toBe(1)
  })

  it('sees a clock that is far off', async () => {
    await writeRunFile()
    const date = new Date(Date.now() - 3_600_000).toUTCString()
    api.routes.set('GET /healthz', () => ({ body: {}, headers: { date } }))

    expect((await diagnose()).check('clock')).toMatchObject({ state: 'failed' })
  })

  it('says when the database does not answer, and never shows its password', async () => {
    await writeRunFile({ database_url: 'postgres://tallystick:geheim@127.0.0.1:1/tallystick' })

    const { check, report } = await diagnose()

    expect(check('postgresql')).toMatchObject({ state: 'failed' })
    expect(JSON.stringify(report)).not.toContain('geheim')
  })

  it('says where there is no home and no server', async () => {
    const { stderr, exitCode } = await runTestCli(['doctor', '--home', join(home, 'none')])

    expect(stderr).toContain('run_file failed; run: npm start\n')
    expect(exitCode).toBe(1)
  })
})
