import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, problem, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi
let folder: string

beforeEach(async () => {
  api = await startFakeApi()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-files-'))
})

afterEach(async () => {
  await api.close()
  rmSync(folder, { recursive: true })
})

const run = (...argv: string[]) => runTestCli(argv, { api, cwd: folder })

const FILE = {
  id: 'sf_1',
  object: 'settlement_file',
  source: 'simulator',
  name: 'day.csv',
  status: 'accepted',
  format: 'simulator_csv',
  business_date: '2026-03-03',
  lines: 2,
  control: 'pass',
  sha256: 'ab12',
  bytes: 9,
  received_via: 'uploaded',
  received_at: 'T',
}

describe('files list', () => {
  it('prints one line for each file', async () => {
    api.routes.set('GET /v1/settlement_files', () => ({ body: { data: [FILE], has_more: false } }))

    const { stdout } = await run('files', 'list', '--source', 'simulator')

    expect(stdout).toBe('sf_1\tsimulator\t2026-03-03\taccepted\tpass\t2\tT\tday.csv\n')
    expect(api.requests[0]?.query.toString()).toBe('source=simulator&limit=25')
  })
})

describe('files get', () => {
  it('prints what the file says, what its lines make, and what is wrong with it', async () => {
    const detail = {
      ...FILE,
      status: 'rejected',
      rejection: 'It does not add up.',
      control: 'fail',
      statements: [
        {
          account: 'SIM-1',
          currency: 'EUR',
          opening: 0,
          closing: 1184,
          lines: 1,
          credits: 1184,
          debits: 0,
          totals: [{ kind: 'charge', lines: 1, amount: 1250, fee: 66 }],
          control: {
            status: 'fail',
            what: 'the total of charge in EUR: gross',
            stated: 1350,
            computed: 1250,
            difference: -100,
          },
        },
      ],
      diagnostics: [{ severity: 'error', code: 'line_count', line: 7, message: '2 stated, 1 read' }],
    }
    api.routes.set('GET /v1/settlement_files/sf_1', () => ({ body: detail }))

    const { exitCode, stdout } = await run('files', 'get', 'sf_1')
    const json = await run('files', 'get', 'sf_1', '--json')

    expect(stdout).toContain('rejected because\tIt does not add up.\n')
    expect(stdout).toContain('EUR\tpass\tthe closing balance\t11.84\t11.84\t0.00\n')
    expect(stdout).toContain('EUR\tfail\tthe total of charge in EUR: gross\t13.50\t12.50\t-1.00\n')
    expect(stdout).toContain('EUR\tcharge\t1\t12.50\t0.66\n')
    expect(stdout).toContain('error\t7\t\tline_count\t2 stated, 1 read\n')
    expect(exitCode).toBe(0)
    expect(JSON.parse(json.stdout)).toEqual(detail)
  })

  it('exits 1 for a file that does not exist', async () => {
    expect((await run('files', 'get', 'sf_2')).exitCode).toBe(1)
  })
})

describe('files formats', () => {
  it('prints what the server reads', async () => {
    const format = { format: 'simulator_csv', title: 'Of the simulator', sources: ['simulator'] }
    api.routes.set('GET /v1/settlement_formats', () => ({ body: { data: [format], has_more: false } }))

    expect((await run('files', 'formats')).stdout).toBe('simulator_csv\tsimulator\tOf the simulator\n')
  })
})

describe('files sources', () => {
  const SOURCE = { name: 'acme-bank', kind: 'sftp', zone: 'UTC', formats: ['camt.053'], overdue: 0 }
  const answer = (...data: readonly object[]) =>
    api.routes.set('GET /v1/settlement_sources', () => ({ body: { data, has_more: false } }))

  it('prints what came last and what is awaited', async () => {
    answer({
      ...SOURCE,
      last_file: FILE,
      last_look_at: 'L',
      next_expected: { business_date: '2026-03-04', by: 'B' },
    })

    const { exitCode, stdout } = await run('files', 'sources')

    expect(stdout).toBe('acme-bank\tsftp\tday.csv (accepted)\tT\tL\t2026-03-04 by B\t\n')
    expect(exitCode).toBe(0)
  })

  it('exits 1 when a file is late or a source cannot be looked at', async () => {
    answer({ ...SOURCE, late_since: 'B', overdue: 1 })
    expect(await run('files', 'sources')).toMatchObject({ exitCode: 1, stdout: 'acme-bank\tsftp\t\t\t\t\tB\n' })

    answer({ ...SOURCE, look_problem: 'it is away' })
    expect(await run('files', 'sources')).toMatchObject({
      exitCode: 1,
      stderr: 'acme-bank: the last look could not be finished: it is away\n',
    })
  })
})

describe('files upload', () => {
  beforeEach(() => writeFileSync(join(folder, 'Tag é.csv'), 'a,b\n1,"2"'))

  const answer = (status: number, fields: object) =>
    api.routes.set('POST /v1/settlement_files', () => ({ status, body: { ...FILE, ...fields } }))

  it('sends the bytes and the name of the file', async () => {
    answer(201, {})

    const { exitCode, stdout, stderr } = await run('files', 'upload', 'Tag é.csv', '--source', 'simulator')

    expect(api.requests[0]).toMatchObject({
      body: 'a,b\n1,"2"',
      headers: { 'x-filename': 'Tag%20%C3%A9.csv', 'content-length': '9' },
    })
    expect(api.requests[0]?.query.get('source')).toBe('simulator')
    expect(stdout).toContain('status\taccepted\n')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('says when the same bytes were received before', async () => {
    answer(200, { duplicate_of: 'sf_1' })

    const { exitCode, stderr } = await run('files', 'upload', 'Tag é.csv')

    expect(stderr).toBe('these bytes were received before, on T, as sf_1: nothing changed\n')
    expect(exitCode).toBe(0)
  })

  it('exits 1 with the reason when the file is rejected', async () => {
    answer(201, { status: 'rejected', rejection: 'It does not add up.' })

    const { exitCode, stdout, stderr } = await run('files', 'upload', 'Tag é.csv', '--json')

    expect(stderr).toBe('it was rejected: It does not add up; run: npx tallystick files get sf_1\n')
    expect(JSON.parse(stdout)).toMatchObject({ status: 'rejected' })
    expect(exitCode).toBe(1)
  })

  it('prints each file of a zip, and exits 1 when one of them is rejected', async () => {
    const other = { ...FILE, id: 'sf_2', status: 'rejected', rejection: 'It does not add up.' }
    answer(201, { others: [other] })

    const { exitCode, stdout, stderr } = await run('files', 'upload', 'Tag é.csv')

    expect(stdout).toMatch(/file\tsf_1\n[\s\S]*\n\nfile\tsf_2\n/)
    expect(stderr).toContain('run: npx tallystick files get sf_2')
    expect(exitCode).toBe(1)
  })

  it.each(['nowhere.csv', '.'])('exits 2 for what is no file: %s', async (path) => {
    const { exitCode, stderr } = await run('files', 'upload', path)

    expect(stderr).toContain('cannot be read')
    expect({ exitCode, sent: api.requests.length }).toEqual({ exitCode: 2, sent: 0 })
  })

  it('exits 2 when the server refuses it', async () => {
    api.routes.set('POST /v1/settlement_files', () => problem(422, 'source_not_found', 'There is no source "acme".'))

    const { exitCode, stderr } = await run('files', 'upload', 'Tag é.csv', '--source', 'acme')

    expect(stderr).toBe('There is no source "acme"; run: npx tallystick files formats\n')
    expect(exitCode).toBe(2)
  })
})
