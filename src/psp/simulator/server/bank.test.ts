import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { camtFormats } from '../../../settlement/formats/camt/camt.ts'
import type { SettlementLine } from '../../../settlement/formats/format.ts'
import { aCharge } from '../../contract.ts'
import { callSimulator } from '../testing.ts'
import { isoDay } from './days.ts'
import { bytesOf, type Nights, startNights } from './testing.ts'

describe('The bank', () => {
  let nights: Nights
  let folder: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'simulator-bank-'))
    nights = await startNights({ bankFolder: folder })
  })
  afterEach(async () => {
    await nights.end()
    rmSync(folder, { recursive: true, force: true })
  })

  const statement = (day: number) => fetch(`${nights.url()}/bank_statements/${isoDay(day)}`)

  async function entriesOf(day: number): Promise<readonly SettlementLine[]> {
    const lines: SettlementLine[] = []
    const answer = await statement(day)
    expect(answer.status, isoDay(day)).toBe(200)
    const camt = camtFormats.find(({ name }) => name === 'camt.053') ?? expect.fail('nobody reads camt.053')
    const summary = await camt.read(bytesOf(await answer.text()), async (some) => void lines.push(...some))
    expect(summary).toMatchObject({ readable: true, businessDate: isoDay(day), diagnostics: [] })
    expect(summary.statements.map(({ control }) => control.status)).toEqual(summary.statements.map(() => 'pass'))
    return lines
  }

  /** The next Monday; something is sold on it, so that the file of Tuesday pays out. */
  async function sellOnMonday(): Promise<number> {
    let day = await nights.toNoon()
    while ((day + 3) % 7 !== 0) day = await nights.toNoon()
    await nights.psp().charge(aCharge('pm_test_visa', { amount: 10_000n, currency: 'EUR' }))
    await nights.endDay(day)
    return day
  }

  it.each([
    ['none', [9_680n], []],
    ['short', [9_580n], []],
    ['missing', [], []],
    ['twice', [9_680n, 9_680n], []],
    ['returned', [9_680n], [-9_680n]],
    ['joined', [9_680n], []],
    ['no_reference', [9_680n], []],
  ] as const)('shows a payout on the weekday after its file, with the fault %s', async (fault, first, second) => {
    const monday = await sellOnMonday()
    expect((await callSimulator(nights.url(), 'PUT', '/settings', { bank: { fault } })).status).toBe(200)
    await nights.endDay(monday + 1)
    await callSimulator(nights.url(), 'PUT', '/settings', { bank: { fault: 'none' } })
    await nights.endDay(monday + 2)
    await nights.endDay(monday + 3)

    const entries = await entriesOf(monday + 2)

    expect(entries.map(({ amount }) => amount)).toEqual(first)
    expect((await entriesOf(monday + 3)).map(({ amount }) => amount)).toEqual(second)
    const id = `po_[0-9a-f]{12}${isoDay(monday + 1).replaceAll('-', '')}eur`
    for (const { description } of entries)
      expect(description).toMatch(new RegExp(`^PSP SIMULATOR PAYOUTS?${fault === 'no_reference' ? '' : ` ${id}`}$`))
  })

  it('leaves a statement for each weekday in its folder, with the same bytes as it gives out', async () => {
    const monday = await sellOnMonday()
    await nights.endDay(monday + 6)
    await nights.stop()
    await nights.start()

    const names = readdirSync(folder).filter((name) => name.endsWith('.xml'))

    expect(names.slice(-5)).toEqual([0, 1, 2, 3, 4].map((offset) => `statement_${isoDay(monday + offset)}.xml`))
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(names.map((name) => `${name}.done`)))
    expect((await statement(monday + 5)).status).toBe(404)
    expect((await statement(monday + 7)).status).toBe(404)
  })

  it('refuses a fault that it does not know', async () => {
    const { status, body } = await callSimulator(nights.url(), 'PUT', '/settings', { bank: { fault: 'stolen' } })

    expect([status, body['error']]).toMatchObject([422, { param: 'bank.fault' }])
  })
})
