import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBook } from '../src/psp/simulator/testing.ts'
import { type Json, paymentBody, startTestServer, type TestServer } from './support/server.ts'

/**
 * Every magic amount through the nights, started on every day of the week, over HTTP. The table is the published one:
 * what stands here is all that happens, and no other break may appear.
 */

type Row = {
  readonly digits: number
  readonly order: 'captured' | 'failed'
  /** Where the seller's money ends. */
  readonly wallet: 'available' | 'pending' | 'none'
  /** The break that the run of the day finds. */
  readonly found?: Found
  /** What it is after all nights, when not as it was found. */
  readonly end?: Partial<Found>
}
type Found = {
  readonly code: string
  readonly class: 'temporary' | 'real'
  readonly state: 'open' | 'cleared'
  readonly difference?: (amount: number) => number
}

const real = (code: string, difference?: (amount: number) => number): Found => ({
  code,
  class: 'real',
  state: 'open',
  ...(difference && { difference }),
})
const temporary = (code: string): Found => ({ code, class: 'temporary', state: 'open', difference: (amount) => amount })
const fee = (amount: number): number => Math.floor((amount * 29 + 500) / 1_000) + 30

const TABLE: readonly Row[] = [
  { digits: 41, order: 'captured', wallet: 'available' },
  { digits: 42, order: 'failed', wallet: 'none' },
  { digits: 43, order: 'captured', wallet: 'available' },
  { digits: 44, order: 'captured', wallet: 'available' },
  { digits: 45, order: 'captured', wallet: 'available' },
  { digits: 46, order: 'captured', wallet: 'available' },
  { digits: 50, order: 'captured', wallet: 'available', found: real('missing_internal', () => -1_234) },
  {
    digits: 51,
    order: 'captured',
    wallet: 'pending',
    found: temporary('awaiting_settlement'),
    end: { code: 'missing_external', class: 'real' },
  },
  {
    digits: 52,
    order: 'captured',
    wallet: 'available',
    found: temporary('awaiting_settlement'),
    end: { state: 'cleared' },
  },
  { digits: 53, order: 'captured', wallet: 'available', found: real('duplicate_external', (amount) => -amount) },
  { digits: 54, order: 'captured', wallet: 'pending', found: real('amount_mismatch', () => 100) },
  { digits: 55, order: 'captured', wallet: 'available', found: real('fee_mismatch', (amount) => -9 * fee(amount)) },
  { digits: 56, order: 'captured', wallet: 'pending', found: real('currency_mismatch') },
  { digits: 57, order: 'captured', wallet: 'available' },
  { digits: 58, order: 'captured', wallet: 'pending', found: real('status_mismatch', (amount) => amount) },
  // Two of a day share a line.
  { digits: 59, order: 'captured', wallet: 'available' },
  { digits: 159, order: 'captured', wallet: 'available' },
  {
    digits: 60,
    order: 'captured',
    wallet: 'available',
    found: temporary('cutoff_straddle'),
    end: { state: 'cleared' },
  },
]

// Minor units of two, none and three decimals; the euro, because 56 settles in it.
const CURRENCIES = ['USD', 'EUR', 'JPY', 'KWD', 'BRL', 'EUR', 'USD']

type Made = {
  readonly row: Row
  readonly day: string
  readonly id: string
  readonly amount: number
  readonly currency: string
}

let server: TestServer
const made: Made[] = []
/** The breaks as they stood after each night, by the day of the run. */
const seen = new Map<string, Json[]>()

const advanceDay = async (): Promise<void> => {
  const { status, text } = await server.post('/v1/test/clock/advance', { days: 1 })
  expect(status, text).toBe(200)
}

const list = async (path: string): Promise<Json[]> => {
  const items: Json[] = []
  for (let cursor = ''; ; ) {
    const { body } = await server.get(`${path}${path.includes('?') ? '&' : '?'}limit=200${cursor}`)
    items.push(...(body['data'] ?? []))
    if (body['has_more'] !== true) return items
    cursor = `&cursor=${encodeURIComponent(String(body['next_cursor']))}`
  }
}

const today = async (): Promise<string> => String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)

/** Everything of the table, in one currency, today. */
async function buyEverything(weekday: number): Promise<void> {
  const currency = CURRENCIES[weekday] ?? 'USD'
  const day = await today()
  for (const row of TABLE) {
    const amount = (weekday + 11) * 100 + row.digits
    const seller = `${day} ${row.digits}`
    const { status, body, text } = await server.post(
      '/v1/payments',
      paymentBody({ currency, payment_method: 'pm_test_magic', orders: [{ seller, amount }] }),
    )
    expect(status, text).toBe(201)
    made.push({ row, day, id: String(body['id']), amount, currency })
  }
}

beforeAll(async () => {
  server = await startTestServer()
  for (let weekday = 0; weekday < 7; weekday += 1) {
    await buyEverything(weekday)
    const day = await today()
    await advanceDay()
    seen.set(day, await list('/v1/breaks'))
  }
  await advanceDay()
  await advanceDay()
}, 240_000)
afterAll(() => server.stop())

/** The breaks about a payment: by its record, or by a line under its charge, or by the foreign line beside it. */
async function breaksOf(breaks: readonly Json[], payment: Made): Promise<Json[]> {
  const { body } = await server.get(`/v1/payments/${payment.id}`)
  const charge = body['orders']?.[0]?.['psp_reference']
  return breaks.filter(
    (each) =>
      each['ours']?.['payment'] === payment.id ||
      (charge !== undefined && each['theirs']?.['psp_reference'] === charge) ||
      (payment.row.digits === 50 &&
        each['business_date'] === payment.day &&
        String(each['theirs']?.['reference']).startsWith('foreign_')),
  )
}

const shown = (breaks: readonly Json[]) =>
  breaks.map((each) => ({
    code: each['code'],
    class: each['class'],
    state: each['state'],
    difference: each['difference'],
  }))

const expected = (found: Found | undefined, amount: number) =>
  found === undefined
    ? []
    : [{ code: found.code, class: found.class, state: found.state, difference: found.difference?.(amount) }]

describe('a magic amount', () => {
  it.each(TABLE)('$digits is found as promised in the run of its own day, on every day of the week', async (row) => {
    for (const payment of made.filter((each) => each.row === row)) {
      const breaks = await breaksOf(seen.get(payment.day) ?? [], payment)
      expect(shown(breaks), `${payment.day} ${payment.currency}`).toEqual(expected(row.found, payment.amount))
    }
  })

  it.each(TABLE)('$digits ends as promised after the nights, on every day of the week', async (row) => {
    const breaks = await list('/v1/breaks')
    for (const payment of made.filter((each) => each.row === row)) {
      const end = row.found && { ...row.found, ...row.end }
      expect(shown(await breaksOf(breaks, payment)), payment.day).toEqual(expected(end, payment.amount))
      const { body } = await server.get(`/v1/payments/${payment.id}`)
      expect(body['orders']?.[0]?.['status']).toBe(row.order)
    }
  })

  it.each(TABLE)("$digits leaves the seller's money where it belongs", async (row) => {
    for (const payment of made.filter((each) => each.row === row)) {
      const { body } = await server.get(`/v1/wallets/${encodeURIComponent(`${payment.day} ${row.digits}`)}`)
      const balance = body['balances']?.[0]
      const money = { pending: balance?.['pending'] ?? 0, available: balance?.['available'] ?? 0 }
      expect(money, payment.day).toEqual({
        pending: row.wallet === 'pending' ? payment.amount : 0,
        available: row.wallet === 'available' ? payment.amount : 0,
      })
    }
  })
})

describe('the nights together', () => {
  it('find no other break than those of the table', async () => {
    const breaks = await list('/v1/breaks')
    expect(breaks).toHaveLength(7 * TABLE.filter(({ found }) => found !== undefined).length)
  })

  it('run once for each day, in order, and are proven to the cent', async () => {
    const runs = await list('/v1/recon_runs')
    expect(runs).toHaveLength(9)
    for (const run of runs) {
      expect(run).toMatchObject({ source: 'simulator', status: 'completed' })
      for (const line of run['proof'] ?? []) {
        expect(line['unexplained'], `${run['business_date']} ${line['currency']}`).toBe(0)
        expect(line['ours']).toBe(Number(line['theirs']) + Number(line['explained']))
      }
    }
    const days = runs.map((run) => String(run['business_date']))
    expect(days).toEqual(days.toSorted().toReversed())
    expect(new Set(days).size).toBe(9)
  })

  it('give a promoted break one promotion, on its due date, and a history of every run that touched it', async () => {
    const missing = (await list('/v1/breaks?code=missing_external'))[0]
    const { body } = await server.get(`/v1/breaks/${missing?.['id']}`)
    const events = body['events'] ?? []
    expect(events.filter((event) => event['kind'] === 'promoted')).toHaveLength(1)
    expect(events.find((event) => event['kind'] === 'promoted')?.['business_date']).toBe(body['due_on'])
    expect(events[0]?.['kind']).toBe('opened')
    expect(String(body['explanation'])).toContain('is in no file of simulator')
  })

  it('end with every order of the book captured with us, and 42 in neither', async () => {
    const book = await readBook(server.simulator.url)
    expect(book).toHaveLength(7 * (TABLE.length - 1))
    expect(book.every((charge) => charge.status === 'captured')).toBe(true)
  })

  it('leave the receivable control, every invariant and the hash chains whole', async () => {
    const invariants = await server.get('/v1/ledger/invariants')
    expect(invariants.body['checks']?.filter((check) => check['ok'] !== true)).toEqual([])
    expect((await server.get('/v1/ledger/verification')).body).toMatchObject({ ok: true, findings: [] })
  })

  it('pay out each day what the day before closed with', async () => {
    const files = await list('/v1/settlement_files')
    const statements = new Map<string, Map<string, Json>>()
    for (const file of files) {
      const { body } = await server.get(`/v1/settlement_files/${file['id']}`)
      statements.set(
        String(body['business_date']),
        new Map((body['statements'] ?? []).map((each) => [String(each['currency']), each])),
      )
    }
    const days = [...statements.keys()].toSorted()
    for (const [index, day] of days.entries()) {
      const before = statements.get(days[index - 1] ?? '')
      for (const [currency, statement] of statements.get(day) ?? []) {
        expect(statement['opening'], `${day} ${currency}`).toBe(before?.get(currency)?.['closing'] ?? 0)
        expect(statement['control']).toMatchObject({ status: 'pass' })
      }
    }
  })

  it('tell where the money is, from the click to the way to the bank', async () => {
    const payment = made.find(({ row }) => row.digits === 41)
    const { body } = await server.get(`/v1/payments/${payment?.id}/whereabouts`)
    expect(body['sentence']).toMatch(/settled in the file of .*available balance of 1 seller.*on its way to the bank/)
    expect(body['steps']?.map((step) => [step['step'], step['state']])).toEqual([
      ['event', 'stored'],
      ['order', 'succeeded'],
      ['charge', 'captured'],
      ['wallet', 'available'],
      ['ledger', 'booked'],
      ['settlement', 'settled'],
      ['bank', 'in_transit'],
    ])
  })
})
