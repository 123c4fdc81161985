import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CsvRecord, csvRecords, MAX_RECORD_LENGTH } from './csv-records.ts'

async function recordsOf(bytes: Uint8Array, chunkBytes: number): Promise<CsvRecord[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  const records: CsvRecord[] = []
  for await (const piece of csvRecords(chunks())) records.push(...piece)
  return records
}

const field = fc.string({ unit: fc.constantFrom('a', 'b', ',', '"', '\n', '\r', ' ', 'é', '😀'), maxLength: 6 })
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const table = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 })

describe('The records of a CSV file', () => {
  it('are those that were written, as csv-parse reads them, wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 40 }), async (rows, chunkBytes) => {
        const text = rows.map((row) => `${row.map(quoted).join(',')}\n`).join('')

        const records = await recordsOf(Buffer.from(text), chunkBytes)

        expect(records.map(({ fields }) => fields)).toEqual(rows)
        expect(parse(text, { record_delimiter: '\n', relax_column_count: true })).toEqual(rows)
      }),
    )
  })

  it('know the line where each begins', async () => {
    const records = await recordsOf(Buffer.from('a,b\n"x\n\ny",c\nd,e\n"",""""\n'), 3)

    expect(records.map(({ line, fields }) => [line, ...fields])).toEqual([
      [1, 'a', 'b'],
      [2, 'x\n\ny', 'c'],
      [5, 'd', 'e'],
      [6, '', '"'],
    ])
  })

  it.each([
    ['a quote inside a field', 'a,b"c,d', 'quotes', 2],
    ['text after a closing quote', 'a,"b"c,d', 'quotes', 2],
    ['a NUL', 'a,b,\0', 'nul', 3],
  ])('have a problem with %s, and only there', async (_name, row, code, column) => {
    const records = await recordsOf(Buffer.from(`1,2\n${row}\n3,4\n`), 1_000)

    expect(records.map(({ fields }) => fields)).toEqual([['1', '2'], [], ['3', '4']])
    expect(records[1]?.problem).toMatchObject({ code, column })
  })

  it.each([
    ['a line without a bound', `a,b\n${'x'.repeat(10 * MAX_RECORD_LENGTH)}`, 'record_too_long'],
    ['a quote that is never closed', `a,b\n"${'x,\n'.repeat(MAX_RECORD_LENGTH)}`, 'record_too_long'],
    ['a last line without its end', 'a,b\nc,d', 'cut_off'],
    ['a quoted field without its end', 'a,b\n"c,d\n', 'cut_off'],
  ])('end with %s', async (_name, text, code) => {
    await expect(recordsOf(Buffer.from(text), 1_000_000)).rejects.toMatchObject({ code, line: 2 })
  })

  it.each([
    ['a byte that never is', [0x61, 0xff, 0x0a]],
    ['half a character at the end', [0x61, 0x0a, 0xc3]],
    ['an overlong form', [0xc0, 0xaf, 0x0a]],
    ['a surrogate', [0xed, 0xa0, 0x80, 0x0a]],
    ['UTF-16', [0xfe, 0xff, 0x00, 0x61]],
  ])('end with %s', async (_name, bytes) => {
    await expect(recordsOf(Uint8Array.from(bytes), 1)).rejects.toMatchObject({ code: 'not_utf8' })
  })
})
