import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { behindLock } from './support/behind-lock.ts'
import { runTestCli } from './support/cli.ts'
import { type Json, magicPayment, startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
let folder: string
let ids: readonly string[]

const AMOUNTS = [1050, 1054, 1055, 2054] as const

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-break-notes-'))
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ url: server.url, api_key: server.apiKey }))
  for (const amount of AMOUNTS) await server.post('/v1/payments', magicPayment(amount), { prefer: 'wait=15' })
  await server.post('/v1/test/clock/advance', { days: 1 })
  const { body } = await server.get('/v1/breaks?state=open')
  // The fee comes last: the tests that take breaks by their place leave it as it is.
  ids = Array.from(body['data'] ?? [], (each: Json) => each)
    .toSorted((a, b) => Number(a['code'] === 'fee_mismatch') - Number(b['code'] === 'fee_mismatch'))
    .map((each) => String(each['id']))
  expect(ids).toHaveLength(AMOUNTS.length)
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tallystick = (...argv: string[]) =>
  runTestCli([...argv, '--home', folder], { cwd: folder, env: { TALLYSTICK_URL: undefined } })
const read = async (id: string | undefined): Promise<Json> => (await server.get(`/v1/breaks/${id}`)).body
const rowsOf = (csv: string): Record<string, string>[] => parse(csv, { columns: true })
/** As a spreadsheet writes it: every cell in quotes. */
const csvOf = (rows: readonly Record<string, string>[]): string =>
  [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row))]
    .map((cells) => `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`)
    .join('')

describe('a break', () => {
  it('is assigned, tagged, snoozed and commented, and all of it is in its life', async () => {
    const [id = ''] = ids
    const tomorrow = Temporal.PlainDate.from(String((await server.get('/v1/test/clock')).body['now']).slice(0, 10))
      .add({ days: 5 })
      .toString()
    const before = await read(id)
    expect((await tallystick('breaks', 'assign', id, 'ann')).exitCode).toBe(0)
    expect((await tallystick('breaks', 'tag', id, 'waiting-psp', 'big')).exitCode).toBe(0)
    expect((await tallystick('breaks', 'tag', id, 'big', '--remove')).exitCode).toBe(0)
    expect((await tallystick('breaks', 'snooze', id, tomorrow)).exitCode).toBe(0)
    expect((await tallystick('breaks', 'comment', id, '=1+1 asked the PSP')).exitCode).toBe(0)

    const found = await read(id)
    expect(found).toMatchObject({ assignee: 'ann', tags: ['waiting-psp'], snoozed_until: tomorrow, state: 'open' })
    expect(found['version']).not.toBe(before['version'])
    const told = Array.from(
      found['events'] ?? [],
      (event: Json) => `${String(event['kind'])} ${String(event['detail'])}`,
    )
    expect(told.slice(1)).toEqual([
      'assigned ann',
      'tagged waiting-psp, big',
      'untagged big',
      `snoozed ${tomorrow}`,
      'commented =1+1 asked the PSP',
    ])
    const { stdout } = await tallystick('breaks', 'explain', id)
    expect(stdout).toContain('commented\t\tmade at start\t=1+1 asked the PSP')
    for (const [filter, count] of [
      ['assignee=ann', 1],
      ['tag=waiting-psp', 1],
      ['tag=big', 0],
      ['snoozed=true', 1],
      ['snoozed=false', AMOUNTS.length - 1],
      ['proposed=true', 0],
    ] as const)
      expect((await server.get(`/v1/breaks?state=open&${filter}`)).body['data'], filter).toHaveLength(count)
  })

  it('that sleeps counts all the same, however old it is', async () => {
    await server.post('/v1/test/clock/advance', { days: 2 })
    const client = await server.get('/v1/breaks/ageing')
    const lines = Array.from(client.body['data'] ?? [], (line: Json) => line)

    expect(lines.reduce((sum, line) => sum + Number(line['count']), 0)).toBe(AMOUNTS.length)
    expect(lines.reduce((sum, line) => sum + Number(line['snoozed']), 0)).toBe(1)
    expect(lines).toMatchObject([{ min_days: 2, max_days: 7, class: 'real', count: AMOUNTS.length }])
    expect((await tallystick('breaks', 'ageing')).stdout).toContain('2 to 7\treal\t4\t1\t')
  })

  it('is not snoozed into the past', async () => {
    const { status, body } = await server.post(`/v1/breaks/${ids[1]}/notes`, { snooze_until: '2020-01-01' })

    expect({ status, body }).toMatchObject({ status: 422, body: { errors: [{ pointer: '/snooze_until' }] } })
  })
})

describe('breaks in bulk, each at the version that somebody looked at', () => {
  const LOCK = `select from recon_break where id = $1 for update`
  const uuidOf = (id: string): string => id.replace(/^brk_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  const bulk = async (item: Record<string, unknown>): Promise<Json> =>
    (await server.post('/v1/breaks/bulk', { items: [item] })).body['data']?.[0] as Json
  const outcomeOf = (answer: Json | undefined): string =>
    String(answer?.['problem']?.['code'] ?? answer?.['outcome'] ?? JSON.stringify(answer))

  it('are written by the first of two people at the same time, and the second is told', async () => {
    const [, , id = ''] = ids
    const { version } = await read(id)

    const answers = await behindLock(
      server.database,
      { sql: LOCK, values: [uuidOf(id)] },
      ['ann', 'ben'].map((assignee) => () => bulk({ break: id, version, assignee })),
    )

    expect(answers.map(outcomeOf).toSorted()).toEqual(['break_changed', 'changed'])
  })

  it('say where in the request a field is that is refused', async () => {
    const tags = Array.from({ length: 21 }, (_, n) => `tag-${n}`)
    const resolution = { verb: 'create_missing_record', reason: 'sale_not_recorded' }

    const many = await server.post('/v1/breaks/bulk', { items: [{ break: ids[2] }, { break: ids[1], tags }] })
    const { body } = await server.post('/v1/breaks/bulk', {
      items: [
        { break: ids[1], snooze_until: '2020-01-01' },
        { break: ids[2], resolution },
      ],
    })

    expect(many).toMatchObject({ status: 422, body: { errors: [{ pointer: '/items/1/tags' }] } })
    expect(body['data']?.map((each) => each['problem']?.['errors']?.[0]?.['pointer'])).toEqual([
      '/items/0/snooze_until',
      '/items/1/resolution/seller',
    ])
  })

  it('are not resolved when they change while it waits for them', async () => {
    const { body } = await server.get('/v1/breaks?state=open&code=amount_mismatch')
    const id = String(body['data']?.[0]?.['id'])
    const { version } = await read(id)
    const resolution = { verb: 'book_difference', as: 'other', reason: 'wrong_amount' }

    const [answer] = await behindLock(
      server.database,
      {
        sql: LOCK,
        values: [uuidOf(id)],
        meanwhile: `insert into break_note (id, break_id, kind, detail, at) values (gen_random_uuid(), $1, 'commented', 'wait', now())`,
      },
      [() => bulk({ break: id, version, resolution })],
    )

    expect(outcomeOf(answer)).toBe('break_changed')
    expect(await read(id)).toMatchObject({ state: 'open' })
  })
})

describe('breaks as a table', () => {
  it('go out and come back unedited without changing anything', async () => {
    const exported = await tallystick('breaks', 'export', '--state', 'open')
    writeFileSync(join(folder, 'breaks.csv'), csvOf(rowsOf(exported.stdout)))
    const audited = (await server.get('/v1/audit_log/verification')).body['rows']

    const { exitCode, stdout } = await tallystick('breaks', 'import', 'breaks.csv')

    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '0 changed, 4 unchanged, 0 refused\n' })
    expect((await server.get('/v1/audit_log/verification')).body['rows']).toBe(audited)
  })

  it('make no formula of what people wrote, and give it back as it was', async () => {
    const [id] = ids
    await server.post(`/v1/breaks/${id}/notes`, { assignee: '=cmd|calc' })

    const exported = await tallystick('breaks', 'export', '--state', 'open')
    expect(exported.stdout).toContain(",'=cmd|calc,")
    writeFileSync(join(folder, 'breaks.csv'), exported.stdout)
    const { stdout } = await tallystick('breaks', 'import', 'breaks.csv')

    expect(stdout).toBe('0 changed, 4 unchanged, 0 refused\n')
    expect((await read(id))['assignee']).toBe('=cmd|calc')
  })

  it('are edited offline: tried first, then done, and what changed since is refused', async () => {
    const rows = rowsOf((await tallystick('breaks', 'export', '--state', 'open')).stdout)
    const of = (code: string): Record<string, string> =>
      rows.find((row) => row['code'] === code) ?? expect.fail(`there is no ${code}`)
    const [fee, amount, missing] = [of('fee_mismatch'), of('amount_mismatch'), of('missing_internal')]
    Object.assign(fee, { verb: 'book_difference', reason: 'psp_fee', as: 'fee', assignee: 'ben' })
    Object.assign(amount, { comment: 'see mail', tags: 'a b' })
    Object.assign(missing, { comment: 'too late' })
    writeFileSync(join(folder, 'edited.csv'), csvOf(rows))
    await server.post(`/v1/breaks/${missing['break']}/notes`, { comment: 'somebody was faster' })

    const tried = await tallystick('breaks', 'import', 'edited.csv', '--dry-run')
    expect(tried).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('2 would change, 1 unchanged, 1 refused'),
    })
    expect(await read(fee['break'])).toMatchObject({ state: 'open' })
    expect((await read(fee['break']))['assignee']).toBeUndefined()

    const done = await tallystick('breaks', 'import', 'edited.csv')
    expect(done).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('2 changed, 1 unchanged, 1 refused') })
    expect(done.stdout).toContain('version')
    expect(await read(fee['break'])).toMatchObject({ state: 'resolved', assignee: 'ben' })
    expect(await read(amount['break'])).toMatchObject({ tags: ['a', 'b'] })
    expect((await server.get('/v1/ledger/invariants')).body).toMatchObject({ ok: true })

    // The same file again: nothing is resolved twice.
    const again = await tallystick('breaks', 'import', 'edited.csv', '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: 0, refused: 3 })
  })

  it.each([
    ['without rows', 'break,version\n', 'no rows'],
    ['without versions', 'break\nbrk_1\n', '"version"'],
    ['of another shape', 'break,version\nbrk_1\n', 'Invalid Record Length'],
    ['with a break left out', 'break,version\n,abc\n', 'row 2'],
  ])('are refused %s', async (_, csv, says) => {
    writeFileSync(join(folder, 'bad.csv'), csv)
    const { exitCode, stderr } = await tallystick('breaks', 'import', 'bad.csv')

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(says) })
    expect(readFileSync(join(folder, 'bad.csv'), 'utf8')).toBe(csv)
  })
})
