import { connect } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../../test/support/wait-for.ts'
import { createFakeServices } from '../testing/fake-services.ts'
import { bearer, caller, createTestServer, TEST_KEYS } from '../testing/test-server.ts'

const services = createFakeServices()
const { app, logged } = await createTestServer({ services })
const call = caller(app)
const { uploaded } = services.nights
afterAll(() => app.close())

async function upload(bytes: string, headers: Record<string, string> = {}, query = '?source=simulator') {
  const answer = await app.inject({
    method: 'POST',
    url: `/v1/settlement_files${query}`,
    headers: { authorization: bearer(TEST_KEYS.admin), ...headers },
    payload: bytes,
  })
  return { status: answer.statusCode, body: answer.json() }
}

describe('a settlement file', () => {
  it.each(['text/csv', 'application/octet-stream', 'application/json', 'text/html', 'application/xml; charset=latin1'])(
    'is taken as %s, byte for byte',
    async (type) => {
      const bytes = `{"not": "read"\u0000 ${type}`

      const { status, body } = await upload(bytes, { 'content-type': type, 'x-filename': 'day.csv' })

      expect(status).toBe(201)
      expect([...uploaded.values()].at(-1)?.bytes.toString()).toBe(bytes)
      expect(body).toEqual({
        id: expect.stringMatching(/^sf_[\da-f]{32}$/),
        object: 'settlement_file',
        source: 'simulator',
        name: 'day.csv',
        status: 'rejected',
        rejection: 'It does not add up.',
        format: 'simulator_csv',
        business_date: '2026-03-03',
        lines: 1,
        control: 'fail',
        sha256: expect.stringMatching(/^[\da-f]{64}$/),
        bytes: Buffer.byteLength(bytes),
        received_via: 'uploaded',
        received_at: '2026-03-04T00:00:00.000Z',
      })
    },
  )

  it('is taken once: the same bytes again are a duplicate', async () => {
    const first = await upload('the same', { 'x-filename': 'one.csv' })
    const second = await upload('the same', { 'x-filename': 'two.csv' })

    expect(second.status).toBe(200)
    expect(second.body).toEqual({ ...first.body, duplicate_of: first.body.id })
  })

  it('needs no source while there is one', async () => {
    const { status, body } = await upload('without a source', {}, '')

    expect({ status, source: body.source }).toEqual({ status: 201, source: 'simulator' })
  })

  it('has the name that its percent-encoded header says', async () => {
    const { body } = await upload('named', { 'x-filename': 'B%C3%A9la 100%25.csv' })

    expect(body.name).toBe('Béla 100%.csv')
  })

  it('is read with statements, controls and diagnostics, amounts beyond 2^53 included', async () => {
    const { body } = await upload('in detail')

    const answer = await call('GET', `/v1/settlement_files/${body.id}`)

    expect(answer.text).toContain('"credits":9007199254740993')
    expect(answer.json()).toMatchObject({
      id: body.id,
      statements: [
        {
          currency: 'EUR',
          opening: 0,
          lines: 1,
          debits: -5,
          totals: [{ kind: 'charge', lines: 1, amount: 1250, fee: 66 }],
          control: { status: 'fail', what: 'the closing balance in EUR', stated: 1183, computed: 1184, difference: 1 },
        },
      ],
      diagnostics: [{ severity: 'error', code: 'amount', line: 4, column: 8, message: 'No amount' }],
    })
  })

  it('is downloaded as it was received, to be saved and never shown', async () => {
    const { body } = await upload('<script>alert(1)</script>', { 'x-filename': '%22é%22;.html'.replace('é', '%C3%A9') })

    const answer = await call('GET', `/v1/settlement_files/${body.id}/content`)

    expect(answer.text).toBe('<script>alert(1)</script>')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="____.html"; filename*=UTF-8''%22%C3%A9%22%3B.html`,
    })
  })

  it('is listed, newest first, page by page', async () => {
    await upload('older')
    const { body } = await upload('newer')

    const first = (await call('GET', '/v1/settlement_files?source=simulator&limit=1')).json()
    const second = (await call('GET', `/v1/settlement_files?limit=1&cursor=${first.next_cursor}`)).json()

    expect(first.data).toEqual([body])
    expect(second.data[0].id < body.id).toBe(true)
  })

  it('that breaks off is not kept, and neither a bug nor a lost database', async () => {
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const kept = uploaded.size
    const from = logged.length
    const socket = connect(Number(new URL(address).port), '127.0.0.1')
    const head = ['POST /v1/settlement_files HTTP/1.1', 'host: x', `authorization: ${bearer(TEST_KEYS.admin)}`]
    socket.write(`${[...head, 'content-length: 1000'].join('\r\n')}\r\n\r\nhalf of it`)

    await waitFor(() => services.nights.receiving() === 1, { what: 'the upload to begin' })
    socket.destroy()
    await waitFor(() => services.nights.receiving() === 0, { what: 'the upload to end' })

    expect(uploaded.size).toBe(kept)
    expect(logged.slice(from).filter((line) => /"level":[456]0/.test(line))).toEqual([])
  })
})

describe('the sources', () => {
  it('are listed with what came last, and what is awaited and late', async () => {
    const { data, has_more } = (await call('GET', '/v1/settlement_sources')).json()

    expect(has_more).toBe(false)
    expect(data).toMatchObject([
      {
        name: 'acme-bank',
        object: 'settlement_source',
        kind: 'sftp',
        zone: 'Europe/Berlin',
        formats: ['camt.053'],
        every_minutes: 10,
        last_file: { name: 'a.xml', object: 'settlement_file' },
        last_look_at: '2026-03-04T00:00:00.000Z',
        look_problem: 'sftp.acme.example:22 cannot be used',
        next_look_at: '2026-03-04T00:00:00.000Z',
        next_expected: { business_date: '2026-03-03', by: '2026-03-04T00:00:00.000Z' },
        late_since: '2026-03-04T00:00:00.000Z',
        overdue: 1,
      },
      { name: 'simulator' },
    ])
    expect(data[1]).toEqual({
      name: 'simulator',
      object: 'settlement_source',
      kind: 'psp',
      zone: 'Europe/Berlin',
      formats: ['camt.053'],
      overdue: 0,
    })
  })
})

describe('the formats', () => {
  it('are listed with who sends them', async () => {
    expect((await call('GET', '/v1/settlement_formats')).json()).toEqual({
      data: [{ format: 'simulator_csv', title: 'Settlement file of the PSP simulator (CSV)', sources: ['simulator'] }],
      has_more: false,
      next_cursor: null,
    })
  })
})
