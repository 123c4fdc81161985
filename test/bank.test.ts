import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callSimulator } from '../src/psp/simulator/testing.ts'
import { runTestCli } from './support/cli.ts'
import { type Json, paymentBody, startTestServer, type TestServer } from './support/server.ts'

/**
 * Payouts on their way to the bank, over two weeks from a Monday on: something is sold every day, so that each PSP file but the
 * first pays out, and each payout has the fate that stands here.
 */
const FATES = [
  'none', // Tuesday
  'short',
  'missing',
  'joined', // Friday, and with it the weekend: one line on Monday
  'joined',
  'joined',
  'twice',
  'returned',
  'no_reference',
  'none',
  'none',
  'none',
] as const

let server: TestServer
let root: string
/** ISO dates, from the first Monday on. */
let days: readonly string[] = []
const sold = (index: number): number => 10_000 + index * 1_000
const payoutOf = (fate: number): number => sold(fate) - Math.floor((sold(fate) * 29 + 500) / 1_000) - 30

const advance = async (by: Record<string, number>): Promise<void> => {
  const { status, text } = await server.post('/v1/test/clock/advance', by)
  expect(status, text).toBe(200)
}
const today = async (): Promise<string> => String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)
const list = async (path: string): Promise<readonly Json[]> =>
  (await server.get(`${path}${path.includes('?') ? '&' : '?'}limit=200`)).body['data'] ?? []

const buy = async (amount: number): Promise<string> => {
  const { status, body, text } = await server.post(
    '/v1/payments',
    paymentBody({ currency: 'EUR', payment_method: 'pm_test_visa', orders: [{ seller: 'anna', amount }] }),
  )
  expect(status, text).toBe(201)
  return String(body['id'])
}

const payments: string[] = []

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'tallystick-bank-'))
  const bankFolder = join(root, 'bank')
  server = await startTestServer({
    bankFolder,
    sources: [
      {
        name: 'house-bank',
        formats: ['camt.053'],
        zone: 'UTC',
        mapping: undefined,
        everyMinutes: 1,
        collect: { kind: 'folder', folder: bankFolder, pattern: '*.xml', pgp: undefined },
        expected: undefined,
        settles: {
          psps: ['simulator'],
          account: undefined,
          days: [1, 2, 3, 4, 5],
          holidays: [],
          lagDays: 1,
          windowDays: 5,
          references: 'remittance',
          recognisedBy: ['PSP Simulator'],
        },
      },
    ],
  })
  const weekday = Temporal.PlainDate.from(await today()).dayOfWeek
  await advance({ days: 8 - weekday })
  const monday = Temporal.PlainDate.from(await today())
  days = Array.from({ length: 20 }, (_, index) => monday.add({ days: index }).toString())
  payments.push(await buy(sold(0)))
  await advance({ days: 1 })
  for (const [index, fault] of FATES.entries()) {
    await callSimulator(server.simulator.url, 'PUT', '/settings', { bank: { fault } })
    payments.push(await buy(sold(index + 1)))
    await advance({ days: 1 })
  }
  await advance({ days: 3 })
}, 240_000)
afterAll(async () => {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
})

const breaksOf = async (fate: number): Promise<readonly (readonly unknown[])[]> => {
  const day = days[fate + 1]
  const compact = String(day).replaceAll('-', '')
  const all = await list('/v1/breaks?source=house-bank')
  return all
    .filter(
      (each) =>
        each['payout']?.['business_date'] === day ||
        (each['payout'] === undefined && String(each['explanation']).includes(compact)),
    )
    .map((each) => [each['code'], each['class'], each['state'], each['difference']])
    .toSorted()
}

describe('a payout', () => {
  it('waits for its day at the bank, and clears when it is there', async () => {
    expect(await breaksOf(0)).toEqual([['payout_in_transit', 'temporary', 'cleared', payoutOf(0)]])
  })

  it('that comes short is a break over what is missing', async () => {
    expect(await breaksOf(1)).toEqual([
      ['payout_in_transit', 'temporary', 'cleared', payoutOf(1)],
      ['payout_mismatch', 'real', 'open', 100],
    ])
  })

  it('that never comes is missing from the run of its due day on', async () => {
    expect(await breaksOf(2)).toEqual([['missing_external', 'real', 'open', payoutOf(2)]])
  })

  it('that shares a line with those of the weekend arrives with them', async () => {
    expect(await breaksOf(3)).toEqual([['payout_in_transit', 'temporary', 'cleared', payoutOf(3)]])
    expect([await breaksOf(4), await breaksOf(5)]).toEqual([[], []])
  })

  it('that comes twice leaves a line in suspense', async () => {
    const breaks = await list('/v1/breaks?code=duplicate_external')
    expect(breaks.map((each) => [each['state'], each['difference']])).toEqual([['open', -payoutOf(6)]])
    expect(breaks[0]?.['explanation']).toContain('has arrived already')
  })

  it('that the bank gives back, or that carries no reference, leaves lines that nothing explains', async () => {
    const breaks = await list('/v1/breaks?code=missing_internal')
    expect(breaks.map((each) => each['difference']).toSorted()).toEqual([-payoutOf(8), payoutOf(7)].toSorted())
    expect(await breaksOf(8)).toContainEqual(['missing_external', 'real', 'open', payoutOf(8)])
  })
})

describe('the waterfall of a payout', () => {
  const waterfallOf = async (fate: number): Promise<Json> => {
    const runs = await list('/v1/recon_runs?source=simulator')
    const run = runs.find((each) => each['business_date'] === days[fate + 1])
    return (await server.get(`/v1/recon_runs/${run?.['id']}/payout_waterfall`)).body
  }

  it('leads from the charges of the day over their fees to the payout, and to the line of the bank', async () => {
    const gross = sold(1)
    const fee = gross - payoutOf(1)

    expect(await waterfallOf(0)).toMatchObject({
      object: 'payout_waterfall',
      source: 'simulator',
      statements: [
        {
          currency: 'EUR',
          opening: payoutOf(0),
          steps: [
            { kind: 'charge', lines: 1, amount: gross },
            { kind: 'fees_withheld', lines: 1, amount: -fee },
          ],
          settled: gross - fee,
          paid_out: payoutOf(0),
          closing: payoutOf(1),
          unexplained: 0,
        },
      ],
      payouts: [{ amount: payoutOf(0), bank: { source: 'house-bank', amount: payoutOf(0) } }],
    })
  })

  it('names the break of a payout that came short or never', async () => {
    const [short] = await list('/v1/breaks?source=house-bank&code=payout_mismatch')
    const missing = (await list('/v1/breaks?source=house-bank&code=missing_external')).find(
      (each) => each['payout']?.['business_date'] === days[3],
    )

    expect((await waterfallOf(1))['payouts']).toMatchObject([
      { amount: payoutOf(1), bank: { amount: payoutOf(1) - 100 }, break: short?.['id'] },
    ])
    const [never] = Array.from((await waterfallOf(2))['payouts'] ?? [], (each: Json) => each)
    expect(never).toMatchObject({ amount: payoutOf(2), break: missing?.['id'] })
    expect(never).not.toHaveProperty('bank')
  })
})

const cli = async (...argv: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await runTestCli(argv, { api: server })
  expect(exitCode, stderr).toBe(0)
  return stdout
}

/** Where the line of the first pair of a run stands, as the command line takes it. */
const pairOf = async (run: Json): Promise<readonly string[]> => {
  const [match] = await list(`/v1/recon_runs/${run['id']}/matches`)
  return ['--file', String(match?.['theirs']?.['file']), '--line', String(match?.['theirs']?.['line'])]
}

/** What is open at the bank, and what has become of the first payout and of the payment in it. */
async function stateOfFirst() {
  const psp = (await list('/v1/recon_runs?source=simulator')).find((each) => each['business_date'] === days[1])
  const [payout] = (await server.get(`/v1/recon_runs/${psp?.['id']}/payout_waterfall`)).body['payouts'] ?? []
  const { body } = await server.get(`/v1/payments/${payments[0]}/whereabouts`)
  return {
    open: (await list('/v1/breaks?source=house-bank&state=open')).map((each) => each['id']),
    payout,
    bank: body['steps']?.at(-1)?.['state'],
    findings: (await server.get('/v1/ledger/invariants')).body['checks']?.filter((check) => check['ok'] !== true),
  }
}

describe('the runs of a bank', () => {
  const runOf = async (day: string | undefined): Promise<Json> => {
    const found = (await list('/v1/recon_runs?source=house-bank')).find((each) => each['business_date'] === day)
    if (found === undefined) throw new Error(`there is no run of ${day}`)
    return found
  }

  it('are one for each weekday that is over, and are proven to the cent', async () => {
    const runs = (await list('/v1/recon_runs?source=house-bank')).toReversed()
    const weekdays = runs.map((run) => Temporal.PlainDate.from(String(run['business_date'])).dayOfWeek)
    expect(weekdays.every((day) => day <= 5)).toBe(true)
    expect(runs.map((run) => run['failure'] ?? run['status'])).toEqual(runs.map(() => 'completed'))
    expect(runs.flatMap((run) => run['proof'] ?? []).filter((line) => line['unexplained'] !== 0)).toEqual([])
    expect(runs.map((run) => run['business_date'])).toEqual(
      expect.arrayContaining(days.slice(0, 12).filter((_, index) => index % 7 < 5)),
    )
    expect(runs.find((run) => run['business_date'] === days[7])).toMatchObject({ matched: 3, theirs: 1 })
  })

  it('leave in transit what has not arrived, the bank with what its statements say, and every invariant whole', async () => {
    const { body } = await server.get('/v1/ledger/trial_balance')
    const accounts = body['currencies']?.find((each) => each['currency'] === 'EUR')?.['accounts'] ?? []
    const balanceOf = (name: string): number =>
      Number(accounts.find((each) => each['account'] === name)?.['balance'] ?? 0)
    const arrivedLater = (await list('/v1/breaks?source=house-bank&state=open')).filter(
      (each) => each['code'] === 'payout_in_transit',
    )
    const waiting = arrivedLater.reduce((sum, each) => sum + Number(each['difference']), 0)
    expect(balanceOf('psp:simulator:in_transit')).toBe(100 + payoutOf(2) + payoutOf(8) + waiting)
    const statements = await list('/v1/settlement_files?source=house-bank')
    const newest = await server.get(`/v1/settlement_files/${statements[0]?.['id']}`)
    const closing = newest.body['statements']?.find((each) => each['currency'] === 'EUR')?.['closing']
    expect(balanceOf('bank:house-bank')).toBe(closing)
    expect(balanceOf('suspense:house-bank')).toBe(-(payoutOf(6) - payoutOf(7) + payoutOf(8)))
    const invariants = await server.get('/v1/ledger/invariants')
    expect(invariants.body['checks']?.filter((check) => check['ok'] !== true)).toEqual([])
  })

  it('keep their matches, each with the payout, the line and why', async () => {
    const run = await runOf(days[7])
    const matches = await list(`/v1/recon_runs/${run['id']}/matches`)

    expect(matches.map((each) => [each['rule'], each['payout']?.['business_date'], each['ours']?.['amount']])).toEqual(
      [3, 4, 5].map((fate) => ['joined', days[fate + 1], payoutOf(fate)]),
    )
    expect(matches[0]).toMatchObject({ theirs: { business_date: days[7], kind: 'entry', amount: payoutOf(3) } })
    expect(matches[0]?.['explanation']).toMatch(
      /^Matched by the PSP's reference \S+ of the payout of .* by simulator, /,
    )
    const short = await list(`/v1/recon_runs/${(await runOf(days[3]))['id']}/matches`)
    expect(short.map((each) => [each['code'], each['theirs']?.['amount']])).toEqual([
      ['payout_mismatch', payoutOf(1) - 100],
    ])
    expect(await list(`/v1/recon_runs/${run['id']}/matches?payment=${payments[0]}`)).toEqual([])
    expect(await list(`/v1/recon_runs/${run['id']}/matches?tolerated=true`)).toEqual([])
    const { text } = await server.get(`/v1/recon_runs/${run['id']}/matches.csv?rule=joined`)
    expect(text.split('\n').filter((line) => line.startsWith('joined,,,,'))).toHaveLength(3)
  })

  it('are the same byte for byte when they are computed again', async () => {
    for (const day of [days[3], days[4], days[7]]) {
      const { status, body } = await server.post(`/v1/recon_runs/${(await runOf(day))['id']}/verify`, {})
      expect([status, body['identical'], body['report']?.['intact']]).toEqual([200, true, true])
    }
  })

  it('are written down in a report, with the settings of the bank and what changed', async () => {
    const run = await runOf(days[3])
    const report = JSON.parse((await server.get(`/v1/recon_runs/${run['id']}/report`)).text)
    expect(report).toMatchObject({
      settings: { psps: ['simulator'], lag_days: 1, references: 'remittance' },
      totals: { matched: 0, booked: 1 },
      outcome: {
        sha256: expect.stringMatching(/^[\da-f]{64}$/),
        verdict_sha256: expect.stringMatching(/^[\da-f]{64}$/),
      },
    })
    const changes = (await server.get(`/v1/recon_runs/${run['id']}/changes`)).body['changes'] as readonly Json[]
    expect(changes.map((each) => [each['change'], each['code'], each['amount']])).toContainEqual([
      'opened',
      'payout_mismatch',
      100,
    ])
  })

  it('can be tried, with what they read or with another lag, and nothing is changed', async () => {
    const dry = (request: Record<string, unknown>): ReturnType<TestServer['post']> =>
      server.post('/v1/recon_runs', { source: 'house-bank', dry_run: true, ...request })
    const run = await runOf(days[3])

    const same = await dry({ business_date: days[3] })
    expect(same.body).toMatchObject({
      ours: run['ours'],
      theirs: run['theirs'],
      matched: run['matched'],
      breaks: run['breaks'],
    })
    expect(same.body['proof']).toEqual(run['proof'])
    const patient = await dry({ business_date: days[4], settings: { lag_days: 5 } })
    const codes = (patient.body['waterfall'] as readonly Json[]).map((each) => each['code'])
    expect([patient.body['settings']?.['lag_days'], codes]).toEqual([
      5,
      expect.not.arrayContaining(['missing_external']),
    ])
    expect(await runOf(days[3])).toEqual(run)

    const later = await dry({ business_date: days[19] })
    expect([later.status, String(later.body['detail'])]).toEqual([422, expect.stringContaining('comes first')])
    const grace = await dry({ business_date: days[3], settings: { grace_minutes: 5 } })
    expect([grace.status, grace.body['errors']?.[0]?.['pointer']]).toEqual([422, '/settings/grace_minutes'])
    const file = await dry({ business_date: days[3], file: `sf_${'0'.repeat(32)}` })
    expect([file.status, file.body['errors']?.[0]?.['pointer']]).toEqual([422, '/file'])
  })

  it('read no file of a PSP, and refuse to tell what led to a payout', async () => {
    const [run] = await list('/v1/recon_runs?source=house-bank&status=completed')
    const { status, body } = await server.get(`/v1/recon_runs/${run?.['id']}/payout_waterfall`)
    expect([status, body['code']]).toEqual([409, 'run_state'])
    expect(body['detail']).toBe('The run is completed and is one of a bank: ask for that of the PSP.')
  })

  it('are among the metrics that must read 0', async () => {
    const { text } = await server.get('/metrics')
    expect(text).toContain('tallystick_recon_run_failed{source="house-bank"} 0')
    expect(text).toContain('tallystick_recon_unexplained_minor_units{source="house-bank",currency="EUR"} 0')
  })

  it('are refused for a day on which the bank rests', async () => {
    const { status, body } = await server.post('/v1/recon_runs', { source: 'house-bank', business_date: days[5] })
    expect([status, body['code']]).toEqual([422, 'invalid_request'])
    expect(String(body['detail'])).toContain('is no business day of house-bank')
  })

  it('leave breaks that people resolve, with a preview and a second person, and put back', async () => {
    const [missing] = await list('/v1/breaks?source=house-bank&code=missing_external')
    const path = `/v1/breaks/${missing?.['id']}/resolutions`
    const request = { verb: 'write_off', reason: 'uncollectable' }

    const preview = await server.post(path, { ...request, dry_run: true })
    expect([preview.status, preview.body['needs_approval']], preview.text).toEqual([200, true])
    expect(preview.text).toContain('psp:simulator:in_transit')
    const { status, body } = await server.post(path, request)
    expect([status, body['state']]).toEqual([201, 'proposed'])
    const refused = await server.post(path, { verb: 'correct', reason: 'wrong_amount' })
    expect([refused.status, refused.body['code']]).toEqual([409, 'break_state'])
    const other = await server.post(
      `/v1/breaks/${(await list('/v1/breaks?code=payout_mismatch'))[0]?.['id']}/resolutions`,
      {
        verb: 'correct',
        reason: 'wrong_amount',
      },
    )
    expect([other.status, other.body['code']]).toEqual([422, 'break_not_resolvable'])
    expect(other.body['detail']).toContain('is about charges')
  })

  it('have their pairs taken apart by the command line, and put together again', async () => {
    const run = await runOf(days[2])
    const asked = ['runs', 'unmatch', String(run['id']), ...(await pairOf(run)), '--reason', 'wrong_pair']
    const before = await stateOfFirst()

    const preview = await cli(...asked, '--dry-run')
    const shown = `${(payoutOf(0) / 100).toFixed(2)} EUR`
    expect(preview.trimEnd().split('\n')).toEqual([
      `psp:simulator:in_transit\t${shown}\t`,
      `suspense:house-bank\t\t${shown}`,
    ])
    expect(await stateOfFirst()).toEqual(before)
    await cli(...asked)

    const [resolution] = await list('/v1/resolutions?state=applied')
    const breaks = await Promise.all(
      Array.from((resolution?.['breaks'] ?? []) as string[], async (id) => (await server.get(`/v1/breaks/${id}`)).body),
    )
    expect(breaks.map((each) => [each['code'], each['difference']]).toSorted()).toEqual([
      ['missing_external', payoutOf(0)],
      ['missing_internal', -payoutOf(0)],
    ])
    const payout = breaks.find((each) => each['code'] === 'missing_external')
    const apart = await stateOfFirst()
    expect(apart).toMatchObject({ bank: 'in_transit', payout: { break: payout?.['id'] }, findings: [] })
    expect(apart.payout).not.toHaveProperty('bank')
    const verified = await server.post(`/v1/recon_runs/${run['id']}/verify`, {})
    expect([verified.body['identical'], await runOf(days[2])]).toEqual([true, run])

    await cli('breaks', 'undo', String(resolution?.['id']), '--reason', 'By mistake.')
    expect(await stateOfFirst()).toEqual(before)
  })

  it('have payouts that share a line taken out of it as a whole, by two people above the threshold', async () => {
    const run = await runOf(days[7])
    const [, file, , line] = await pairOf(run)
    const request = { file, line: Number(line), reason: 'wrong_pair', dry_run: true }

    const { status, body, text } = await server.post(`/v1/recon_runs/${run['id']}/unmatches`, request)

    expect([status, body['needs_approval']], text).toEqual([200, true])
    const sum = payoutOf(3) + payoutOf(4) + payoutOf(5)
    expect(body['entry']?.['postings']).toMatchObject([
      { account: 'psp:simulator:in_transit', direction: 'debit', amount: sum },
      { account: 'suspense:house-bank', direction: 'credit', amount: sum },
    ])
  })

  it('end the way of the money', async () => {
    const { body } = await server.get(`/v1/payments/${payments[0]}/whereabouts`)
    expect(body['sentence']).toContain(`came to house-bank on ${days[2]}`)
    expect(body['steps']?.at(-1)).toMatchObject({ step: 'bank', state: 'arrived' })
    const missing = await server.get(`/v1/payments/${payments[2]}/whereabouts`)
    expect(missing.body['steps']?.at(-1)).toMatchObject({ step: 'bank', state: 'in_transit' })
  })
})

describe('a statement that was wrong', () => {
  const open = async (): Promise<readonly (readonly unknown[])[]> =>
    (await list('/v1/breaks?source=house-bank&state=open'))
      .filter((each) => each['code'] !== 'payout_in_transit')
      .map((each) => [each['code'], each['payout']?.['business_date'], each['difference']])
      .toSorted()
  const findings = async (): Promise<readonly Json[]> =>
    (await server.get('/v1/ledger/invariants')).body['checks']?.filter((check) => check['ok'] !== true) ?? []

  const withdraw = async (file: unknown, reason: string): Promise<void> => {
    const { status, text } = await server.post(`/v1/settlement_files/${file}/withdraw`, { reason })
    expect(status, text).toBe(200)
  }
  const upload = async (bytes: string): Promise<void> => {
    const headers = { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/octet-stream' }
    const { status, text } = await server.send('POST', '/v1/settlement_files?source=house-bank', headers, bytes)
    expect(status, text).toBe(201)
  }

  it('is undone when it is withdrawn, and done again when it comes back', { timeout: 60_000 }, async () => {
    const before = await open()
    const file = (await list('/v1/settlement_files?source=house-bank')).find(
      (each) => each['business_date'] === days[2],
    )
    const bytes = (await server.get(`/v1/settlement_files/${file?.['id']}/content`)).text
    await withdraw(file?.['id'], 'of another account')
    await advance({ days: 3 })

    expect(await open()).toEqual([...before, ['missing_external', days[1], payoutOf(0)]].toSorted())
    expect(await findings()).toEqual([])

    await upload(bytes)
    await advance({ days: 3 })

    expect(await open()).toEqual(before)
    expect(await findings()).toEqual([])
    const { body } = await server.get(`/v1/payments/${payments[0]}/whereabouts`)
    expect(body['steps']?.at(-1)).toMatchObject({ state: 'arrived' })
  })

  it('leaves its lines to another statement that told them as well, and to that one alone when it comes back', {
    timeout: 60_000,
  }, async () => {
    const before = await open()
    const file = (await list('/v1/settlement_files?source=house-bank')).find(
      (each) => each['business_date'] === days[2] && each['status'] === 'accepted',
    )
    const bytes = (await server.get(`/v1/settlement_files/${file?.['id']}/content`)).text
    await upload(bytes.replace(/<ElctrncSeqNb>\d+/, '<ElctrncSeqNb>9001'))
    await withdraw(file?.['id'], 'of another account')
    await advance({ days: 3 })

    expect(await open()).toEqual(before)
    expect(await findings()).toEqual([])
    const { body } = await server.get(`/v1/payments/${payments[0]}/whereabouts`)
    expect(body['steps']?.at(-1)).toMatchObject({ state: 'arrived' })

    await upload(bytes)
    await advance({ days: 3 })
    expect(await open()).toEqual(before)
    expect(await findings()).toEqual([])
  })
})
