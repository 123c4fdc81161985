import { describe, expect, it } from 'vitest'
import { readyFormat } from './format.ts'
import { FORMATS } from './index.ts'

const MEBIBYTE = 1_048_576

/** A file that never ends its line, in pieces as they come from a disk. */
function open(fill: string): () => AsyncIterable<Uint8Array> {
  const piece = Buffer.from(fill.repeat(65_536))
  return async function* pieces() {
    for (let length = 0; length < 2 * MEBIBYTE; length += piece.length) yield piece
  }
}

/** Looking for the end of the line from each of its characters would take minutes. */
describe('a file of one huge line', () => {
  it.each(FORMATS.map((format) => [format.name, format] as const))(
    'is read once as %s, or refused',
    async (_, format) => {
      for (const fill of ['x', '"', ',', '/', ' ']) {
        const ready = await readyFormat(format, open(fill))
        const summary = await ready.read(open(fill)(), () => Promise.resolve())

        expect(summary.readable && summary.diagnostics.length === 0 && summary.statements.length > 0, fill).toBe(false)
      }
    },
  )
})
