import { describe, expect, it } from 'vitest'
import { formatsOfSource, readyFormat, type SettlementLine } from '../../settlement/index.ts'
import { type SideSpec, UnreadableInput } from '../side.ts'
import { formatSaved } from './saved.ts'
import { sourceMapping } from './source-mapping.ts'

const SPEC: SideSpec = {
  key: 'Order',
  keyForm: 'loose',
  amount: { rule: 'signed', column: 'Brutto' },
  decimal: ',',
  unit: 'major',
  sign: 1,
  currency: { column: 'Cur' },
  date: { column: 'Tag', order: 'dmy' },
  fee: { column: 'Gebühr', sign: 'cost' },
  kind: 'Art',
  second: 'PSP id',
  status: 'Status',
}

const FILE = `Export of shop 4711
Order;PSP id;Art;Tag;Brutto;Gebühr;Cur;Status
INV-7;ch_1;sale;03.04.2026;1.250,00;36,55;EUR;paid
INV-8;ch_2;refund;04.04.2026;-10,00;0,00;EUR;paid
`

/** The lines of a file as a source with this mapping reads them: `line date amount fee currency references`. */
async function read(spec: SideSpec, file = FILE, ours: SideSpec = SPEC): Promise<readonly string[]> {
  const found = formatsOfSource(undefined, sourceMapping(formatSaved({ ours, theirs: spec }), 'theirs'))
  const bytes = Buffer.from(file)
  const open = async function* () {
    yield bytes
  }
  const format = 'formats' in found ? found.formats.find((each) => each.detects(bytes)) : undefined
  if (format === undefined) return ['no format detects it']
  const lines: SettlementLine[] = []
  const ready = await readyFormat(format, open)
  const summary = await ready.read(open(), async (some) => void lines.push(...some), { zone: 'UTC' })
  return [
    ...lines.map(({ line, businessDate, amount, fee, currency, reference, otherReferences = [], ...of }) =>
      [line, businessDate, amount, fee, currency, reference, ...otherReferences, of.status, of.description].join(' '),
    ),
    ...summary.diagnostics.map(({ severity, code, message }) => `${severity} ${code}: ${message}`),
  ]
}

describe('a mapping that recon saved', () => {
  it('reads the files of a source as recon reads that side', async () => {
    expect(await read(SPEC)).toEqual([
      '3 2026-04-03 125000 3655 EUR INV-7 ch_1 paid sale',
      '4 2026-04-04 -1000 0 EUR INV-8 ch_2 paid refund',
    ])
  })

  it('finds out how a file is laid out', async () => {
    const rows = [
      {
        Order: 'INV-7',
        'PSP id': 'ch_1',
        Art: 'sale',
        Tag: '03.04.2026',
        Brutto: '1.250,00',
        Gebühr: '36,55',
        Cur: 'EUR',
        Status: 'paid',
      },
    ]

    expect(await read(SPEC, FILE.replaceAll(';', '\t'))).toHaveLength(2)
    expect(await read(SPEC, JSON.stringify(rows))).toEqual(['1 2026-04-03 125000 3655 EUR INV-7 ch_1 paid sale'])
  })

  it('reads columns in words that nobody knows', async () => {
    const file = 'aa;bb;cc\nx-1;12,50;EUR\n'
    const spec: SideSpec = {
      ...SPEC,
      ...{ key: 'aa', amount: { rule: 'signed', column: 'bb' }, currency: { column: 'cc' } },
      ...{ date: undefined, fee: undefined, kind: undefined, second: undefined, status: undefined },
    }

    expect(await read(spec, file)).toEqual(['2  1250 0 EUR x-1  '])
  })

  it.each([
    ['a signed amount', SPEC, '-125000 3655'],
    [
      'debit and credit',
      { ...SPEC, amount: { rule: 'split', credit: 'Brutto', debit: 'Order', debitSign: 'positive' } },
      undefined,
    ],
  ] as const)('turns the sign of %s that the side writes the other way round', async (_, spec, shown) => {
    const mapping = sourceMapping(formatSaved({ ours: SPEC, theirs: { ...spec, sign: -1 } }), 'theirs')

    if (shown === undefined) expect(mapping.amount).toMatchObject({ credit: 'Order', debit: 'Brutto' })
    else expect((await read({ ...spec, sign: -1 }))[0]).toContain(shown)
  })

  it.each([
    ['minor', { code: 'EUR' }, true],
    ['hundredths', { code: 'EUR' }, true],
    ['thousandths', { code: 'KWD' }, true],
    ['major', { column: 'Cur' }, false],
  ] as const)('of the unit %s counts %j in minor units: %s', (unit, currency, minor) => {
    const saved = formatSaved({ ours: SPEC, theirs: { ...SPEC, unit, currency } })

    expect(sourceMapping(saved, 'theirs').minor).toBe(minor)
  })

  it.each([
    ['hundredths of any currency', { unit: 'hundredths', currency: { column: 'Cur' } }, 'theirs.unit of hundredths'],
    [
      'debits with a minus the other way round',
      { sign: -1, amount: { rule: 'split', credit: 'A', debit: 'B', debitSign: 'negative' } },
      'theirs.sign of -1',
    ],
  ] as const)('with %s is refused with the place', (_, change, place) => {
    const saved = formatSaved({ ours: SPEC, theirs: { ...SPEC, ...change } })

    expect(() => sourceMapping(saved, 'theirs')).toThrow(UnreadableInput)
    expect(() => sourceMapping(saved, 'theirs')).toThrow(place)
  })
})
