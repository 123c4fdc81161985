import { describe, expect, it } from 'vitest'
import { intakeSources } from './app-sources.ts'
import type { MappingDeclaration } from './config-sources.ts'

const OF_ONE = {
  schema: 'tallystick.mapping/1',
  table: { kind: 'csv', separator: ';' },
  header: 1,
  amount: { rule: 'signed', column: 'Betrag' },
  decimal: ',',
  minor: false,
  currency: { code: 'EUR' },
}
const SIDE = `
  key: "Ref"
  key_form: exact
  amount: {"rule": "signed", "column": "Betrag"}
  decimal: ","
  unit: major
  sign: 1
  currency: {"code": "EUR"}`
const OF_TWO = `schema: tallystick.recon-mapping/1\nours:${SIDE}\ntheirs:${SIDE.replace('"Ref"', '"Id"')}\n`

const declared = (mapping: Partial<MappingDeclaration> & { readonly text: string }) =>
  intakeSources(
    [
      {
        name: 'shop-psp',
        formats: undefined,
        zone: 'UTC',
        mapping: { path: '/etc/map', side: undefined, ...mapping },
        collect: undefined,
        everyMinutes: 10,
        expected: undefined,
        settles: undefined,
      },
    ],
    [],
  )

describe('a source with a declared mapping', () => {
  it.each([
    ['of one file', { text: JSON.stringify(OF_ONE) }, ['tsv', 'csv']],
    ['of two files', { text: OF_TWO }, ['xlsx', 'jsonl', 'json', 'tsv', 'csv']],
    ['of two files, by our side', { text: OF_TWO, side: 'ours' }, ['xlsx', 'jsonl', 'json', 'tsv', 'csv']],
  ] as const)('%s reads tables by it and no others', (_, mapping, tables) => {
    const [source] = declared(mapping)
    const names = source?.formats.map(({ name }) => name) ?? []

    expect(names.slice(-tables.length).toSorted()).toEqual([...tables].toSorted())
    expect(new Set(names).size).toBe(names.length)
  })

  it.each([
    [
      'a field that is wrong',
      { text: JSON.stringify({ ...OF_ONE, decimal: ';' }) },
      '/etc/map: decimal has to be one of',
    ],
    ['a side that is wrong', { text: OF_TWO.replace('sign: 1', 'sign: 0') }, 'ours.sign has to be one of 1, -1'],
    [
      'a side for one file',
      { text: JSON.stringify(OF_ONE), side: 'ours' },
      'mapping_side is for a mapping of two files',
    ],
    [
      'what only recon reads',
      { text: OF_TWO.replaceAll('major', 'thousandths') },
      'theirs.unit of thousandths is read by recon alone',
    ],
    ['nothing', { text: '' }, 'schema has to be tallystick.recon-mapping/1'],
  ] as const)('stops the start for %s, with the place', (_, mapping, says) => {
    expect(() => declared(mapping)).toThrow('sources[0] ("shop-psp")')
    expect(() => declared(mapping)).toThrow(says)
  })
})
