import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aStatement } from '../src/settlement/intake/testing.ts'
import { runTestCli } from './support/cli.ts'
import { type Json, startTestServer, type TestServer } from './support/server.ts'
import { waitFor } from './support/wait-for.ts'

/** Declared sources as callers see them: a real server, a folder that a bank writes to, uploads, and files that are late. */

/** As `recon` saves it, in words that no header is known by. */
const SIDE = `
  key: "Vorgang"
  key_form: loose
  second: "Kennung"
  amount: {"rule":"signed","column":"Wert"}
  decimal: ","
  unit: major
  sign: 1
  currency: {"code":"EUR"}
  date: {"column":"Tag","order":"dmy"}`
const RECON_YAML = `schema: tallystick.recon-mapping/1\nours:${SIDE}\ntheirs:${SIDE}\n`

let server: TestServer
let root: string
let folder: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tallystick-intake-api-'))
  folder = join(root, 'in')
  mkdirSync(folder)
  const source = { formats: ['mt940'], zone: 'UTC', mapping: undefined, everyMinutes: 10, settles: undefined }
  server = await startTestServer({
    sources: [
      {
        ...source,
        name: 'acme-bank',
        collect: { kind: 'folder', folder, pattern: '*.sta', pgp: undefined },
        expected: { by: '09:00', days: [1, 2, 3, 4, 5, 6, 7] },
      },
      { ...source, name: 'other-bank', formats: undefined, collect: undefined, expected: undefined },
      {
        ...source,
        name: 'shop-psp',
        formats: undefined,
        mapping: { path: 'recon.yaml', text: RECON_YAML, side: 'theirs' },
        collect: undefined,
        expected: undefined,
      },
    ],
  })
  writeFileSync(join(root, 'run.json'), JSON.stringify({ url: server.url, api_key: server.apiKey }))
})
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
})

const tallystick = (...argv: string[]) =>
  runTestCli([...argv, '--home', root], { cwd: root, env: { TALLYSTICK_URL: undefined } })

const sourceNamed = async (name: string): Promise<Json | undefined> =>
  [...((await server.get('/v1/settlement_sources')).body['data'] ?? [])].find((each) => each['name'] === name)

const advance = async (by: Record<string, number>): Promise<void> => {
  const { status, text } = await server.post('/v1/test/clock/advance', by)
  expect(status, text).toBe(200)
}

describe('an uploaded file of a declared source', () => {
  it('is accepted in any of its formats, and known again', async () => {
    const text = aStatement({ day: '2026-03-02', opening: 100, entries: [['2026-03-02', -3.5, 'COFFEE']] })
    writeFileSync(join(root, 'a.sta'), text)

    const first = await tallystick('files', 'upload', 'a.sta', '--source', 'other-bank', '--json')
    const again = await tallystick('files', 'upload', 'a.sta', '--source', 'other-bank')

    expect(JSON.parse(first.stdout)).toMatchObject({
      source: 'other-bank',
      status: 'accepted',
      format: 'mt940',
      business_date: '2026-03-02',
      new_lines: 1,
    })
    expect(again.stderr).toContain('these bytes were received before')
    expect([first.exitCode, again.exitCode]).toEqual([0, 0])
  })

  it('shows its statements with their numbers, and what does not fit', async () => {
    const text = aStatement({ day: '2026-03-04', sequence: '4/1', opening: 90, entries: [['2026-03-04', 1, 'X']] })
    writeFileSync(join(root, 'b.sta'), text)
    const { stdout } = await tallystick('files', 'upload', 'b.sta', '--source', 'other-bank', '--json')

    const { body } = await server.get(`/v1/settlement_files/${String(JSON.parse(stdout).id)}`)

    expect(body).toMatchObject({
      status: 'accepted',
      statements: [{ account: 'DE89', business_date: '2026-03-04', sequence: '4/1', opening: 9000, closing: 9100 }],
      diagnostics: [{ code: 'chain_broken' }, { code: 'sequence_gap' }],
    })
  })

  it('is read by the mapping that recon saved, where the source has one', async () => {
    writeFileSync(
      join(root, 'shop.csv'),
      'Vorgang;Kennung;Wert;Tag\nINV-7;ch_1;1.250,50;03.04.2026\nINV-8;ch_2;-10,00;04.04.2026\n',
    )

    const { exitCode, stdout } = await tallystick('files', 'upload', 'shop.csv', '--source', 'shop-psp', '--json')
    const { body } = await server.get(`/v1/settlement_files/${String(JSON.parse(stdout).id)}`)

    expect(exitCode).toBe(0)
    expect(body).toMatchObject({
      status: 'accepted',
      format: 'csv',
      lines: 2,
      statements: [{ currency: 'EUR', credits: 125_050, debits: -1_000 }],
    })
  })

  it('of a source that nobody declared is refused with the names that there are', async () => {
    const { status, body } = await server.send(
      'POST',
      '/v1/settlement_files?source=nobody',
      { authorization: `Bearer ${server.apiKey}`, 'content-type': 'text/plain' },
      'x',
    )

    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'source_not_found' } })
    expect(body['detail']).toContain('simulator, acme-bank, other-bank')
  })
})

describe('a folder that a bank writes to', () => {
  it('is collected by the clock, and what is missing is late until it comes', async () => {
    await waitFor(async () => (await sourceNamed('acme-bank'))?.['last_look_at'], { what: 'the first look' })
    await advance({ days: 1 })
    const late = await sourceNamed('acme-bank')
    expect(late).toMatchObject({ kind: 'folder', overdue: 1, late_since: late?.['next_expected']?.['by'] })
    expect(await tallystick('files', 'sources')).toMatchObject({ exitCode: 1 })
    expect((await server.get('/metrics')).text).toContain('tallystick_settlement_source_overdue{source="acme-bank"} 1')

    const day = String(late?.['next_expected']?.['business_date'])
    writeFileSync(join(folder, 'a.sta'), aStatement({ day, opening: 1, entries: [[day, 1, 'X']] }))
    await advance({ hours: 1 })
    await advance({ hours: 1 })

    const now = await sourceNamed('acme-bank')
    expect(now).toMatchObject({
      last_file: { name: 'a.sta', status: 'accepted', business_date: day, received_via: 'collected' },
    })
    expect(Number(now?.['overdue'])).toBeLessThan(2)
    expect(now?.['next_expected']?.['business_date']).not.toBe(day)
  })

  it('stands beside the PSP, whose nights go on as before', async () => {
    const { body } = await server.get('/v1/settlement_sources')

    expect([...(body['data'] ?? [])].map((each) => [each['name'], each['kind']])).toEqual([
      ['simulator', 'psp'],
      ['acme-bank', 'folder'],
      ['other-bank', 'upload'],
      ['shop-psp', 'upload'],
    ])
    expect((await server.get('/v1/recon_runs?source=simulator&status=completed')).body['data']).not.toEqual([])
  })
})
