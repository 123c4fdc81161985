import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type Json, paymentBody, startTestServer, type TestServer } from './support/server.ts'

/**
 * Files that were wrong: another version of a day comes after its run, or the file is withdrawn. The next run undoes what is
 * gone and takes in what is new, and every cent is explained all the while.
 */

let server: TestServer
/** The business days whose runs are completed. */
const days: string[] = []

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const today = async (): Promise<string> => String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)

async function ok(answer: Pick<Answer, 'status' | 'body' | 'text'>, status = 200): Promise<Json> {
  expect(answer.status, answer.text).toBe(status)
  return answer.body
}

const listed = async (path: string): Promise<readonly Json[]> => (await ok(await server.get(path)))['data'] ?? []

async function nextDay(): Promise<void> {
  days.push(await today())
  await ok(await server.post('/v1/test/clock/advance', { days: 1 }))
}

const runOf = async (day: string): Promise<Json | undefined> => {
  const run = (await listed('/v1/recon_runs?source=simulator')).find((each) => each['business_date'] === day)
  expect(run, `run of ${day}`).toBeDefined()
  return run
}

const currentFile = async (day: string): Promise<Json | undefined> =>
  (await listed('/v1/settlement_files?source=simulator')).find(
    (each) => each['business_date'] === day && each['status'] === 'accepted',
  )

const content = async (id: Json | undefined): Promise<string> =>
  (await server.get(`/v1/settlement_files/${id}/content`)).text

const upload = (text: string) =>
  fetch(`${server.url}/v1/settlement_files?source=simulator`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/octet-stream' },
    body: text,
  }).then(async (response) => ({ status: response.status, body: (await response.json()) as Json }))

/** The same file with the reference of one charge being a stranger's. All its sums stay right. */
function withStranger(text: string): string {
  const rows = text.split('\n')
  const place = rows.findIndex((row) => row.startsWith('line,') && row.includes(',charge,'))
  const fields = (rows[place] ?? '').split(',')
  rows[place] = fields.with(4, 'ch_stranger').with(5, 'not-one-of-ours').join(',')
  return rows.join('\n')
}

async function pay(count: number): Promise<void> {
  for (let made = 0; made < count; made++)
    await ok(
      await server.post(
        '/v1/payments',
        paymentBody({ orders: [{ seller: 'anna', amount: 1_250, platform_fee: 125 }] }),
        {
          prefer: 'wait=15',
        },
      ),
      201,
    )
}

async function expectWhole(): Promise<void> {
  const invariants = await ok(await server.get('/v1/ledger/invariants'))
  expect(invariants['checks']).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: 'receivables_agree_with_files', ok: true })]),
  )
  expect(invariants['ok'], JSON.stringify(invariants['checks'])).toBe(true)
  for (const day of days) {
    const run = await runOf(day)
    expect(run).toMatchObject({ status: 'completed' })
    for (const line of run?.['proof'] ?? []) expect(line['unexplained']).toBe(0)
  }
}

const openBreaks = async (): Promise<Json[]> =>
  (await listed('/v1/breaks?state=open&limit=200')).map((each) => each['code'] as Json).sort()

const entriesOfKind = async (kind: string): Promise<number> => {
  const entries = await listed('/v1/ledger/entries?account=psp:simulator:receivable&limit=200')
  return entries.filter((each) => each['kind'] === kind).length
}

describe('another version of a day', () => {
  it('that comes after its run is taken in by the next one, and what is gone is undone', async () => {
    await pay(2)
    await nextDay()
    const [day = ''] = days
    const true1 = await currentFile(day)
    const wrong = withStranger(await content(true1?.['id']))

    const received = await upload(wrong)
    const detail = await ok(await server.get(`/v1/settlement_files/${received.body['id']}`))
    await pay(1)
    await nextDay()

    expect(received).toMatchObject({ status: 201, body: { status: 'accepted', supersedes: true1?.['id'] } })
    expect(detail['difference']).toMatchObject({ added: 1, removed: 1, changed: 0 })
    expect(await openBreaks()).toEqual(['missing_external', 'missing_internal'])
    expect(await entriesOfKind('line_undone')).toBe(1)
    const [missing] = await listed('/v1/breaks?code=missing_external')
    const whereabouts = await ok(await server.get(`/v1/payments/${missing?.['ours']?.['payment']}/whereabouts`))
    expect(whereabouts['sentence']).toMatch(
      /is in the available balance of 1 seller, and waits for the PSP's settlement\. .* is in no file of simulator/,
    )
    await expectWhole()
  })

  it('that puts it right clears the breaks of the one before without a touch', async () => {
    const [day = ''] = days
    const wrong = await currentFile(day)
    const history = await listed('/v1/settlement_files?source=simulator&limit=200')
    const original = history.find((each) => each['business_date'] === day && each['status'] === 'superseded')
    const bytes = await content(original?.['id'])

    const tooEarly = await upload(bytes)
    await ok(await server.post(`/v1/settlement_files/${wrong?.['id']}/withdraw`, { reason: 'a stranger in it' }))
    const back = await upload(bytes)
    await nextDay()

    expect(tooEarly).toMatchObject({ status: 200, body: { status: 'superseded', duplicate_of: original?.['id'] } })
    expect(back).toMatchObject({ status: 201, body: { status: 'accepted', supersedes: wrong?.['id'] } })
    expect(await openBreaks()).toEqual([])
    await expectWhole()
  })

  it('leaves the reports of earlier runs as they were', async () => {
    const [first = ''] = days

    expect(await runOf(first)).toMatchObject({ status: 'completed', matched: 2, breaks: 0 })
  })
})

describe('a withdrawn file', () => {
  it('is undone by the next run, settles nothing, and comes back as it was', async () => {
    await pay(2)
    await nextDay()
    const day = days.at(-1) ?? ''
    const file = await currentFile(day)
    const bytes = await content(file?.['id'])
    await ok(await server.post(`/v1/settlement_files/${file?.['id']}/withdraw`, { reason: 'sent by mistake' }))
    const before = await runOf(day)

    await ok(await server.post('/v1/test/clock/advance', { days: 1 }))
    const waiting = (await listed('/v1/recon_runs?source=simulator&status=waiting_for_file'))[0]
    const back = await upload(bytes)
    await ok(await server.post('/v1/test/clock/advance', { hours: 1 }))
    days.push(String(waiting?.['business_date']))

    expect(back).toMatchObject({ status: 201, body: { status: 'accepted', supersedes: file?.['id'] } })
    expect(await runOf(day)).toEqual(before)
    expect(await openBreaks()).toEqual([])
    await expectWhole()
  })

  it('refuses to be withdrawn twice over a later version, and says what it is', async () => {
    const files = await listed('/v1/settlement_files?source=simulator&limit=200')
    const superseded = files.find((each) => each['status'] === 'superseded')

    const refused = await server.post(`/v1/settlement_files/${superseded?.['id']}/withdraw`, { reason: 'x' })

    expect(refused).toMatchObject({ status: 409, body: { code: 'file_state', status: 409 } })
  })
})
