import { describe, expect, it } from 'vitest'
import { createDiagnostics } from '../diagnostics.ts'
import { decoded } from './decode.ts'
import { textLines } from './lines.ts'

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Uint8Array, size: number, declared?: string): Promise<{ text: string; told: number[] }> {
  const diagnostics = createDiagnostics()
  let text = ''
  for await (const piece of decoded(chunks(bytes, size), diagnostics, () => declared)) text += piece
  return { text, told: diagnostics.list().map(({ line }) => line) }
}

const SIZES = [1, 2, 3, 7, 511, 512, 513, 100_000]
const TEXT = `Zahlung über 1 €\r\nÇa va\n日本 😀\n${'x'.repeat(700)}\nend`

const utf16 = (text: string, isBig: boolean): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return isBig ? bytes.swap16() : bytes
}

describe('a text', () => {
  it.each(SIZES)('is read in every encoding that shows itself, in pieces of %i bytes', async (size) => {
    const forms = [Buffer.from(TEXT), Buffer.from(`\ufeff${TEXT}`), utf16(TEXT, false), utf16(TEXT, true)]

    for (const bytes of forms) expect(await read(bytes, size)).toEqual({ text: TEXT, told: [] })
  })

  it('in UTF-16 without a mark is recognised by its zero bytes', async () => {
    expect((await read(Buffer.from('20260303', 'utf16le'), 3)).text).toBe('20260303')
    expect((await read(Buffer.from('20260303', 'utf16le').swap16(), 3)).text).toBe('20260303')
  })

  it.each(SIZES)(
    'that is not UTF-8 is Windows-1252 where it is not, and says so once, in pieces of %i bytes',
    async (size) => {
      const bytes = Buffer.concat([
        Buffer.from(`first\n${'y'.repeat(600)}\nüber\n`),
        Buffer.from('\x80 M\xfcller\nS\xf8ren\n', 'latin1'),
        Buffer.from('日本'),
      ])

      expect(await read(bytes, size)).toEqual({
        text: `first\n${'y'.repeat(600)}\nüber\n€ Müller\nSøren\n日本`,
        told: [4],
      })
    },
  )

  it('is read as it declares, but not against its mark', async () => {
    expect((await read(Buffer.from('\xa4', 'latin1'), 1, 'iso-8859-15')).text).toBe('€')
    expect((await read(Buffer.from('\ufeffü'), 1, 'iso-8859-15')).text).toBe('ü')
  })

  it('that declares what nobody knows is read all the same, with a warning', async () => {
    expect(await read(Buffer.from('ü'), 1, 'klingon')).toEqual({ text: 'ü', told: [1] })
  })

  it('without a line end is not held back for ever', async () => {
    const long = 'ü€😀'.repeat(50_000)

    expect((await read(Buffer.from(long), 10_007)).text).toBe(long)
  })
})

describe('lines', () => {
  async function linesOf(pieces: readonly string[]): Promise<[number, string][]> {
    const found: [number, string][] = []
    async function* texts(): AsyncGenerator<string> {
      yield* pieces
    }
    for await (const { first, lines } of textLines(texts()))
      found.push(...lines.map((line, index): [number, string] => [first + index, line]))
    return found
  }

  it('end with LF, CRLF or CR, wherever the pieces are cut', async () => {
    const text = 'a\r\nb\n\nc\rd\r\r\ne'
    const expected = ['a', 'b', '', 'c', 'd', '', 'e'].map((line, index) => [index + 1, line])

    for (let at = 0; at <= text.length; at++)
      expect(await linesOf([text.slice(0, at), text.slice(at)])).toEqual(expected)
    expect(await linesOf([...text])).toEqual(expected)
  })

  it('are as many with a last line end as without', async () => {
    expect(await linesOf(['a\r'])).toEqual([[1, 'a']])
    expect(await linesOf(['a\n'])).toEqual([[1, 'a']])
    expect(await linesOf([''])).toEqual([])
  })

  it('without an end are refused', async () => {
    await expect(linesOf(['x'.repeat(200_000), 'x'.repeat(200_000)])).rejects.toMatchObject({
      code: 'line_too_long',
      line: 1,
    })
  })
})
