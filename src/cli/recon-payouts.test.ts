import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { csv } from '../recon/testing.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-recon-payouts-'))
  const rows = ['batch-1007', 'batch-1008', 'batch-1009'].flatMap((id, place) => [
    [`ch_${place}a`, 'charge', '100.00', '3.20', 'EUR', `2026-03-0${2 + place}`, id],
    [`ch_${place}b`, 'refund', '-20.00', '0.00', 'EUR', `2026-03-0${2 + place}`, id],
  ])
  writeFileSync(
    join(folder, 'psp.csv'),
    csv([['charge_id', 'type', 'gross', 'fee', 'currency', 'date', 'payout_id'], ...rows]),
  )
  const lines = [
    ['2026-03-03', 'PSP batch-1007', '76.80', 'EUR'],
    ['2026-03-04', 'PSP batch-1008', '76.50', 'EUR'],
  ]
  writeFileSync(join(folder, 'bank.csv'), csv([['booked', 'text', 'amount', 'currency'], ...lines]))
})

afterAll(() => rmSync(folder, { recursive: true }))

const recon = (...argv: string[]) => runTestCli(['recon', 'psp.csv', 'bank.csv', ...argv], { cwd: folder })

describe('recon of payouts', () => {
  it('shows the waterfall of each, in the document and on the page', async () => {
    const { stdout, exitCode } = await recon('--json', '--html', 'report.html')

    const parts = { gross: 10_000, fees: 320, refunds: 2_000, disputes: 0, reserve: 0, other: 0, payout: 7_680 }
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'breaks',
      payouts: [
        {
          reference: 'batch-1007',
          state: 'at_bank',
          rows: 2,
          row: 2,
          ...parts,
          bank: 7_680,
          bank_row: 2,
          difference: 0,
        },
        { reference: 'batch-1008', state: 'payout_mismatch', ...parts, bank: 7_650, difference: 30 },
        { reference: 'batch-1009', state: 'payout_in_transit', day: '2026-03-04', ...parts },
      ],
      items: [
        { code: 'payout_mismatch', difference: 30 },
        { code: 'payout_in_transit', due_on: '2026-03-09' },
      ],
    })
    const page = readFileSync(join(folder, 'report.html'), 'utf8')
    expect(page).toContain('3 payouts of 6 rows: 1 at the bank, 1 payout differs, 1 payout on its way.')
    expect(page).toContain('batch-1008: from gross to 76.80 EUR')
  })

  it('says in a line how they stand', async () => {
    const { stdout } = await recon('--no-html', '--anonymise')

    expect(stdout).toContain('3 payouts of 6 rows: 1 at the bank, 1 payout differs, 1 payout on its way')
    expect(stdout).not.toContain('batch-100')
  })
})
