import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { aLine, rowsOf } from '../settlement/formats/testing.ts'
import { zipOf } from '../settlement/testing/zip.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-parse-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

const DAY = rowsOf([
  { currency: 'EUR', opening: 5_000n, lines: [aLine(), aLine({ pspReference: 'ch_2', gross: 2_000n, fee: 0n })] },
])

async function parse(bytes: string | Uint8Array, ...argv: string[]) {
  writeFileSync(join(folder, 'file'), bytes)
  return runTestCli(['parse', 'file', ...argv], { cwd: folder })
}

describe('parse --json', () => {
  it('prints statements, lines and diagnostics as one document, with amounts in minor units', async () => {
    const { stdout, exitCode } = await parse(DAY.join(''), '--json')

    const control = { status: 'pass' }
    const sums = { opening: 5_000, closing: 7_941, lines: 2, credits: 2_941, debits: 0 }
    const line = { statement: 0, kind: 'charge', status: 'captured', reference: 'ref-1', currency: 'EUR' }
    const occurred_at = '2026-03-03T00:00:00.001Z'
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      schema: 'tallystick.parse/1',
      format: 'simulator_csv',
      business_date: '2026-03-03',
      file_reference: 'SIM-abc-20260303',
      statements: [{ account: 'SIM-abc', currency: 'EUR', ...sums, control }],
      lines: [
        { ...line, line: 4, references: ['ref-1', 'ch_1'], amount: 1_000, fee: 59, occurred_at },
        { ...line, line: 5, references: ['ref-1', 'ch_2'], amount: 2_000, occurred_at },
      ],
      diagnostics: [],
    })
  })

  it('exits 1 with the exact difference when the file does not add up', async () => {
    const { stdout, exitCode } = await parse(DAY.join('').replace('79.41', '79.40'), '--json')

    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      statements: [{ control: { status: 'fail', stated: 7_940, computed: 7_941, difference: 1 } }],
    })
  })

  it.each([
    ['an amount as money', '79.41', '79.40', 'a difference of 0.01'],
    ['a count as it is', 'end,,,,,,,,,,,2', 'end,,,,,,,,,,,3', 'in its end row: a difference of -1'],
  ])('shows %s that is not what it should be', async (_what, right, wrong, shown) => {
    const { stdout } = await parse(DAY.join('').replace(right, wrong))

    expect(stdout).toContain(shown)
  })

  it('exits 1 when a row cannot be read, and has the others', async () => {
    const { stdout, exitCode } = await parse(DAY.join('').replace('charge,ch_1', 'gift,ch_1'), '--json')

    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      lines: [{ line: 5 }],
      diagnostics: [{ severity: 'error', code: 'kind', line: 4, column: 4 }],
    })
  })

  it.each([
    ['in no known format', 'hello', 'format_unknown'],
    ['without a byte', '', 'empty'],
    ['that ends too early', DAY.slice(0, -1).join(''), 'no_end_row'],
    ['that is a damaged gzip', gzipSync('x').subarray(0, 12), 'damaged'],
  ])('exits 2 for a file %s, with the reason in the same document', async (_what, bytes, code) => {
    const { stdout, exitCode } = await parse(bytes, '--json')

    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'tallystick.parse/1',
      diagnostics: [{ severity: 'error', code }],
    })
  })

  it('reads the files of a zip as one, each line with its statement', async () => {
    const bytes = zipOf(['a', 'b'].map((name) => ({ name: `${name}.csv.gz`, bytes: gzipSync(DAY.join('')) })))

    const { stdout, exitCode } = await parse(bytes, '--json')

    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout).lines.map((line: { statement: number }) => line.statement)).toEqual([0, 0, 1, 1])
  })

  it('keeps every digit of a sum beyond 2^53', async () => {
    const lines = [aLine({ gross: 2n ** 53n - 1n, fee: 0n }), aLine({ gross: 2n ** 53n - 1n, fee: 0n })]

    const { stdout } = await parse(rowsOf([{ currency: 'JPY', opening: 0n, lines }]).join(''), '--json')

    expect(stdout).toContain(`"closing": ${2n ** 54n - 2n}`)
  })
})

describe('parse', () => {
  it('shows people the statements in major units', async () => {
    const { stdout, exitCode } = await parse(DAY.join(''))

    expect(exitCode).toBe(0)
    expect(stdout).toContain('SIM-abc\t\tEUR\t50.00\t29.41\t0.00\t79.41\t2\tpass\t\n')
    expect(stdout).toContain('5\tcharge\t2026-03-03T00:00:00.001Z\tref-1\t20.00\t\tEUR\t\n')
  })

  it('refuses a file that there is not, a format and a zone that nobody knows', async () => {
    const missing = await runTestCli(['parse', 'nowhere.csv'], { cwd: folder })
    const format = await parse('x', '--format', 'simulator')
    const zone = await parse('x', '--source-zone', 'Berlin')

    expect([missing.exitCode, format.exitCode, zone.exitCode]).toEqual([2, 2, 2])
    expect(missing.stderr).toContain('nowhere.csv cannot be read')
    expect(format.stderr).toContain('there are simulator_csv')
    expect(zone.stderr).toContain('"Berlin" is no time zone such as Europe/Berlin')
  })
})

describe('parse of a table', () => {
  const table = 'Date;Order ID;Amount;Currency\n13/03/2026;a-1;1.234,50;EUR\n'
  const path = (name: string): string => join(folder, name)

  it('shows what each column was taken for, to people and as JSON', async () => {
    const text = await parse(table)
    const json = await parse(table, '--json')

    expect(text.stdout).toContain('date\tDate\tday, month, year\n')
    expect(text.stdout).toContain('amount\tAmount\tdecimal comma\n')
    expect(JSON.parse(json.stdout).mapping).toMatchObject({
      schema: 'tallystick.mapping/1',
      amount: { rule: 'signed', column: 'Amount' },
      references: ['Order ID'],
      fee: null,
    })
  })

  it('saves its mapping, reads the next file by it, and replaces no mapping that is there', async () => {
    const saved = await parse(table, '--save-mapping', 'saved.json')
    const again = await parse(table, '--save-mapping', 'saved.json')
    const next = await parse(table.replace('13/03/2026', '04/03/2026'), '--mapping', 'saved.json', '--json')

    expect([saved.exitCode, again.exitCode, next.exitCode]).toEqual([0, 2, 0])
    expect(again.stderr).toContain('saved.json is there already')
    expect(JSON.parse(next.stdout).lines).toMatchObject([{ business_date: '2026-03-04', amount: 123_450 }])
  })

  it('saves what nothing proves as open, and does not use it before somebody decided', async () => {
    const ambiguous = table.replace('13/03/2026', '04/03/2026')
    const saved = await parse(ambiguous, '--save-mapping', 'open.json')
    const refused = await parse(ambiguous, '--mapping', 'open.json')
    const mapping = JSON.parse(readFileSync(path('open.json'), 'utf8'))
    writeFileSync(path('open.json'), JSON.stringify({ ...mapping, open: [], date: { column: 'Date', order: 'mdy' } }))
    const decided = await parse(ambiguous, '--mapping', 'open.json', '--json')

    expect([saved.exitCode, refused.exitCode, decided.exitCode]).toEqual([1, 2, 0])
    expect(saved.stderr).toContain('"open" in it says what somebody has to decide')
    expect(refused.stderr).toContain('open still says: Dates such as 04/03/2026 can be')
    expect(JSON.parse(decided.stdout).lines).toMatchObject([{ business_date: '2026-04-03' }])
  })

  it('finds the header of a mapping wherever it stands, and refuses a file without its columns', async () => {
    await parse(table, '--save-mapping', 'moved.json')
    const moved = await parse(`Some bank\n\nAccount;1\n${table}`, '--mapping', 'moved.json')
    const other = await parse(table.replace('Amount', 'Total'), '--mapping', 'moved.json')

    expect([moved.exitCode, other.exitCode]).toEqual([0, 2])
    expect(other.stdout).toContain('No row has the columns of the mapping, such as "Amount"')
  })

  it('refuses a mapping that is none or not there, one beside a format, and to save one of no table', async () => {
    writeFileSync(path('bad.json'), '{"schema": "x"}')
    const bad = await parse(table, '--mapping', 'bad.json')
    const missing = await parse(table, '--mapping', 'nowhere.json')
    const both = await parse(table, '--mapping', 'bad.json', '--format', 'csv')
    const none = await parse(DAY.join(''), '--save-mapping', 'none.json')

    expect([bad, missing, both, none].map(({ exitCode }) => exitCode)).toEqual([2, 2, 2, 2])
    expect(bad.stderr).toContain('schema has to be "tallystick.mapping/1"')
    expect(both.stderr).toContain('leave --format out')
    expect(none.stderr).toContain('There is no mapping to save')
    expect(existsSync(path('none.json'))).toBe(false)
  })
})
