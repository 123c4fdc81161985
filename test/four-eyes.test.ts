import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTestCli } from './support/cli.ts'
import { type Json, magicPayment, startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
let folder: string
let breakId: string
let proposal: Json
let ben: string
let other: string

const key = async (name: string): Promise<string> => {
  const { body } = await server.post('/v1/api_keys', { name, scopes: ['write'] })
  return String(body['key'])
}
const as = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` })

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'tallystick-four-eyes-'))
  const { body: made } = await server.post('/v1/payments', magicPayment(1054), { prefer: 'wait=15' })
  expect(made['status']).toBe('succeeded')
  await server.post('/v1/test/clock/advance', { days: 1 })
  const { body } = await server.get('/v1/breaks?state=open&code=amount_mismatch')
  breakId = String(body['data']?.[0]?.['id'])
  const asked = { verb: 'write_off', reason: 'uncollectable' }
  proposal = (await server.post(`/v1/breaks/${breakId}/resolutions`, asked)).body
  ben = await key('ben')
  // The same person with another key: what the key of the home is called.
  other = await key(' MADE at start')
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const uuid = (id: unknown): string =>
  String(id)
    .replace(/^[a-z]+_/, '')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const tallystick = (apiKey: string, ...argv: string[]) => {
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ url: server.url, api_key: apiKey }))
  return runTestCli([...argv, '--home', folder], { cwd: folder, env: { TALLYSTICK_URL: undefined } })
}

describe('a resolution', () => {
  it('is shown before it is asked for, with its entry, and changes nothing', async () => {
    const asked = { verb: 'write_off', reason: 'uncollectable', dry_run: true }
    const shown = await server.post(`/v1/breaks/${breakId}/resolutions`, asked)
    expect(shown).toMatchObject({ status: 200, body: { object: 'resolution_preview', needs_approval: true } })
    expect(shown.body['entry']).toEqual(proposal['entry'])
    expect(proposal['entry']).toMatchObject({ postings: [{ amount: 100 }, { amount: 100 }] })
  })

  it('that is asked for again is the same', async () => {
    const asked = { verb: 'write_off', reason: 'uncollectable' }
    const again = await server.post(`/v1/breaks/${breakId}/resolutions`, asked)
    expect(again).toMatchObject({ status: 201, body: { id: proposal['id'], state: 'proposed' } })
  })
})

describe('whoever asked for something', () => {
  it('sees that it waits, and nothing is booked', async () => {
    expect(proposal).toMatchObject({ state: 'proposed', verb: 'write_off', maker: 'made at start' })
    const { body } = await server.get(`/v1/breaks/${breakId}`)
    expect(body).toMatchObject({ state: 'open', proposal: proposal['id'] })
    expect(body['explanation']).toContain('waits for a second person')
  })

  it.each([
    ['the same key', () => server.apiKey],
    ['another key of the same name', () => other],
  ])('is refused by the API with %s', async (_, keyOf) => {
    for (const answer of ['approve', 'reject']) {
      const path = `/v1/approvals/${String(proposal['approval'])}/${answer}`
      const { status, body } = await server.post(path, { note: 'my own' }, as(keyOf()))

      expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'approval_of_own' })
    }
  })

  it('is refused by the command line', async () => {
    const { exitCode, stderr } = await tallystick(server.apiKey, 'approvals', 'approve', String(proposal['approval']))

    expect(exitCode).toBe(1)
    expect(stderr).toContain('another name')
  })

  it.each([
    ['the same key', () => server.apiKey],
    ['another key of the same name', () => other],
  ])('is refused by the database with %s, whoever writes into it', async (_, keyOf) => {
    const client = new pg.Client(server.database.ownerUrl)
    await client.connect()
    try {
      await client.query(`set search_path = ${server.database.schema}`)
      const insert = client.query(
        `insert into approval_decision (approval_id, decision, checker_key_id, decided_at)
         select $1, 'approved', id, now() from api_key where prefix = $2`,
        [uuid(proposal['approval']), keyOf().slice(0, 16)],
      )

      await expect(insert).rejects.toMatchObject({ constraint: 'approval_checker_is_not_maker' })
      const apply = client.query(`update break_resolution set state = 'applied', applied_at = now() where id = $1`, [
        uuid(proposal['id']),
      ])
      await expect(apply).rejects.toMatchObject({ constraint: 'break_resolution_approved_first' })
      const alone = client.query(
        `insert into break_resolution (id, source, verb, reason, request, entry, fingerprint, state, maker_key_id, proposed_at, applied_at)
         select gen_random_uuid(), 'simulator', 'write_off', 'other', '{}', '{}', '', 'applied', id, now(), now() from api_key limit 1`,
      )
      await expect(alone).rejects.toMatchObject({ constraint: 'break_resolution_needs_second_person' })
    } finally {
      await client.end()
    }
  })
})

describe('a second person', () => {
  it('approves, and it is booked, logged, and the books hold', async () => {
    const { exitCode, stdout } = await tallystick(ben, 'approvals', 'approve', String(proposal['approval']), '--json')

    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ state: 'approved', checker: 'ben' })
    const { body } = await server.get(`/v1/resolutions/${String(proposal['id'])}`)
    expect(body).toMatchObject({ state: 'applied', maker: 'made at start' })
    const entry = await server.get(`/v1/ledger/entries/${String(body['journal_entry'])}`)
    expect(entry.body['postings']).toEqual([
      { account: 'psp:simulator:receivable', direction: 'credit', amount: 100, currency: 'USD' },
      { account: 'expense:write_off', direction: 'debit', amount: 100, currency: 'USD' },
    ])
    const log = await server.get('/v1/audit_log')
    expect(
      Array.from(log.body['data'] ?? [], (row: Json) => `${String(row['actor'])} ${String(row['action'])}`),
    ).toEqual([
      'ben resolution.applied',
      'ben approval.approved',
      // For Ben and for who is no other.
      'made at start api_key.created',
      'made at start api_key.created',
      'made at start resolution.proposed',
    ])
    expect((await server.get('/v1/audit_log/verification')).body).toMatchObject({ ok: true, rows: 5 })
    await server.post('/v1/test/clock/advance', { days: 1 })
    expect((await server.get('/v1/ledger/invariants')).body).toMatchObject({ ok: true })
  })

  it('decides once', async () => {
    const { status, body } = await server.post(`/v1/approvals/${String(proposal['approval'])}/approve`, {}, as(ben))

    expect({ status, code: body['code'], state: body['state'] }).toEqual({
      status: 409,
      code: 'approval_state',
      state: 'approved',
    })
  })
})

describe('the audit log', () => {
  it('shows what was changed, taken out or cut off', async () => {
    const client = new pg.Client(server.database.ownerUrl)
    await client.connect()
    const tamper = async (change: string, back: string): Promise<Json> => {
      await client.query(`alter table audit_log disable trigger user; ${change}`)
      const { body } = await server.get('/v1/audit_log/verification')
      await client.query(`${back}; alter table audit_log enable trigger user`)
      return body
    }
    try {
      await client.query(`set search_path = ${server.database.schema}`)
      await expect(client.query(`update audit_log set actor = 'nobody'`)).rejects.toThrow('only ever added')
      const changed = await tamper(
        `update audit_log set actor = 'eve' where seq = 4`,
        `update audit_log set actor = 'ben' where seq = 4`,
      )
      expect(changed).toMatchObject({ ok: false, findings: [{ seq: 4, detail: 'It is not what was written.' }] })
      const cut = await tamper(
        'create temporary table kept as select * from audit_log where seq = 5; delete from audit_log where seq = 5',
        'insert into audit_log select * from kept',
      )
      expect(cut).toMatchObject({ ok: false, findings: [{ seq: 4 }] })
      expect((await server.get('/v1/audit_log/verification')).body).toMatchObject({ ok: true })
    } finally {
      await client.end()
    }
  })

  it('says who made a key and who revoked it, once, and nothing of its secret', async () => {
    const { body: made } = await server.post('/v1/api_keys', { name: 'dora', scopes: ['read'] })
    const revoke = () =>
      server.send('DELETE', `/v1/api_keys/${String(made['id'])}`, { authorization: `Bearer ${server.apiKey}` })
    expect((await revoke()).status).toBe(200)
    expect((await revoke()).status).toBe(200)

    const { body, text } = await server.get(`/v1/audit_log?subject=${String(made['id'])}`)

    expect(body['data']).toMatchObject([
      { actor: 'made at start', action: 'api_key.revoked', detail: { name: 'dora' } },
      { actor: 'made at start', action: 'api_key.created', detail: { name: 'dora', scopes: ['read'] } },
    ])
    expect(text).not.toContain(String(made['key']).slice(-16))
    expect((await server.get('/v1/audit_log/verification')).body).toMatchObject({ ok: true, rows: 7 })
  })

  it('says who reversed a manual entry, once', async () => {
    for (const [account, type] of [
      ['bank:till', 'asset'],
      ['sales:till', 'income'],
    ] as const)
      expect((await server.post('/v1/ledger/accounts', { account, type })).status).toBeLessThan(300)
    const sides = (debit: string, credit: string) => [
      { account: debit, direction: 'debit', amount: 500, currency: 'EUR' },
      { account: credit, direction: 'credit', amount: 500, currency: 'EUR' },
    ]
    const entry = { kind: 'manual', reference: 'till-1', postings: sides('bank:till', 'sales:till') }
    const { body: made, text } = await server.post('/v1/ledger/entries', entry)
    expect(made['id'], text).toMatch(/^je_/)
    const reversal = {
      kind: 'manual',
      reference: 'till-1 reversed',
      reverses: made['id'],
      postings: sides('sales:till', 'bank:till'),
    }
    const again = { 'idempotency-key': 'reversal of till-1' }
    const first = await server.post('/v1/ledger/entries', reversal, again)
    const second = await server.post('/v1/ledger/entries', reversal, again)

    const { body } = await server.get(`/v1/audit_log?subject=${String(made['id'])}`)

    expect([first.status, second.status, second.body['id']], first.text).toEqual([201, 201, first.body['id']])
    expect(body['data']).toMatchObject([
      {
        actor: 'made at start',
        action: 'entry.reversed',
        detail: { reference: 'till-1 reversed', reversal: first.body['id'] },
      },
    ])
    expect((await server.get('/v1/audit_log/verification')).body).toMatchObject({ ok: true, rows: 8 })
  })
})
