import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTestCli } from './support/cli.ts'
import { type Json, magicPayment, paymentBody, startTestServer, type TestServer } from './support/server.ts'

/**
 * A night as callers see it: a real server and a simulator, a payment that is fine and one that settles 1.00 short, one
 * day later; then every endpoint and every command about settlement files, runs and breaks.
 */

let server: TestServer
let folder: string
/** The business day of the payments. */
let day: string
let run: Json
let file: Json
let found: Json

const first = async (path: string): Promise<Json> => {
  const { status, body, text } = await server.get(path)
  expect(status, text).toBe(200)
  expect(body['data'], path).toHaveLength(1)
  return body['data']?.[0] as Json
}

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-nights-'))
  const home = { url: server.url, api_key: server.apiKey, simulator_url: server.simulator.url }
  writeFileSync(join(folder, 'run.json'), JSON.stringify(home))
  day = String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)
  for (const body of [paymentBody(), magicPayment(1054)]) {
    const { status, text } = await server.post('/v1/payments', body, { prefer: 'wait=15' })
    expect(status, text).toBe(201)
  }
  const { status, text } = await server.post('/v1/test/clock/advance', { days: 1 })
  expect(status, text).toBe(200)
  run = await first('/v1/recon_runs?source=simulator&status=completed')
  file = await first('/v1/settlement_files?source=simulator')
  found = await first('/v1/breaks?state=open&class=real')
})

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const fields = (of: Json): Record<string, Json> => ({ ...(of as Record<string, Json>) })

const tallystick = (...argv: string[]) =>
  runTestCli([...argv, '--home', folder], { cwd: folder, env: { TALLYSTICK_URL: undefined } })

/** The output of a command that must end like this; stdout as JSON. */
async function documentOf(exitCode: number, ...argv: string[]): Promise<Json> {
  const result = await tallystick(...argv, '--json')
  expect({ argv, ...result }).toMatchObject({ exitCode })
  return JSON.parse(result.stdout) as Json
}

const upload = async (bytes: string, headers: Record<string, string> = {}) =>
  server.send(
    'POST',
    '/v1/settlement_files?source=simulator',
    { authorization: `Bearer ${server.apiKey}`, 'content-type': 'text/csv', ...headers },
    bytes,
  )

/** The file of the day with one amount changed. */
const broken = (csv: string): string => csv.replace(',10.54,', ',99.54,').replace(',9.54,', ',99.54,')

describe('a night', () => {
  it('is a completed run, proven to the cent', async () => {
    const { body } = await server.get(`/v1/recon_runs/${String(run['id'])}`)

    expect(body).toEqual(run)
    expect(run).toMatchObject({
      object: 'recon_run',
      business_date: day,
      status: 'completed',
      file: file['id'],
      ours: 3,
      theirs: 3,
      matched: 2,
      breaks: 1,
    })
    const proof = [...((run['proof'] ?? []) as Json[])]
    expect(proof).toContainEqual({
      currency: 'USD',
      ours: 1054,
      theirs: 954,
      difference: 100,
      explained: 100,
      unexplained: 0,
    })
    expect(proof.map(({ unexplained }) => unexplained)).toEqual(proof.map(() => 0))
  })

  it('is the same run when it is asked for again', async () => {
    const { status, body } = await server.post('/v1/recon_runs', { source: 'simulator', business_date: day })

    expect({ status, body }).toEqual({ status: 202, body: run })
  })

  it.each([
    ['is not over', (today: string) => today, 'not over'],
    ['has no file', () => '2020-01-01', 'begin on'],
  ])('of a day that %s is refused', async (_, dayOf, says) => {
    const today = String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)

    const { status, body } = await server.post('/v1/recon_runs', { source: 'simulator', business_date: dayOf(today) })

    expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ pointer: '/business_date' }] } })
    expect(body['detail']).toContain(says)
  })
})

describe('its settlement file', () => {
  it('is known with its controls, and read back byte for byte', async () => {
    const { body } = await server.get(`/v1/settlement_files/${String(file['id'])}`)
    const content = await server.get(`/v1/settlement_files/${String(file['id'])}/content`)
    const original = await fetch(`${server.simulator.url}/settlement_files/${day}`)

    expect(body).toMatchObject({
      ...fields(file),
      status: 'accepted',
      control: 'pass',
      received_via: 'collected',
      lines: 3,
    })
    expect(body['statements']).toMatchObject([
      { currency: 'EUR', lines: 2, totals: [{ kind: 'charge', lines: 2, amount: 4250 }], control: { status: 'pass' } },
      { currency: 'USD', lines: 1, totals: [{ kind: 'charge', lines: 1, amount: 954 }], control: { status: 'pass' } },
    ])
    expect(content.text).toBe(await original.text())
    expect(content.headers.get('content-type')).toBe('application/octet-stream')
  })

  it('that is uploaded again is known by its bytes, under any name', async () => {
    const content = await server.get(`/v1/settlement_files/${String(file['id'])}/content`)

    const { status, body } = await upload(content.text, { 'x-filename': 'other.csv' })

    expect({ status, body }).toEqual({ status: 200, body: { ...fields(file), duplicate_of: file['id'] } })
  })

  it('that does not add up is kept and rejected, with what is stated and computed', async () => {
    const content = await server.get(`/v1/settlement_files/${String(file['id'])}/content`)

    const { status, body } = await upload(broken(content.text))
    const detail = (await server.get(`/v1/settlement_files/${String(body['id'])}`)).body

    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'rejected', control: 'fail' } })
    expect(body['rejection']).toContain('It does not add up in USD')
    expect(body['name']).toBe(String(body['sha256']).slice(0, 16))
    expect(detail['statements']?.[1]).toMatchObject({ control: { status: 'fail', difference: expect.any(Number) } })
  })

  it('that is something else is rejected as such', async () => {
    const { status, body } = await upload('%PDF-1.7 not a settlement file')

    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'rejected', lines: 0, control: 'none' } })
  })
})

describe('its break', () => {
  it('has both sides, the difference and its history', async () => {
    const { body } = await server.get(`/v1/breaks/${String(found['id'])}`)

    expect(found).toMatchObject({
      object: 'break',
      code: 'amount_mismatch',
      business_date: day,
      ours: { amount: 1054, currency: 'USD', business_date: day },
      theirs: { file: file['id'], kind: 'charge', amount: 954, currency: 'USD' },
      difference: 100,
      currency: 'USD',
      opened_in_run: run['id'],
    })
    expect(body).toMatchObject({ ...fields(found), events: [{ kind: 'opened', run: run['id'], business_date: day }] })
  })

  it('is listed by its code and its run, and by no other', async () => {
    const matching = await server.get(`/v1/breaks?code=amount_mismatch&run=${String(run['id'])}&source=simulator`)
    const other = await server.get('/v1/breaks?code=fee_mismatch')

    expect(matching.body['data']).toEqual([found])
    expect(other.body['data']).toEqual([])
  })

  it("is found by its id and by the PSP's reference, and so are its run and its file", async () => {
    const search = async (text: Json | undefined) =>
      (await server.get(`/v1/search?q=${String(text)}`)).body['data'] as unknown
    const hit = { object: 'break', id: found['id'], payment: found['ours']?.['payment'] }

    expect(await search(found['id'])).toEqual([hit])
    expect(await search(found['theirs']?.['psp_reference'])).toContainEqual(hit)
    expect(await search(run['id'])).toEqual([{ object: 'recon_run', id: run['id'] }])
    expect(await search(file['id'])).toEqual([{ object: 'settlement_file', id: file['id'] }])
  })
})

describe('its report', () => {
  it('is the same bytes over HTTP and from the command line, and is computed again byte for byte', async () => {
    const path = `/v1/recon_runs/${String(run['id'])}/report`
    const [first, second] = [await server.get(path), await server.get(path)]
    const verified = await documentOf(0, 'runs', 'verify', String(run['id']))

    expect(second.text).toBe(first.text)
    expect(first.headers.get('etag')).toBe(`"${createHash('sha256').update(first.text).digest('hex')}"`)
    expect(first.body).toMatchObject({ schema: 'tallystick.report/1', totals: { ours: 3, theirs: 3, matched: 2 } })
    expect(await documentOf(0, 'runs', 'report', String(run['id']))).toEqual(first.body)
    expect(verified).toMatchObject({ identical: true, outcome: { differing_rows: 0 } })
  })

  it('leads to its matches, and to what changed', async () => {
    const csv = await tallystick('runs', 'matches', String(run['id']), '--csv')
    const matches = await documentOf(0, 'runs', 'matches', String(run['id']), '--rule', 'exact')
    const changes = await documentOf(0, 'runs', 'diff', String(run['id']))

    expect(csv.stdout.split('\n')).toHaveLength(1 + 3 + 1)
    expect(matches['data']).toHaveLength(2)
    expect(changes['changes']).toEqual([
      { change: 'opened', code: 'amount_mismatch', class: 'real', count: 1, currency: 'USD', amount: 100 },
    ])
  })

  it('has a dry run by other rules, which are drafted and tested and not activated by their maker', async () => {
    const dry = await documentOf(0, 'runs', 'start', '--source', 'simulator', '--date', day, '--dry-run', '--lag', '0')
    const draft = await documentOf(
      ...([0, 'rules', 'draft', '--source', 'simulator', '--lag', '2', '--reason', 'It is slow.'] as const),
    )
    const tested = await documentOf(0, 'rules', 'test', String(draft['id']))
    const activated = await tallystick('rules', 'activate', String(draft['id']), '--from', '2999-01-01')

    expect(dry).toMatchObject({ object: 'recon_dry_run', settings: { lag_days: 0 }, matched: 2, breaks: 1 })
    expect(tested).toMatchObject({ status: 'tested', test: { runs: 1, closed: { breaks: 0 }, matches_broken: 0 } })
    expect(activated).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('another person') })
  })
})

describe('the command line', () => {
  it('shows the run and exits 1 while a real break stands', async () => {
    const started = await documentOf(1, 'runs', 'start', '--source', 'simulator', '--date', day)
    const read = await tallystick('runs', 'get', String(run['id']))

    expect(started).toEqual(run)
    expect((await documentOf(0, 'runs', 'list'))['data']).toEqual([run])
    expect(read.stdout).toContain('USD: ours 10.54 − theirs 9.54 = 1.00, explained by breaks: 1.00, to the cent\n')
  })

  it('shows and explains the break', async () => {
    const id = String(found['id'])

    expect((await documentOf(0, 'breaks', 'list', '--class', 'real'))['data']).toEqual([found])
    expect(await documentOf(0, 'breaks', 'get', id)).toMatchObject(fields(found))
    expect((await tallystick('breaks', 'explain', id)).stdout).toContain('amount\t10.54 USD\t9.54 USD\n')
    expect((await tallystick('trace', id)).stdout).toContain(String(found['ours']?.['payment']))
  })

  it('lists files, their formats and what is known of one', async () => {
    const { stdout } = await tallystick('files', 'get', String(file['id']))

    expect(stdout).toContain('USD\tpass\tthe closing balance\t')
    expect((await documentOf(0, 'files', 'list'))['data']).toContainEqual(file)
    expect((await documentOf(0, 'files', 'formats'))['data']).toContainEqual(
      expect.objectContaining({ format: 'simulator_csv', sources: ['simulator'] }),
    )
  })

  it('fetches a file from the simulator, uploads it again, and a broken one', async () => {
    await documentOf(0, 'simulator', 'settlement-file', '--date', day, '--output', 'theirs.csv')
    writeFileSync(join(folder, 'broken.csv'), `${broken(readFileSync(join(folder, 'theirs.csv'), 'utf8'))}\n`)

    const again = await documentOf(0, 'files', 'upload', 'theirs.csv', '--source', 'simulator')
    const rejected = await tallystick('files', 'upload', 'broken.csv')

    expect(again).toEqual({ ...fields(file), duplicate_of: file['id'] })
    expect(rejected.stdout).toContain('name\tbroken.csv\n')
    expect(rejected.stderr).toContain('it was rejected: ')
    expect(rejected.exitCode).toBe(1)
  })

  it('exits 1 for a file that the simulator does not have yet', async () => {
    expect((await tallystick('simulator', 'settlement-file', '--date', '2999-01-01')).exitCode).toBe(1)
  })
})
