import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalsOf } from '../../../money/index.ts'
import { mutated } from '../text/testing.ts'
import { dialect, type ModelRow, rows, writeTable } from './testing/dialects.ts'
import { errorsOf, readTableFile } from './testing/reading.ts'

describe('a table in any dialect', () => {
  it('is read as it was meant, or the reader says that it is not sure', { timeout: 120_000 }, async () => {
    const counts = { sure: 0, unsure: 0 }
    await fc.assert(
      fc.asyncProperty(rows, dialect, async (model, how) => {
        const { bytes, rows: written } = writeTable(model, how)
        const { summary, lines } = await readTableFile(bytes)
        const errors = errorsOf(summary)
        counts[errors.length === 0 ? 'sure' : 'unsure']++
        if (errors.length > 0) return
        const isUnknown = summary.diagnostics.some(({ code }) => code === 'currency_unknown')
        expect(lines.map((line) => [line.businessDate, line.amount, line.fee, line.reference])).toEqual(
          written.map((row) => [
            row.date,
            ...(isUnknown && !how.decimals.startsWith('minor') ? inHundredths(row) : [row.amount, row.fee]),
            row.reference,
          ]),
        )
        expect(isUnknown || lines.every(({ currency }, index) => currency === written[index]?.currency)).toBe(true)
        if (!isUnknown) for (const { control } of summary.statements) expect(control.status).not.toBe('fail')
      }),
      { numRuns: 500 },
    )
    // Were it never sure, it would be right and of no use.
    expect(counts.sure).toBeGreaterThan(counts.unsure)
  })

  it('with damage anywhere is read or told, and what passes its control adds up', { timeout: 60_000 }, async () => {
    const file =
      'Date,Reference,Amount,Fee,Balance,Currency\n2026-03-13,a,10.00,0.10,109.90,EUR\n2026-03-14,"b",-5.00,0.00,104.90,EUR\n2026-03-15,c,7.25,0.05,112.10,EUR\n'
    const json =
      '{"data": [{"date": "2026-03-13", "amount": 10.5, "currency": "EUR"},\n{"date": "2026-03-14", "amount": -5.25, "currency": "EUR"}]}'
    for (let seed = 0; seed < 400; seed++) {
      for (const [text, kind] of [
        [file, 'csv'],
        [json, 'json'],
        [json.slice(10, -2).replace(',\n', '\n'), 'jsonl'],
      ] as const) {
        const { summary, lines } = await readTableFile(mutated(text, seed), { kind })
        for (const [index, { control, opening, closing }] of summary.statements.entries()) {
          if (control.status !== 'pass' || opening === undefined || closing === undefined) continue
          const sum = lines
            .filter(({ statement }) => statement === index)
            .reduce((total, { amount, fee }) => total + amount - fee, 0n)
          expect(opening + sum, `seed ${seed}`).toBe(closing)
        }
      }
    }
  })
})

/** Without a currency an amount of any is read in major units as hundredths, half a hundredth away from zero. */
function inHundredths({ amount, fee, currency }: ModelRow): readonly bigint[] {
  const scale = 10n ** BigInt(decimalsOf(currency) ?? 2)
  return [amount, fee].map((each) => {
    const half = each < 0n ? -scale / 2n : scale / 2n
    return (each * 100n + half) / scale
  })
}
