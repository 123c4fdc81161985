import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatMinor } from '../../../money/index.ts'
import { aCharge } from '../../contract.ts'
import { callSimulator, readBook } from '../testing.ts'
import { DAY_MS, isoDay } from './days.ts'
import { feeOf } from './settlement-lines.ts'
import { idOf, lines, linesFor, magic, type Nights, startNights } from './testing.ts'

describe('The settlement file', () => {
  let nights: Nights
  beforeEach(async () => {
    nights = await startNights()
  })
  afterEach(() => nights.end())

  it.each([
    [50n, 2, { status: 'captured' }],
    [53n, 2, { status: 'captured' }],
    [54n, 1, { gross: '99.54', fee: '3.22', net: '96.32' }],
    [55n, 1, { gross: '100.55', fee: '32.20', net: '68.35' }],
    [58n, 1, { gross: '0.00', fee: '0.00', net: '0.00', status: 'refunded' }],
    [59n, 1, { gross: '100.59', fee: '3.22', status: 'captured' }],
    [62n, 1, { gross: '100.62', fee: '3.22', status: 'captured' }],
    [41n, 1, { gross: '100.41', status: 'captured' }],
    [43n, 1, { gross: '100.43', status: 'captured' }],
    [44n, 1, { gross: '100.44', status: 'captured' }],
    [45n, 1, { gross: '100.45', status: 'captured' }],
  ])('has of …%s its planted fault and nothing else', async (digits, count, expected) => {
    const day = await nights.toNoon()
    const request = magic(10_000n + digits)
    await nights.psp().charge(request)
    const [charge] = await readBook(nights.url())
    await nights.endDay(day)

    const found = lines(await nights.rowsOf(day))

    expect(found).toHaveLength(count)
    expect(found[0]).toMatchObject({
      psp_reference: charge?.id,
      reference: request.reference,
      currency: request.currency,
      occurred_at: charge?.occurred_at,
      ...expected,
    })
    if (digits === 53n) expect(found[1]).toEqual(found[0])
    if (digits === 50n) {
      expect(found[1]).toMatchObject({ gross: '12.34', fee: '0.66', occurred_at: charge?.occurred_at })
      expect(found[1]?.['reference']).toMatch(/^foreign_\w+$/)
      expect(found[1]?.['psp_reference']).toMatch(/^ch_foreign_\w+$/)
      const foreign = await callSimulator(nights.url(), 'GET', `/charges/${found[1]?.['psp_reference']}`)
      expect(foreign.status).toBe(404)
    }
  })

  it('has of …42 nothing', async () => {
    const day = await nights.toNoon()
    await nights.psp().charge(magic(10_042n))
    await nights.endDay(day)

    expect((await nights.rowsOf(day)).map((row) => row['record'])).toEqual(['file', 'end'])
  })

  it('has of …51 nothing, on no day', async () => {
    const day = await nights.toNoon()
    const request = magic(10_051n)
    await nights.psp().charge(request)
    for (const each of [day, day + 1, day + 2]) await nights.endDay(each)

    const files = await Promise.all([day, day + 1, day + 2].map(nights.rowsOf))

    expect(files.flatMap((rows) => linesFor(rows, request))).toEqual([])
  })

  it('has …52 a day late with its own stamp', async () => {
    const day = await nights.toNoon()
    const request = magic(10_052n)
    const outcome = await nights.psp().charge(request)
    for (const each of [day, day + 1]) await nights.endDay(each)

    expect(linesFor(await nights.rowsOf(day), request)).toEqual([])
    const stamp = outcome.outcome === 'captured' ? outcome.occurredAt.toISOString() : ''
    expect(linesFor(await nights.rowsOf(day + 1), request)).toMatchObject([{ occurred_at: stamp, gross: '100.52' }])
  })

  it.each([
    ['GBP', 'EUR'],
    ['EUR', 'USD'],
    ['JPY', 'EUR'],
  ])('has …56 of %s in %s, with the same minor units', async (currency, other) => {
    const day = await nights.toNoon()
    const request = magic(10_056n, { currency })
    await nights.psp().charge(request)
    await nights.endDay(day)

    const rows = await nights.rowsOf(day)

    expect(linesFor(rows, request)).toMatchObject([{ currency: other, gross: '100.56', fee: '3.22' }])
    expect(rows.filter((row) => row['record'] === 'opening')).toHaveLength(1)
  })

  it('has …57 under its own identifier and a reference that is nobody’s', async () => {
    const day = await nights.toNoon()
    const request = magic(10_057n)
    const outcome = await nights.psp().charge(request)
    await nights.endDay(day)

    const [line] = lines(await nights.rowsOf(day))

    expect(line).toMatchObject({ psp_reference: idOf(outcome), gross: '100.57' })
    expect(line?.['reference']).toBe(`~${[...request.reference].reverse().join('')}~`)
  })

  it('has one line for …59 and the next one of the day and currency, and the third by itself', async () => {
    const day = await nights.toNoon()
    const requests = [
      magic(10_059n),
      magic(20_059n, { currency: 'JPY' }),
      magic(30_059n),
      aCharge('pm_test_visa', { amount: 40_059n }),
      magic(50_059n),
    ]
    const outcomes = []
    for (const request of requests) outcomes.push(await nights.psp().charge(request))
    await nights.endDay(day)

    const found = lines(await nights.rowsOf(day))

    const [first, yen, second, visa, third] = requests.map(({ reference }) => reference)
    const ids = outcomes.map(idOf)
    expect(found.map((row) => [row['reference'], row['psp_reference'], row['gross'], row['fee']])).toEqual([
      [`${first} ${second}`, `${ids[0]} ${ids[2]}`, '401.18', '12.24'],
      [visa, ids[3], '400.59', '11.92'],
      [third, ids[4], '500.59', '14.82'],
      [yen, ids[1], '20059', '612'],
    ])
  })

  it('has …60 a day late, stamped after midnight, and in order with the others', async () => {
    const day = await nights.toNoon()
    const request = magic(10_060n)
    await nights.psp().charge(request)
    const ordinary = aCharge('pm_test_visa')
    await nights.moveTo((day + 1) * DAY_MS + 1_000)
    await nights.psp().charge(ordinary)
    await nights.endDay(day + 1)

    expect(linesFor(await nights.rowsOf(day), request)).toEqual([])
    const found = lines(await nights.rowsOf(day + 1))
    expect(found.map((row) => row['reference'])).toEqual([ordinary.reference, request.reference])
    expect(found[1]?.['occurred_at']).toBe(`${isoDay(day + 1)}T00:00:30.000Z`)
  })

  it('keeps a gross of at least one minor unit of …54', async () => {
    const day = await nights.toNoon()
    await nights.psp().charge(magic(54n, { currency: 'EUR' }))
    await nights.endDay(day)

    expect((await nights.rowsOf(day)).find((row) => row['record'] === 'line')).toMatchObject({
      gross: '0.01',
      fee: '0.32',
    })
  })

  it('plants no fault with any other token', async () => {
    const day = await nights.toNoon()
    const requests = [50n, 51n, 52n, 53n, 54n, 55n, 56n, 57n, 58n, 59n, 59n, 60n].map((digits) =>
      aCharge('pm_test_visa', { amount: 10_000n + digits }),
    )
    for (const request of requests) await nights.psp().charge(request)
    await nights.endDay(day)

    const rows = await nights.rowsOf(day)

    for (const request of requests)
      expect(linesFor(rows, request)).toMatchObject([{ gross: formatMinor(request.amount, request.currency) }])
  })

  it('ends the silence about …45', async () => {
    const day = await nights.toNoon()
    const request = magic(10_045n)
    await nights.psp().charge(request)
    const before = await nights.psp().lookUp(request.reference)
    await nights.endDay(day)

    expect(before.outcome).toBe('unknown')
    expect(await nights.psp().lookUp(request.reference)).toMatchObject({ outcome: 'captured', amount: 10_045n })
  })
})

describe('The fee', () => {
  it.each([
    [1n, 30n],
    [17n, 30n],
    [18n, 31n], // 0.522, half up
    [500n, 45n], // 14.5, half up
    [10_000n, 320n],
    [9_007_199_254_740_991n, 261_208_778_387_519n],
  ])('of %s minor units is %s', (gross, fee) => {
    expect(feeOf(gross)).toBe(fee)
  })
})
