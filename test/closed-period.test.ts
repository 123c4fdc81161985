import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { takeTurnSql } from '../src/reconciliation/resolutions/turn.ts'
import { behindLock } from './support/behind-lock.ts'
import {
  type Answer,
  type Json,
  magicPayment,
  paymentBody,
  startTestServer,
  type TestServer,
} from './support/server.ts'

/**
 * Two days with a break each, of which the first is resolved; then both are closed. Every endpoint that changes anything is tried
 * against them, and what is known of them is the same before and after.
 */

let server: TestServer
let day: string
let secondDay: string
let ben: string
let facts: Facts
let closedAt: string

type Facts = {
  readonly resolution: string
  readonly open: string
  readonly resolved: string
  readonly file: string
  readonly run: string
  readonly payment: string
  readonly csv: string
}

const first = async (path: string): Promise<Json> => {
  const { status, body, text } = await server.get(path)
  expect(status, text).toBe(200)
  return body['data']?.[0] as Json
}
const advance = async (days: number): Promise<void> => {
  const { status, text } = await server.post('/v1/test/clock/advance', { days })
  expect(status, text).toBe(200)
}

beforeAll(async () => {
  server = await startTestServer()
  day = String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)
  secondDay = Temporal.PlainDate.from(day).add({ days: 1 }).toString()
  const made = await server.post('/v1/payments', paymentBody(), { prefer: 'wait=15' })
  await server.post('/v1/payments', magicPayment(1054), { prefer: 'wait=15' })
  await advance(1)
  const resolved = String((await first('/v1/breaks?state=open&code=amount_mismatch'))['id'])
  const asked = { verb: 'book_difference', as: 'other', reason: 'wrong_amount' }
  const { body: resolution } = await server.post(`/v1/breaks/${resolved}/resolutions`, asked)
  expect(resolution['state']).toBe('applied')
  const reference = 'before the closing'
  const postings = [
    { account: 'expense:write_off', direction: 'debit', amount: 100, currency: 'USD' },
    { account: 'suspense:other', direction: 'credit', amount: 100, currency: 'USD' },
  ]
  await server.post('/v1/ledger/accounts', { account: 'suspense:other', type: 'liability' })
  await server.post('/v1/ledger/accounts', { account: 'expense:write_off', type: 'expense' })
  const entry = await server.post('/v1/ledger/entries', { kind: 'manual', reference, postings })
  await server.post('/v1/payments', magicPayment(2054), { prefer: 'wait=15' })
  await advance(1)
  expect(entry.status, entry.text).toBe(201)
  const file = String((await first('/v1/settlement_files?source=simulator'))['id'])
  facts = {
    resolution: String(resolution['id']),
    resolved,
    open: String((await first('/v1/breaks?state=open&code=amount_mismatch'))['id']),
    file,
    run: String((await first('/v1/recon_runs?source=simulator'))['id']),
    payment: String(made.body['id']),
    csv: (await server.get(`/v1/settlement_files/${file}/content`)).text,
  }
  ben = String((await server.post('/v1/api_keys', { name: 'ben', scopes: ['admin'] })).body['key'])
})
afterAll(() => server.stop())

/** All that a closed day is: files, runs and reports, what was decided on it, and what was booked. */
async function closedDays(): Promise<Record<string, readonly unknown[]>> {
  const client = new pg.Client(server.database.ownerUrl)
  await client.connect()
  try {
    await client.query(`set search_path = ${server.database.schema}`)
    const rows = async (sql: string): Promise<readonly unknown[]> => (await client.query(sql, [secondDay])).rows
    return {
      files: await rows(
        `select id, status, sha256 from settlement_file where business_date <= $1 and status = 'accepted' order by id`,
      ),
      withdrawals: await rows(
        `select w.* from settlement_withdrawal w join settlement_file f on f.id = w.file_id where f.business_date <= $1`,
      ),
      corrections: await rows('select * from recon_correction where business_date <= $1'),
      runs: await rows('select * from recon_run where business_date <= $1 order by id'),
      resolutions: await rows(`select * from break_resolution where applied_at::date <= $1 order by id`),
      entries: await rows('select * from journal_entry where accounting_date <= $1 order by id'),
      balances: await rows(
        `select a.name, p.currency, sum(p.amount) as balance from posting p join journal_entry e on e.id = p.entry_id
           join ledger_account a on a.id = p.account_id where e.accounting_date <= $1 group by 1, 2 order by 1, 2`,
      ),
    }
  } finally {
    await client.end()
  }
}

const close = (through: string): Promise<Answer> =>
  server.post('/v1/periods/simulator/close', { through, reason: 'all is well' })
const settled = (answer: Answer) => ({ status: answer.status, code: answer.body['code'] ?? answer.body['status'] })

describe('a period', () => {
  it('is not closed before its runs are completed', async () => {
    const { status, body } = await close('2099-01-01')

    expect({ status, body }).toMatchObject({ status: 409, body: { code: 'period_state' } })
    expect(body['obstacles']?.[0]).toMatchObject({ check: 'runs_completed' })
  })

  it('is not closed while a decision waits for a second person', async () => {
    const proposed = await server.post(`/v1/breaks/${facts.open}/resolutions`, {
      verb: 'write_off',
      reason: 'uncollectable',
    })
    const { body } = await close(secondDay)
    expect(body['obstacles']?.[0]).toMatchObject({ check: 'nothing_waits' })

    const path = `/v1/approvals/${String(proposed.body['approval'])}/reject`
    await server.post(path, { note: 'not yet' }, { authorization: `Bearer ${ben}` })
  })

  it('is closed by one person, and closed once', async () => {
    const { status, body } = await close(secondDay)
    expect({ status, body }).toMatchObject({ status: 200, body: { closed_through: secondDay } })
    closedAt = String((await server.get('/v1/test/clock')).body['now'])

    expect(settled(await close(secondDay))).toEqual({ status: 409, code: 'period_state' })
    expect(settled(await close(day))).toEqual({ status: 409, code: 'period_state' })
  })
})

describe('a closed period', () => {
  it('is changed through no endpoint', async () => {
    const before = await closedDays()
    const balance = (await server.get(`/v1/ledger/trial_balance?as_of=${closedAt}`)).body
    const key = { authorization: `Bearer ${server.apiKey}` }
    const post = (path: string, body: unknown) => () => server.post(path, body)
    const entryOf = (reference: string) => ({
      kind: 'manual',
      reference,
      occurred_at: `${day}T12:00:00Z`,
      postings: [
        { account: 'expense:write_off', direction: 'debit', amount: 1, currency: 'USD' },
        { account: 'suspense:other', direction: 'credit', amount: 1, currency: 'USD' },
      ],
    })
    const asked = { verb: 'book_difference', as: 'other', reason: 'wrong_amount' }
    let rule = ''
    /** What each endpoint is asked for, and what it says where it has to say no. */
    const tries: Record<string, readonly [() => Promise<Answer>, { status: number; code?: string }]> = {
      'POST /v1/settlement_files': [
        () =>
          server.send(
            'POST',
            '/v1/settlement_files?source=simulator',
            { ...key, 'content-type': 'text/csv' },
            facts.csv.replaceAll('20.54', '30.54').replaceAll('19.54', '29.54'),
          ),
        { status: 201, code: 'rejected' },
      ],
      'POST /v1/settlement_files/{id}/withdraw': [
        post(`/v1/settlement_files/${facts.file}/withdraw`, { reason: 'wrong' }),
        { status: 409, code: 'period_closed' },
      ],
      'POST /v1/recon_runs': [post('/v1/recon_runs', { source: 'simulator', business_date: day }), { status: 202 }],
      'POST /v1/recon_runs/{id}/unmatches': [
        post(`/v1/recon_runs/${facts.run}/unmatches`, { file: facts.file, line: 2, reason: 'wrong_pair' }),
        { status: 409, code: 'period_closed' },
      ],
      'POST /v1/recon_runs/{id}/verify': [post(`/v1/recon_runs/${facts.run}/verify`, {}), { status: 200 }],
      'POST /v1/resolutions/{id}/undo': [
        post(`/v1/resolutions/${facts.resolution}/undo`, { reason: 'wrong' }),
        { status: 409, code: 'period_closed' },
      ],
      // What is open is resolved in the open period.
      'POST /v1/breaks/{id}/resolutions': [post(`/v1/breaks/${facts.open}/resolutions`, asked), { status: 201 }],
      // Notes and tags are no part of what is closed.
      'POST /v1/breaks/{id}/notes': [post(`/v1/breaks/${facts.resolved}/notes`, { comment: 'late' }), { status: 200 }],
      'POST /v1/breaks/bulk': [
        post('/v1/breaks/bulk', { items: [{ break: facts.resolved, resolution: { ...asked } }] }),
        { status: 200 },
      ],
      'POST /v1/approvals/{id}/approve': [post(`/v1/approvals/apr_${'0'.repeat(32)}/approve`, {}), { status: 404 }],
      'POST /v1/approvals/{id}/reject': [
        post(`/v1/approvals/apr_${'0'.repeat(32)}/reject`, { note: 'n' }),
        { status: 404 },
      ],
      'POST /v1/periods/{source}/close': [
        post('/v1/periods/simulator/close', { through: day, reason: 'again' }),
        { status: 409, code: 'period_state' },
      ],
      // It waits for a second person.
      'POST /v1/periods/{source}/reopen': [
        post('/v1/periods/simulator/reopen', { reason: 'why not' }),
        { status: 202 },
      ],
      'POST /v1/recon_rules': [
        async () => {
          const drafted = { source: 'simulator', settings: { lag_days: 2 }, reason: 'They are slow.' }
          const answer = await server.post('/v1/recon_rules', drafted, { authorization: `Bearer ${ben}` })
          rule = String(answer.body['id'])
          return answer
        },
        { status: 201 },
      ],
      'POST /v1/recon_rules/{id}/test': [() => server.post(`/v1/recon_rules/${rule}/test`, {}), { status: 200 }],
      // Other rules are for runs to come.
      'POST /v1/recon_rules/{id}/activate': [
        () => server.post(`/v1/recon_rules/${rule}/activate`, { effective_on: day }),
        { status: 422 },
      ],
      'POST /v1/ledger/entries': [post('/v1/ledger/entries', entryOf('late')), { status: 201 }],
      'POST /v1/ledger/entries/batch': [
        post('/v1/ledger/entries/batch', { entries: [entryOf('late too')] }),
        { status: 200 },
      ],
      'POST /v1/ledger/accounts': [post('/v1/ledger/accounts', { account: 'mine', type: 'asset' }), { status: 201 }],
      'POST /v1/payments': [post('/v1/payments', paymentBody()), { status: 201 }],
      'POST /v1/payments/batch': [post('/v1/payments/batch', { payments: [paymentBody()] }), { status: 200 }],
      'POST /v1/payments/{id}/capture': [post(`/v1/payments/${facts.payment}/capture`, {}), { status: 409 }],
      'POST /v1/payments/{id}/cancel': [post(`/v1/payments/${facts.payment}/cancel`, {}), { status: 409 }],
      'POST /v1/payments/{id}/retry': [
        post(`/v1/payments/${facts.payment}/retry`, { payment_method: 'pm_test_visa' }),
        { status: 409 },
      ],
      'POST /v1/api_keys': [post('/v1/api_keys', { name: 'x', scopes: ['read'] }), { status: 201 }],
      'DELETE /v1/api_keys/{id}': [
        () => server.send('DELETE', `/v1/api_keys/key_${'0'.repeat(32)}`, key),
        { status: 404 },
      ],
      'POST /v1/test/clock/advance': [post('/v1/test/clock/advance', { days: 2 }), { status: 200 }],
      'POST /webhooks/psp/{psp}': [
        () => server.send('POST', '/webhooks/psp/simulator', { 'content-type': 'application/json' }, '{}'),
        { status: 401 },
      ],
    }
    const { body: document } = await server.get('/openapi.json')
    const known = Object.entries(document['paths'] ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(
      known.filter((name) => tries[name] === undefined),
      'endpoints that nobody tried',
    ).toEqual([])

    for (const [name, [ask, expected]] of Object.entries(tries)) {
      const answer = await ask()
      expect({ name, status: answer.status, text: answer.text }).toMatchObject({ name, status: expected.status })
      if (expected.code !== undefined) expect(settled(answer).code, name).toBe(expected.code)
    }
    await advance(1)

    expect(await closedDays()).toEqual(before)
    expect((await server.get(`/v1/ledger/trial_balance?as_of=${closedAt}`)).body).toEqual(balance)
    expect((await server.get('/v1/ledger/invariants')).body).toMatchObject({ ok: true })
  })

  it.each([
    [
      'a file of its days',
      `insert into settlement_file select gen_random_uuid(), source, name, status, rejection, format, format_version, file_reference, business_date, sha256('x'), byte_count, line_count, control, diagnostics, received_via, received_at, original_blob_id, lines_blob_id, id, null, false from settlement_file where status = 'accepted' and business_date = $1`,
      'closed_day_is_final',
    ],
    [
      'a withdrawal of such a file',
      `insert into settlement_withdrawal select id, 'r', 'eve', now() from settlement_file where status = 'accepted' and business_date = $1`,
      'closed_day_is_final',
    ],
    [
      'a reopening by one person',
      `insert into period_event select gen_random_uuid(), 'simulator', 9, 'reopened', null, k.id, 'r', a.id, now() from api_key k, approval a where a.kind = 'period_reopening' and $1 <> '' limit 1`,
      'period_event_approved_first',
    ],
    [
      'a journal entry on them',
      `insert into journal_entry select gen_random_uuid(), 'manual', 'forced', null, null, null, now(), now(), $1::date, 1, 999999, 2`,
      'journal_entry',
    ],
  ])('is refused %s by the database', async (_, sql, constraint) => {
    const client = new pg.Client(server.database.ownerUrl)
    await client.connect()
    try {
      await client.query(`set search_path = ${server.database.schema}`)
      await expect(client.query(sql, [day])).rejects.toMatchObject({ constraint: expect.stringContaining(constraint) })
    } finally {
      await client.end()
    }
  })

  it('is opened again by two people, and by no one alone', async () => {
    const { status, body: approval } = await server.post('/v1/periods/simulator/reopen', {
      closed_through: day,
      reason: 'the second day has a wrong file',
    })
    expect({ status, approval }).toMatchObject({
      status: 202,
      approval: { kind: 'period_reopening', state: 'waiting' },
    })
    const path = `/v1/approvals/${String(approval['id'])}/approve`

    expect(settled(await server.post(path, {}))).toEqual({ status: 409, code: 'approval_of_own' })
    expect((await server.get('/v1/periods')).body['data']?.[0]?.['closed_through']).toBe(secondDay)
    const dora = String((await server.post('/v1/api_keys', { name: 'dora', scopes: ['write'] })).body['key'])
    const asDora = await server.post(path, {}, { authorization: `Bearer ${dora}` })
    expect(settled(asDora)).toEqual({ status: 403, code: 'forbidden' })
    const agreed = await server.post(path, {}, { authorization: `Bearer ${ben}` })

    expect(agreed.body).toMatchObject({ state: 'approved', checker: 'ben' })
    expect((await server.get('/v1/periods')).body['data']?.[0]).toMatchObject({
      closed_through: day,
      events: [{ kind: 'closed' }, { kind: 'reopened', by: 'ben', closed_through: day }],
    })
    const withdrawn = await server.post(`/v1/settlement_files/${facts.file}/withdraw`, { reason: 'wrong' })
    expect(withdrawn.status, withdrawn.text).toBe(200)
    expect((await server.get('/v1/audit_log?action=file.withdrawn')).body['data']).toMatchObject([
      { subject: facts.file },
    ])
  })

  it('is answered for once when two people say no at the same time', async () => {
    const { body: asked } = await server.post('/v1/periods/simulator/reopen', { reason: 'all of it' })
    const carl = String((await server.post('/v1/api_keys', { name: 'carl', scopes: ['admin'] })).body['key'])
    const path = `/v1/approvals/${String(asked['id'])}/reject`

    const answers = await behindLock(
      server.database,
      { sql: takeTurnSql(1), values: ['simulator'] },
      [ben, carl].map((key) => () => server.post(path, { note: 'no' }, { authorization: `Bearer ${key}` })),
    )

    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(answers.map(({ body }) => String(body['code'] ?? body['state'])).toSorted()).toEqual([
      'approval_state',
      'rejected',
    ])
  })
})
