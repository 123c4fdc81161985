import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createSeeded } from '../../../test/support/seeded.ts'
import { openDuckDb } from '../../platform/duckdb.ts'
import { type Alphabet, createKeyForms } from './key-form.ts'

const random = createSeeded(11)
const PIECES = [
  'a',
  'Z',
  'order',
  'INV',
  '0',
  '00',
  '7',
  '42',
  '-',
  '_',
  '#',
  ' ',
  '.',
  '.0',
  '/',
  "''",
  '~',
  '\t',
  '^',
  '@',
  '[',
  '`',
  '{',
]
const REFERENCES = Array.from({ length: 3_000 }, () =>
  Array.from({ length: random.integer(1, 6) }, () => random.pick(PIECES)).join(''),
) // biome-ignore format: one list

async function formsOf(alphabet: Alphabet): Promise<readonly unknown[]> {
  const duckdb = await openDuckDb(tmpdir())
  try {
    await createKeyForms(duckdb, alphabet)
    await duckdb.run('create table cell (n integer, ref varchar)')
    await duckdb.append(
      'cell',
      ['integer', 'varchar'],
      REFERENCES.map((ref, n) => [n, ref]),
    )
    return await duckdb.query(
      'select ref, loose_form(ref) as loose, letters_of(ref) as letters, prefix_of(ref, loose_form(ref)) as prefix from cell order by n',
    )
  } finally {
    duckdb.close()
  }
}

describe('forms of a reference', () => {
  it('are the same in both alphabets when it is ASCII', async () => {
    const [any, ascii] = [await formsOf('any'), await formsOf('ascii')]

    expect(ascii).toEqual(any)
    expect(any).toContainEqual(expect.objectContaining({ loose: '42' }))
  })
})
