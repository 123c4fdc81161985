import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SideSpec, UnreadableInput } from '../side.ts'
import { formatSaved, parseSaved } from './saved.ts'

const SPEC: SideSpec = {
  key: 'reference',
  keyForm: 'exact',
  amount: { rule: 'signed', column: 'amount' },
  decimal: '.',
  unit: 'major',
  sign: 1,
  currency: { code: 'EUR' },
  date: { column: 'date', order: 'ymd' },
  fee: undefined,
  kind: undefined,
  second: undefined,
  status: undefined,
}
const SAVED = formatSaved({ ours: SPEC, theirs: SPEC })

describe('a saved mapping', () => {
  it('is read back, whatever the columns are called', () => {
    const name = fc.oneof(
      fc.constantFrom('Order #', 'a # b #', 'it"s #1', '\u2028'),
      fc.string({ unit: 'binary', minLength: 1 }),
    )
    fc.assert(
      fc.property(name, name, (key, column) => {
        const specs = { ours: { ...SPEC, key }, theirs: { ...SPEC, amount: { rule: 'signed', column } as const } }

        expect(parseSaved(formatSaved(specs)).specs).toEqual(specs)
      }),
    )
  })

  it('may have comments behind what it says', () => {
    const edited = SAVED.replaceAll('"reference"', '"Order #" # the one of the shop # not the PSP').replaceAll(
      '"major"',
      'major # euros',
    )

    expect(parseSaved(edited).specs?.ours).toEqual({ ...SPEC, key: 'Order #' })
  })

  it.each([
    ['eur', 'EUR'],
    ['rmb', 'CNY'],
    ['DEM', 'DEM'],
    ['XXX', 'XXX'],
  ])('may have the code %s, which is %s', (written, code) => {
    expect(parseSaved(SAVED.replaceAll('EUR', written)).specs?.ours.currency).toEqual({ code })
  })

  it.each([
    ['"EUR"', '"EUX"', 'ours.currency.code'],
    ['"ymd"', '"ydm"', 'ours.date.order'],
    ['"reference"', '"reference', '"reference is no value'],
  ])('with %s as %s is refused with the place', (right, wrong, place) => {
    const parse = () => parseSaved(SAVED.replaceAll(right, wrong))

    expect(parse).toThrow(UnreadableInput)
    expect(parse).toThrow(place)
  })
})
