import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvRows } from './csv-records.ts'

async function rowsOf(pieces: readonly string[], separator = ','): Promise<[number, ...string[]][]> {
  const found: [number, ...string[]][] = []
  async function* texts(): AsyncGenerator<string> {
    yield* pieces
  }
  for await (const rows of csvRows(texts(), { separator }))
    for (const { line, fields, problem } of rows)
      found.push([line, ...(problem === undefined ? fields : [problem.code])])
  return found
}

const cut = (text: string, at: number): string[] => [text.slice(0, at), text.slice(at)]

describe('rows', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('end with %s, with and without the last one, wherever the pieces are cut', async (_name, end) => {
    const text = ['a,b', '"c,""d""",e', '', 'f,g'].join(end)
    const expected = [
      [1, 'a', 'b'],
      [2, 'c,"d"', 'e'],
      [4, 'f', 'g'],
    ]

    for (const whole of [text, text + end])
      for (let at = 0; at <= whole.length; at++) expect(await rowsOf(cut(whole, at)), `cut at ${at}`).toEqual(expected)
    expect(await rowsOf([...text])).toEqual(expected)
  })

  it('keep quotes inside of a field that does not begin with one', async () => {
    expect(await rowsOf(['SB",3" pipe,5"\nx,y\n'])).toEqual([
      [1, 'SB"', '3" pipe', '5"'],
      [2, 'x', 'y'],
    ])
  })

  it('whose quote is never closed, or closed in the middle of a field, take no other row along', async () => {
    expect(await rowsOf(['a,b\n"c,d\ne,f\n'])).toEqual([
      [1, 'a', 'b'],
      [2, 'quotes'],
      [3, 'e', 'f'],
    ])
    expect(await rowsOf(['a,b\n"c"x,d\n"e",f'])).toEqual([
      [1, 'a', 'b'],
      [2, 'quotes'],
      [3, 'e', 'f'],
    ])
  })

  it('may have line ends in quoted fields', async () => {
    expect(await rowsOf(['"a\nb",c\r\nd,e'])).toEqual([
      [1, 'a\nb', 'c'],
      [3, 'd', 'e'],
    ])
  })

  it('are read back as they were written, with any separator, in any pieces', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', '1', ' ', ',', ';', '"', '\n', 'é', '😀'), maxLength: 8 })
    const rows = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.integer({ min: 1, max: 40 }),
        async (table, separator, size) => {
          const text = table
            .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(separator))
            .join('\r\n')
          const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? []

          expect((await rowsOf(pieces, separator)).map(([, ...fields]) => fields)).toEqual(table)
        },
      ),
    )
  })
})
