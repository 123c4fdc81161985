import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../../test/support/wait-for.ts'
import { simulatorCsv } from '../../../settlement/formats/simulator-csv.ts'
import { aCharge } from '../../contract.ts'
import { callSimulator } from '../testing.ts'
import { DAY_MS, isoDay } from './days.ts'
import { type BookRecord, encodeLine } from './records.ts'
import {
  appendRecord,
  aRecord,
  bytesOf,
  idOf,
  linesFor,
  magic,
  type Nights,
  recordsOf,
  startNights,
} from './testing.ts'

const COLUMNS = 'record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines'

describe('The settlement file', () => {
  let nights: Nights
  beforeEach(async () => {
    nights = await startNights()
  })
  afterEach(() => nights.end())

  it('of an empty day is a frame without sections', async () => {
    const day = await nights.toNoon()
    const { body: health } = await callSimulator(nights.url(), 'GET', '/healthz')

    await nights.endDay(day)

    const reference = `SIM-${health['book']}-${isoDay(day).replaceAll('-', '')}`
    expect(await nights.textOf(day)).toBe(
      `${COLUMNS}\nfile,${isoDay(day)},,,${reference},,,,,,${isoDay(day + 1)}T00:00:00.000Z,0\nend,,,,,,,,,,,0\n`,
    )
  })

  it('has a section for each currency, with the decimals of each', async () => {
    const day = await nights.toNoon()
    const requests = [
      aCharge('pm_test_visa', { amount: 1_234n, currency: 'JPY' }),
      aCharge('pm_test_visa', { amount: 1_234n, currency: 'EUR' }),
      aCharge('pm_test_visa', { amount: 123_456n, currency: 'KWD' }),
    ]
    for (const request of requests) await nights.psp().charge(request)
    await nights.endDay(day)

    const rows = await nights.rowsOf(day)

    expect(rows.filter((row) => row['record'] === 'opening').map((row) => [row['currency'], row['net']])).toEqual([
      ['EUR', '0.00'],
      ['JPY', '0'],
      ['KWD', '0.000'],
    ])
    expect(rows.filter((row) => row['record'] === 'line')).toMatchObject([
      { currency: 'EUR', gross: '12.34', fee: '0.66', net: '11.68', kind: 'charge', status: 'captured' },
      { currency: 'JPY', gross: '1234', fee: '66', net: '1168' },
      { currency: 'KWD', gross: '123.456', fee: '3.610', net: '119.846' },
    ])
    expect(rows.filter((row) => row['record'] === 'closing').map((row) => row['net'])).toEqual([
      '11.68',
      '1168',
      '119.846',
    ])
  })

  it('pays out the balance with which its day began, and opens where the last one closed', async () => {
    const day = await nights.toNoon()
    await nights.psp().charge(aCharge('pm_test_visa', { amount: 10_000n, currency: 'EUR' }))
    await nights.moveTo((day + 1) * DAY_MS + DAY_MS / 2)
    await nights.psp().charge(aCharge('pm_test_visa', { amount: 5_000n, currency: 'EUR' }))
    for (const each of [day + 1, day + 2, day + 3]) await nights.endDay(each)

    const files = await Promise.all([day, day + 1, day + 2, day + 3].map(nights.rowsOf))

    const balances = files.map((rows) =>
      ['opening', 'closing'].map((name) => rows.find((row) => row['record'] === name)?.['net']),
    )
    const payouts = files.map((rows) => rows.filter((row) => row['kind'] === 'payout' && row['record'] === 'line'))
    expect(balances).toEqual([
      ['0.00', '96.80'],
      ['96.80', '48.25'],
      ['48.25', '0.00'],
      ['0.00', '0.00'],
    ])
    expect(
      payouts.map((lines) => lines.map((line) => [line['gross'], line['fee'], line['net'], line['status']])),
    ).toEqual([[], [['-96.80', '0.00', '-96.80', 'paid']], [['-48.25', '0.00', '-48.25', 'paid']], []])
    expect(payouts[1]?.[0]?.['occurred_at']).toBe(`${isoDay(day + 1)}T23:59:59.999Z`)
    expect(new Set(payouts.flat().map((line) => line['psp_reference'])).size).toBe(2)
    expect(files[1]?.map((row) => row['record'])).toEqual(
      ['file', 'opening', 'line', 'line', 'total', 'total', 'closing', 'end'], // the payout is the last line
    )
  })

  it('has what was captured: a part of an authorisation, on the day of the capture', async () => {
    const day = await nights.toNoon()
    const request = aCharge('pm_test_visa', { amount: 10_000n, currency: 'EUR', capture: 'manual' })
    const pspReference = idOf(await nights.psp().charge(request))
    await nights.moveTo((day + 1) * DAY_MS + DAY_MS / 2)
    await nights.psp().capture({ ...request, key: `${request.key}-c`, amount: 2_500n, pspReference })
    await nights.endDay(day + 1)

    expect(linesFor(await nights.rowsOf(day), request)).toEqual([])
    expect(linesFor(await nights.rowsOf(day + 1), request)).toMatchObject([
      { psp_reference: pspReference, gross: '25.00', fee: '1.03' },
    ])
  })

  it('has nothing of what was declined, voided, only authorised or is pending', async () => {
    const day = await nights.toNoon()
    const authorised = aCharge('pm_test_visa', { capture: 'manual' })
    const pspReference = idOf(await nights.psp().charge(authorised))
    await nights.psp().void({ ...authorised, key: `${authorised.key}-v`, pspReference })
    for (const request of [
      aCharge('pm_test_declined'),
      aCharge('pm_test_3ds'),
      aCharge('pm_test_visa', { capture: 'manual' }),
    ])
      await nights.psp().charge(request)
    await nights.endDay(day)

    expect((await nights.rowsOf(day)).map((row) => row['record'])).toEqual(['file', 'end'])
  })

  it('quotes references with commas and quotes', async () => {
    const day = await nights.toNoon()
    const request = aCharge('pm_test_visa', { reference: 'a,"b", ü' })
    await nights.psp().charge(request)
    await nights.endDay(day)

    expect(await nights.textOf(day)).toContain(',"a,""b"", ü",captured,')
    expect(linesFor(await nights.rowsOf(day), request)).toHaveLength(1)
  })

  it('carries a balance below zero on, and pays nothing out of it', async () => {
    const day = await nights.toNoon()
    await nights.psp().charge(aCharge('pm_test_visa', { amount: 1n, currency: 'EUR' }))
    for (const each of [day, day + 1]) await nights.endDay(each)

    const rows = await nights.rowsOf(day + 1)

    expect(rows.map((row) => [row['record'], row['net']])).toEqual([
      ['file', ''],
      ['opening', '-0.29'],
      ['closing', '-0.29'],
      ['end', ''],
    ])
  })

  it('is there at midnight, which is when something is due', async () => {
    const day = await nights.toNoon()
    const midnight = (day + 1) * DAY_MS
    const { due } = await nights.clock()
    // Far enough before midnight that a slow machine is still on this side of it.
    await nights.moveTo(midnight - 60_000)
    const before = await nights.psp().settlementFiles?.fetch(isoDay(day))
    await nights.moveTo(midnight)
    const after = await nights.psp().settlementFiles?.fetch(isoDay(day))
    for await (const _ of after?.bytes ?? []);

    expect([due, before]).toEqual([midnight, undefined])
    expect(after?.name).toBe(`settlement_${isoDay(day)}.csv`)
    expect((await nights.clock()).due).toBe(midnight + DAY_MS)
  })

  it('is listed with its name, its instant and its lines, newest first', async () => {
    const day = await nights.toNoon()
    await nights.psp().charge(magic(10_053n))
    for (const each of [day, day + 1]) await nights.endDay(each)

    const { body } = await callSimulator(nights.url(), 'GET', `/settlement_files?from=${isoDay(day)}`)
    const { body: all } = await callSimulator(nights.url(), 'GET', '/settlement_files')

    const view = (of: number, lines: number): Record<string, unknown> => ({
      business_date: isoDay(of),
      name: `settlement_${isoDay(of)}.csv`,
      ready_at: `${isoDay(of + 1)}T00:00:00.000Z`,
      lines,
    })
    expect(body).toEqual({
      first_business_date: await nights.psp().settlementFiles?.firstBusinessDate(),
      data: [view(day + 1, 1), view(day, 2)],
    })
    expect(all['data']).toEqual([...(body['data'] as unknown[]), view(day - 1, 0)])
  })

  it('is one of at most 400 that are listed', async () => {
    const day = await nights.toNoon()
    await nights.endDay(day + 500)

    const { body } = await callSimulator(nights.url(), 'GET', '/settlement_files')

    const dates = (body['data'] as { business_date: string }[]).map((file) => file.business_date)
    expect([dates.length, dates[0], dates.at(-1)]).toEqual([400, isoDay(day + 500), isoDay(day + 101)])
  })

  it.each(['?from=yesterday', '?from=2026-02-30', '?to=2026-01-01'])('is not listed by %s', async (query) => {
    expect((await callSimulator(nights.url(), 'GET', `/settlement_files${query}`)).status).toBe(400)
  })

  it.each(['1999-01-01', '2999-01-01', 'today', '2026-02-30', '%00'])('of %s is not found', async (date) => {
    const answer = await callSimulator(nights.url(), 'GET', `/settlement_files/${date}`)

    expect(answer.status).toBe(404)
    expect(answer.body['error']).toMatchObject({ type: 'not_found', code: 'settlement_file_not_found' })
  })

  it('is a CSV to be saved under its name', async () => {
    const day = await nights.toNoon()
    await nights.endDay(day)

    const answer = await fetch(`${nights.url()}/settlement_files/${isoDay(day)}`)
    await answer.text()

    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="settlement_${isoDay(day)}.csv"`)
  })

  it('of many charges comes in pieces that are whole together', async () => {
    await nights.stop()
    const day = Math.floor(Date.now() / DAY_MS) - 1
    const count = 20_000 // about 2.5 MB, more than any buffer on the way
    const charges = Array.from({ length: count }, (_, index) =>
      aRecord({ at: day * DAY_MS + index, reference: `many-${index}` }),
    )
    const records: BookRecord[] = [{ t: 'book', version: 1, id: 'abc', at: day * DAY_MS }, ...charges]
    writeFileSync(nights.bookFile, records.map((record, index) => encodeLine(index + 1, record)).join(''))
    await nights.start()

    const file = await nights.psp().settlementFiles?.fetch(isoDay(day))
    const summary = await simulatorCsv.read(file?.bytes ?? bytesOf(''), () => Promise.resolve())

    expect(summary).toMatchObject({ readable: true, statements: [{ lines: count, control: { status: 'pass' } }] })
  })

  it('comes by itself when its midnight comes', async () => {
    const day = await nights.toNoon()
    await nights.moveTo((day + 1) * DAY_MS - 300)

    const record = await waitFor(
      () => recordsOf(nights.bookFile).find((each) => each.t === 'file' && each.day === isoDay(day)),
      { what: 'the record of the file' },
    )

    expect(record).toMatchObject({ t: 'file', day: isoDay(day), at: (day + 1) * DAY_MS })
  })

  it('is produced for every day that was missed, in order, at the start', async () => {
    const day = await nights.toNoon()
    const request = magic(10_060n)
    await nights.psp().charge(request)
    const { offset } = await nights.clock()
    await nights.stop()
    appendRecord(nights.bookFile, { t: 'clock', offset_ms: offset + 5 * DAY_MS })

    await nights.start()

    const { body } = await callSimulator(nights.url(), 'GET', `/settlement_files?from=${isoDay(day)}`)
    const dates = (body['data'] as { business_date: string }[]).map((file) => file.business_date)
    expect(dates).toEqual([4, 3, 2, 1, 0].map((after) => isoDay(day + after)))
    expect(linesFor(await nights.rowsOf(day + 1), request)).toHaveLength(1)
    const days = recordsOf(nights.bookFile).flatMap((record) => (record.t === 'file' ? [record.day] : []))
    expect(days).toEqual([...days].sort())
    expect(new Set(days).size).toBe(days.length)
  })

  it('has the same bytes after later charges, other settings and a kill', async () => {
    const day = await nights.toNoon()
    for (const digits of [50n, 52n, 53n, 56n, 60n, 0n]) await nights.psp().charge(magic(10_000n + digits))
    await nights.endDay(day)
    const first = await nights.textOf(day)

    await nights.set({ delay_minutes: 60, broken_control: true })
    await nights.psp().charge(aCharge('pm_test_visa'))
    await nights.endDay(day + 1)
    await nights.kill()
    await nights.start()

    expect(await nights.textOf(day)).toBe(first)
  })

  it('comes for the days of a book that an earlier version wrote', async () => {
    await nights.stop()
    const day = Math.floor(Date.now() / DAY_MS) - 3
    const { settlement: _, ...settings } = { ...(JSON.parse(OLD_SETTINGS) as Record<string, unknown>) }
    const records = [
      { t: 'book', version: 1, id: 'abc', at: day * DAY_MS + 1_000 },
      { t: 'settings', settings },
      aRecord({ at: day * DAY_MS + 2_000, reference: 'old-0' }),
      aRecord({ at: (day + 1) * DAY_MS - 1, reference: 'old-1' }),
      aRecord({ at: (day + 1) * DAY_MS, reference: 'old-2' }),
      aRecord({
        at: (day + 1) * DAY_MS + 5_000,
        reference: 'old-3',
        status: 'pending',
        due: (day + 2) * DAY_MS - 5_000,
      }),
    ] as BookRecord[]
    writeFileSync(nights.bookFile, records.map((record, index) => encodeLine(index + 1, record)).join(''))

    await nights.start()

    const references = async (of: number): Promise<unknown[]> =>
      (await nights.rowsOf(of)).flatMap((row) =>
        row['kind'] === 'charge' && row['record'] === 'line' ? [row['reference']] : [],
      )
    expect(await nights.psp().settlementFiles?.firstBusinessDate()).toBe(isoDay(day))
    expect(await references(day)).toEqual(['old-0', 'old-1'])
    expect(await references(day + 1)).toEqual(['old-2', 'old-3'])
    const { body } = await callSimulator(nights.url(), 'GET', '/settings')
    expect(body['settlement']).toEqual({ delay_minutes: 0, broken_control: false })
  })

  it('is served late when the settings say so, and the clock knows the instant', async () => {
    const day = await nights.toNoon()
    await nights.set({ delay_minutes: 90 })
    await nights.endDay(day)
    const before = await nights.psp().settlementFiles?.fetch(isoDay(day))
    const { due } = await nights.clock()
    await nights.set({ delay_minutes: 0 })
    const { body: list } = await callSimulator(nights.url(), 'GET', `/settlement_files?from=${isoDay(day)}`)
    await nights.moveTo(due)

    expect(before).toBeUndefined()
    expect(list['data']).toEqual([])
    expect(due).toBe((day + 1) * DAY_MS + 90 * 60_000)
    expect((await nights.rowsOf(day)).map((row) => row['record'])).toEqual(['file', 'end'])
  })

  it('has a closing balance that is wrong by one when the settings say so, and the next opens with the right one', async () => {
    const day = await nights.toNoon()
    await nights.psp().charge(aCharge('pm_test_visa', { amount: 10_000n, currency: 'EUR' }))
    await nights.psp().charge(aCharge('pm_test_visa', { amount: 10_000n, currency: 'USD' }))
    await nights.set({ broken_control: true })
    await nights.endDay(day)
    await nights.set({ broken_control: false })
    await nights.endDay(day + 1)

    const summary = await simulatorCsv.read(bytesOf(await nights.textOf(day)), () => Promise.resolve())

    expect(summary.statements.map(({ currency, control }) => ({ currency, control }))).toMatchObject([
      { currency: 'EUR', control: { status: 'fail', stated: 9_681n, computed: 9_680n, difference: -1n } },
      { currency: 'USD', control: { status: 'pass' } },
    ])
    expect((await nights.rowsOf(day + 1)).find((row) => row['record'] === 'opening')?.['net']).toBe('96.80')
  })
})

const OLD_SETTINGS = JSON.stringify({
  latency_ms: { min: 0, max: 0 },
  faults: {
    lose_answer_rate: 0,
    lose_request_rate: 0,
    reject_rate: 0,
    error_500_before_rate: 0,
    error_500_after_rate: 0,
    timeout_rate: 0,
    webhook_loss_rate: 0,
    webhook_repeat_rate: 0,
    webhook_reorder_rate: 0,
  },
  seed: 1,
  webhooks: 'asynchronous',
})
