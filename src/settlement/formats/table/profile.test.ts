import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatProfile, type Profile, ProfileError, parseProfile } from './profile.ts'

const PROFILE: Profile = {
  schema: 'tallystick.mapping/1',
  table: { kind: 'csv', separator: ';' },
  header: 3,
  date: { column: 'Date', order: 'dmy' },
  amount: { rule: 'signed', column: 'Amount' },
  decimal: ',',
  minor: false,
  currency: { column: 'Currency' },
  fee: { column: 'Fee', sign: 'cost' },
  net: 'Net',
  balance: 'Balance',
  references: ['Order', 'Id'],
  descriptions: ['Text'],
  account: 'IBAN',
  status: 'Type',
}

const name = fc.string({ minLength: 1, maxLength: 20 })
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const profile: fc.Arbitrary<Profile> = fc.record({
  schema: fc.constant('tallystick.mapping/1' as const),
  table: fc.oneof(
    fc.record({ kind: fc.constant('csv' as const), separator: fc.constantFrom(',', ';', '\t', '|', '^') }),
    fc.constantFrom({ kind: 'json' as const }, { kind: 'jsonl' as const }, { kind: 'xlsx' as const }),
  ),
  header: fc.nat(),
  date: optional(
    fc.record({ column: name, order: fc.constantFrom('ymd', 'dmy', 'mdy', 'epoch_seconds', 'epoch_ms', 'excel') }),
  ),
  amount: fc.oneof(
    fc.record({ rule: fc.constant('signed' as const), column: name }),
    fc.record({
      rule: fc.constant('direction' as const),
      column: name,
      direction: name,
      debit: fc.array(name, { maxLength: 3 }),
      credit: fc.array(name, { maxLength: 3 }),
      minus: fc.constantFrom('debits', 'ignored'),
    }),
    fc.record({
      rule: fc.constant('split' as const),
      credit: name,
      debit: name,
      debitSign: fc.constantFrom('positive', 'negative'),
    }),
  ),
  decimal: fc.constantFrom('.', ','),
  minor: fc.boolean(),
  currency: fc.oneof(fc.record({ column: name }), fc.constantFrom({ code: 'EUR' }, { code: 'XXX' })),
  fee: optional(fc.record({ column: name, sign: fc.constantFrom('cost', 'effect') })),
  net: optional(name),
  balance: optional(name),
  references: fc.array(name, { maxLength: 4 }),
  descriptions: fc.array(name, { maxLength: 4 }),
  account: optional(name),
  status: optional(name),
})

describe('a mapping', () => {
  it('is read as it was saved', () => {
    fc.assert(
      fc.property(profile, (each) => {
        expect(parseProfile(formatProfile(each))).toEqual(each)
      }),
    )
  })

  it.each([
    ['a sign that the sender turns round', { sign: -1 }, { sign: -1 }],
    ['the sign as we see it', { sign: 1 }, {}],
    [
      'names of currencies',
      { currency: { column: 'C', aliases: { '€': 'EUR' } } },
      { currency: { column: 'C', aliases: { '€': 'EUR' } } },
    ],
  ])('may say %s', (_, said, meant) => {
    const saved = JSON.stringify({ ...JSON.parse(formatProfile(PROFILE)), ...said })

    expect(parseProfile(saved)).toEqual({ ...PROFILE, ...meant })
    expect(parseProfile(formatProfile(parseProfile(saved)))).toEqual({ ...PROFILE, ...meant })
  })

  it('is saved with a place for everything that could be said', () => {
    const saved = JSON.parse(formatProfile({ ...PROFILE, date: undefined, fee: undefined, net: undefined }))

    expect(saved).toMatchObject({ date: null, fee: null, net: null })
  })

  it('with something open is refused until that is decided and taken out', () => {
    const saved = formatProfile(PROFILE, ['Dates can be either.'])

    expect(() => parseProfile(saved)).toThrow(
      'open still says: Dates can be either. Decide that in the mapping, then take it out of open',
    )
    expect(parseProfile(saved.replace('"Dates can be either."', ''))).toEqual(PROFILE)
  })

  const split = { rule: 'split', credit: 'C', debit: 'D', debitSign: 'positive' }
  const direction = { rule: 'direction', column: 'A', direction: 'T', debit: ['D'], credit: ['C'], minus: 'debits' }
  it.each([
    ['schema', { schema: 'x' }],
    ['colour', { colour: 'red' }],
    ['open', { open: 'x' }],
    ['table', { table: 'csv' }],
    ['table.kind', { table: { kind: 'xml' } }],
    ['table.separator', { table: { kind: 'csv', separator: '--' } }],
    ['table.separator', { table: { kind: 'csv', separator: '"' } }],
    ['table.separator', { table: { kind: 'csv' } }],
    ['table.sheet', { table: { kind: 'xlsx', sheet: 2 } }],
    ['header', { header: -1 }],
    ['header', { header: '1' }],
    ['date', { date: 'Date' }],
    ['date.column', { date: { order: 'dmy' } }],
    ['date.order', { date: { column: 'Date', order: 'ambiguous' } }],
    ['date.zone', { date: { column: 'Date', order: 'dmy', zone: 'x' } }],
    ['amount', { amount: undefined }],
    ['amount.rule', { amount: { rule: 'none' } }],
    ['amount.column', { amount: { rule: 'signed' } }],
    ['sign', { sign: 2 }],
    ['sign', { sign: -1, amount: split }],
    ['sign', { sign: -1, amount: direction }],
    ['currency.aliases', { currency: { code: 'EUR', aliases: {} } }],
    ['currency.aliases', { currency: { column: 'C', aliases: ['EUR'] } }],
    ['currency.aliases["€"]', { currency: { column: 'C', aliases: { '€': 'euro' } } }],
    ['amount.sign', { amount: { rule: 'signed', column: 'A', sign: '-' } }],
    ['amount.credit', { amount: { ...split, credit: '' } }],
    ['amount.debit', { amount: { ...split, debit: 7 } }],
    ['amount.debitSign', { amount: { ...split, debitSign: 'minus' } }],
    ['amount.direction', { amount: { ...direction, direction: null } }],
    ['amount.debit', { amount: { ...direction, debit: 'D' } }],
    ['amount.debit[0]', { amount: { ...direction, debit: [''] } }],
    ['amount.credit', { amount: { ...direction, credit: undefined } }],
    ['amount.minus', { amount: { ...direction, minus: 'x' } }],
    ['decimal', { decimal: ';' }],
    ['minor', { minor: 'yes' }],
    ['currency', { currency: 'EUR' }],
    ['currency', { currency: { column: 'C', code: 'EUR' } }],
    ['currency.code', { currency: { code: 'EUX' } }],
    ['currency.code', { currency: {} }],
    ['currency.column', { currency: { column: '' } }],
    ['fee', { fee: 'Fee' }],
    ['fee.column', { fee: { sign: 'cost' } }],
    ['fee.sign', { fee: { column: 'Fee', sign: '+' } }],
    ['net', { net: 7 }],
    ['balance', { balance: '' }],
    ['references', { references: 'Id' }],
    ['references[1]', { references: ['a', 7] }],
    ['descriptions', { descriptions: Array(65).fill('a') }],
    ['account', { account: 'x'.repeat(2_000) }],
    ['status', { status: [] }],
  ])('is refused by the name of the field: %s', (field, change) => {
    const parse = () => parseProfile(JSON.stringify({ ...PROFILE, ...change }))

    expect(parse).toThrow(ProfileError)
    expect(parse).toThrow(new RegExp(`^"?${field.replace(/[.[\]]/g, '\\$&')}[" ]`))
  })

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
  ])('that is %s is refused', (_what, text) => {
    expect(() => parseProfile(text)).toThrow(ProfileError)
  })
})
