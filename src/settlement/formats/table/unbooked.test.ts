import { describe, expect, it } from 'vitest'
import { readTableFile } from './testing/reading.ts'

const rowsOf = (text: string): string => text.trim().replace(/^ +/gm, '').concat('\n')

describe('a row of a table', () => {
  it('that is pending or was declined is there and moves no balance', async () => {
    const { summary, lines } = await readTableFile(
      rowsOf(`
        Date,Description,Amount,Currency,State,Balance
        2026-03-02,Shop,-10.00,EUR,COMPLETED,90.00
        2026-03-03,Fuel,-30.00,EUR,PENDING,
        2026-03-03,Hotel,-20.00,EUR,Declined,
        2026-03-04,Sale,5.00,EUR,COMPLETED,95.00`),
    )

    expect(lines.map(({ amount, booked }) => [amount, booked])).toEqual([
      [-1_000n, undefined],
      [-3_000n, false],
      [-2_000n, false],
      [500n, undefined],
    ])
    expect(summary.statements).toMatchObject([{ opening: 10_000n, closing: 9_500n, control: { status: 'pass' } }])
  })
})
