import { describe, expect, it } from 'vitest'
import type { FileSummary, SettlementLine } from '../format.ts'
import { detectFormat, FORMATS } from '../index.ts'
import { readAll } from '../testing.ts'
import { camtFormats } from './camt.ts'
import { anEntry, aStatement, type Dialect, messageOf } from './testing.ts'

const read = async (
  text: string | Uint8Array,
  name: Dialect['name'] = 'camt.053',
): Promise<{ summary: FileSummary; lines: readonly SettlementLine[] }> => {
  const format = camtFormats.find((each) => each.name === name)
  if (format === undefined) throw new Error(name)
  return readAll(format, text)
}

const PLAIN = { withSummary: false }

/** A message with one entry of 10.50 EUR, from 100.00 to 110.50. */
const one = (more: Partial<Dialect> = PLAIN): string => messageOf([aStatement()], more)

/** The text with one part replaced, which has to be there. */
function replaced(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`not found: ${String(from)}`)
  return changed
}

const zoned = async (text: string, zone: string): Promise<SettlementLine | undefined> => {
  const lines: SettlementLine[] = []
  const bytes = (async function* () {
    yield Buffer.from(text)
  })()
  await camtFormats[1]?.read(bytes, async (piece) => void lines.push(...piece), { zone })
  return lines[0]
}

describe('The sign of an entry', () => {
  it('is that of CdtDbtInd, whatever RvslInd says', async () => {
    const entries = [1_050n, -1_050n].flatMap((amount) =>
      [true, false].map((isReversal) => anEntry({ amount, isReversal, transactions: [] })),
    )

    const { summary, lines } = await read(messageOf([aStatement({ entries })]))

    expect(lines.map(({ amount }) => amount)).toEqual([1_050n, 1_050n, -1_050n, -1_050n])
    expect(summary.statements[0]?.control).toEqual({ status: 'pass' })
  })

  it.each([
    ['is missing', /<CdtDbtInd>CRDT<\/CdtDbtInd>\n<RvslInd>/, '<RvslInd>', 'Ntry has no CdtDbtInd'],
    ['is another word', /CRDT(?=<\/CdtDbtInd>\n<RvslInd>)/, 'CR', '"CR" is neither CRDT nor DBIT'],
  ])('that %s makes it unreadable', async (_name, from, to, message) => {
    const { summary, lines } = await read(replaced(one(), from, to))

    expect(lines).toEqual([])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'direction', message }])
    expect(summary.statements[0]?.control).toMatchObject({ status: 'fail', difference: -1_050n })
  })
})

describe('An amount', () => {
  it.each([
    ['12..34', 'two marks'],
    ['10,50', 'a comma'],
    ['-10.50', 'a sign'],
    ['', 'nothing'],
    ['1e3', 'an exponent'],
    ['١٠', 'other digits'],
    ['9'.repeat(30), 'more than any balance'],
    ['NaN', 'a word'],
  ])('of %s is told with its place, and is never zero', async (written) => {
    const text = replaced(
      one(),
      '>10.50</Amt>\n<CdtDbtInd>CRDT</CdtDbtInd>\n<RvslInd>',
      `>${written}</Amt>\n<CdtDbtInd>CRDT</CdtDbtInd>\n<RvslInd>`,
    )

    const { summary, lines } = await read(text)

    expect(lines).toEqual([])
    expect(summary.readable).toBe(true)
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'amount', line: 16 }])
    expect(summary.diagnostics[0]?.column).toBeGreaterThan(0)
    expect(summary.statements[0]).toMatchObject({ lines: 0, control: { status: 'fail', difference: -1_050n } })
  })

  it.each([
    ['000000000000010.50', 1_050n],
    ['10.5', 1_050n],
    ['10.50000', 1_050n],
    ['+10.50', 1_050n],
    [' 10.50\n', 1_050n],
  ])('of %j is read exactly', async (written, amount) => {
    const { summary, lines } = await read(one().replaceAll('>10.50<', `>${written}<`))

    expect(lines[0]?.amount).toBe(amount)
    expect(summary).toMatchObject({ diagnostics: [], statements: [{ control: { status: 'pass' } }] })
  })

  it('that is finer than its currency is rounded half away from zero, and told', async () => {
    const text = one().replaceAll('>10.50<', '>10.505<').replaceAll('CRDT', 'DBIT')

    const { summary, lines } = await read(text)

    expect(lines[0]?.amount).toBe(-1_051n)
    expect(summary.diagnostics).toContainEqual(expect.objectContaining({ severity: 'warning', code: 'rounding' }))
  })

  it('is compared exactly, also where the difference is finer than a minor unit', async () => {
    const { summary } = await read(one().replace('>110.50<', '>110.4999999999996<'))

    expect(summary.statements[0]?.control).toEqual({
      status: 'fail',
      what: 'the closing balance in EUR: it differs by 0.0000000000004 EUR',
      stated: 11_050n,
      computed: 11_050n,
      difference: 0n,
    })
  })

  it('of halves that only add up before they are rounded does not prove the lines', async () => {
    const entries = [anEntry({ transactions: [] }), anEntry({ transactions: [] })]
    const text = messageOf([aStatement({ entries })], PLAIN)
      .replaceAll('>10.50<', '>0.005<')
      .replace('>121.00<', '>100.01<')

    const { summary } = await read(text)

    expect(summary.statements[0]?.control).toMatchObject({ status: 'fail', difference: 1n })
  })

  it('keeps the currencies with other minor units, and of other letters', async () => {
    const models = [aStatement({ currency: 'JPY' }), aStatement({ currency: 'KWD' }), aStatement({ currency: 'CLF' })]

    const { summary, lines } = await read(messageOf(models).replaceAll('"JPY"', '"jpy"'))

    expect(lines.map(({ amount, currency }) => [amount, currency])).toEqual(
      ['JPY', 'KWD', 'CLF'].map((currency) => [1_050n, currency]),
    )
    expect(summary.statements.map(({ control }) => control.status)).toEqual(['pass', 'pass', 'pass'])
  })

  it('may be in a currency of its time', async () => {
    const { summary, lines } = await read(one().replaceAll('EUR', 'BGN'))

    expect(lines).toMatchObject([{ currency: 'BGN', amount: 1_050n }])
    expect(summary).toMatchObject({ diagnostics: [], statements: [{ currency: 'BGN', control: { status: 'pass' } }] })
  })

  it('in no known currency makes its entry unreadable', async () => {
    const { summary } = await read(replaced(one(), /Ccy="EUR"(?=>10.50)/, 'Ccy="EUX"'))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'currency' }])
  })

  it('without a currency has the one of the account', async () => {
    const { summary, lines } = await read(one().replaceAll(' Ccy="EUR"', ''))

    expect(lines[0]).toMatchObject({ currency: 'EUR', amount: 1_050n })
    expect(summary.statements[0]?.control.status).toBe('pass')
  })
})

describe('An entry that is not booked', () => {
  it.each(['PDNG', 'INFO', 'FUTR'] as const)('%s is a line that is in no sum', async (status) => {
    const entries = [anEntry(), anEntry({ status, amount: 9_900n, transactions: [] })]

    const { summary, lines } = await read(messageOf([aStatement({ entries })]))

    expect(lines.map(({ booked, status: word }) => [booked, word])).toEqual([
      [undefined, 'BOOK'],
      [false, status],
    ])
    expect(summary.statements[0]).toMatchObject({ lines: 2, credits: 1_050n, control: { status: 'pass' } })
  })

  it('is one whose status is not known; one without a status is booked, and both are told', async () => {
    const other = await read(replaced(one(), 'BOOK', 'MAYBE'))
    const none = await read(replaced(one(), /<Sts>.*<\/Sts>/, ''))

    expect(other.lines[0]).toMatchObject({ booked: false, status: 'MAYBE' })
    expect([none.lines[0]?.booked, none.lines[0]?.status]).toEqual([undefined, undefined])
    expect(other.summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'status' }])
    expect(none.summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'status' }])
  })
})

describe('A date', () => {
  const dated = (inner: string): string => one().replace('<BookgDt><Dt>2026-03-03</Dt></BookgDt>', inner)

  it.each([
    ['<BookgDt><Dt>2026-03-03</Dt></BookgDt>', undefined],
    ['<BookgDt><Dt>2026-03-03+01:00</Dt></BookgDt>', undefined],
    ['<BookgDt><Dt>2026-03-03Z</Dt></BookgDt>', undefined],
    ['<BookgDt><DtTm>2026-03-03T10:00:00</DtTm></BookgDt>', undefined],
    ['<BookgDt><DtTm>2026-03-03T00:30:00.000000000+01:00</DtTm></BookgDt>', '2026-03-02T23:30:00.000Z'],
    ['<BookgDt><Dt>2026-03-03T10:00:00.25Z</Dt></BookgDt>', '2026-03-03T10:00:00.250Z'],
    ['<BookgDt><Dt><DtTm>2026-03-03T10:00:00-05:00</DtTm></Dt></BookgDt>', '2026-03-03T15:00:00.000Z'],
  ])('%s is its day as it was written, and an instant only with an offset', async (inner, instant) => {
    const { summary, lines } = await read(dated(inner))

    expect(lines[0]?.businessDate).toBe('2026-03-03')
    expect(lines[0]?.occurredAt?.toISOString()).toBe(instant)
    expect(summary.diagnostics).toEqual([])
  })

  it('with a time and no offset is in the zone that is asked for', async () => {
    const text = dated('<BookgDt><DtTm>2026-07-03T10:00:00</DtTm></BookgDt>')

    expect((await zoned(text, 'Europe/Zurich'))?.occurredAt?.toISOString()).toBe('2026-07-03T08:00:00.000Z')
  })

  it.each([
    ['<BookgDt><Dt>2026-03-03+25:00</Dt></BookgDt>', 'zone'],
    ['<BookgDt><DtTm>2026-03-03T10:00:00+14:30</DtTm></BookgDt>', 'time'],
    ['<BookgDt><DtTm>2026-03-03T10:00:00-13:00</DtTm></BookgDt>', 'time'],
    ['<BookgDt><DtTm>2026-03-03T10:00:00+01:60</DtTm></BookgDt>', 'time'],
  ])('%s has an offset that no zone has, which is told, and only its day', async (inner, code) => {
    const { summary, lines } = await read(dated(inner))

    expect(lines[0]).toMatchObject({ businessDate: '2026-03-03', occurredAt: undefined })
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code }])
  })

  it.each(['2026-02-30', '2026-13-01', '03.03.2026', 'soon', '2026-02-30T10:00:00Z'])(
    '%s is told, and its line comes without it',
    async (written) => {
      const { summary, lines } = await read(dated(`<BookgDt><Dt>${written}</Dt></BookgDt>`))

      expect(lines[0]).toMatchObject({ amount: 1_050n, businessDate: undefined, occurredAt: undefined })
      expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date' }])
      expect(summary.statements[0]?.control.status).toBe('pass')
    },
  )

  it('with a time that is none keeps its day', async () => {
    const { summary, lines } = await read(dated('<BookgDt><DtTm>2026-03-03T25:00:00Z</DtTm></BookgDt>'))

    expect(lines[0]).toMatchObject({ businessDate: '2026-03-03', occurredAt: undefined })
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'time' }])
  })

  it('that is missing is told for a booked entry', async () => {
    const { summary, lines } = await read(dated(''))

    expect(lines[0]?.businessDate).toBeUndefined()
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date' }])
  })
})

describe('The text of a message', () => {
  const text = one().replace('Invoice 1', 'Überweisung für Café')
  const latin = text.replace('UTF-8', 'ISO-8859-1')

  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['ISO 8859-1, declared', Buffer.from(latin, 'latin1')],
    ['UTF-16 with a byte order mark', Buffer.from(`\uFEFF${text.replace('UTF-8', 'UTF-16')}`, 'utf16le')],
    ['UTF-8 that says it is UTF-16', Buffer.from(text.replace('UTF-8', 'UTF-16'))],
    ['UTF-8 without a declaration', Buffer.from(text.slice(text.indexOf('\n') + 1))],
    ['UTF-8 after empty lines', Buffer.from(`\r\n\n ${text}`)],
  ])('in %s is read and detected', async (_name, bytes) => {
    const { summary, lines } = await read(bytes)

    expect(lines[0]?.description).toBe('Jane; Überweisung für Café')
    expect(summary).toMatchObject({ readable: true, diagnostics: [] })
    expect(detectFormat(bytes.subarray(0, 4_096))?.name).toBe('camt.053')
  })

  it('may have comments, CDATA and entities in it', async () => {
    const odd = one().replace('Invoice 1', 'A &amp; B<!-- not <this> --> &#67;<![CDATA[ & <D>]]>')

    expect((await read(odd)).lines[0]?.description).toBe('Jane; A & B C & <D>')
  })

  it('with a character that XML forbids is read without it, and it is told', async () => {
    const { summary, lines } = await read(one().replace('Invoice 1', 'Invoice\u0001 1'))

    expect(lines[0]?.description).toBe('Jane; Invoice  1')
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'xml' }])
  })

  it('gives each line its place', async () => {
    const entries = [anEntry(), anEntry({ transactions: [] })]
    const written = messageOf([aStatement({ entries })], PLAIN)
    const places = written.split('\n').flatMap((row, index) => (row === '<Ntry>' ? [index + 1] : []))

    for (const lineEnd of ['\n', '\r\n', '\r'])
      expect((await read(written.replaceAll('\n', lineEnd))).lines.map(({ line }) => line)).toEqual(places)
  })
})

describe('A message', () => {
  it.each([
    [
      'a business application header',
      (text: string) => `<message><AppHdr><MsgDefIdr>x</MsgDefIdr></AppHdr>${text}</message>`,
    ],
    ['an envelope with prefixes', (text: string) => `<e:BizMsgEnvlp xmlns:e="urn:x"><e:Hdr/>${text}</e:BizMsgEnvlp>`],
    [
      'a SOAP body',
      (text: string) => `<s:Envelope xmlns:s="urn:s"><s:Header/><s:Body><x:R>${text}</x:R></s:Body></s:Envelope>`,
    ],
  ])('in %s is read', async (_name, wrap) => {
    const text = wrap(one().slice(one().indexOf('<Document')))

    const { summary, lines } = await read(text)

    expect(lines).toHaveLength(1)
    expect(summary).toMatchObject({ readable: true, version: '001.08', diagnostics: [] })
    expect(detectFormat(Buffer.from(text))?.name).toBe('camt.053')
  })

  it.each([
    ['without a prefix', ''],
    ['with a prefix', 'c'],
  ])('has its version from a namespace that its root declares itself, %s', async (_name, prefix) => {
    const text = one({ ...PLAIN, prefix })
    const [declaration = ''] = / xmlns[^>]*/.exec(text) ?? []
    const moved = replaced(replaced(text, declaration, ''), 'BkToCstmrStmt>', `BkToCstmrStmt${declaration}>`)

    const { summary } = await read(moved)

    expect(summary).toMatchObject({ readable: true, version: '001.08', diagnostics: [] })
  })

  it.each([
    ['no namespace', / xmlns="[^"]*"/, '', undefined],
    ['the namespace of another message', 'camt.053.001.08', 'camt.054.001.08', undefined],
    ['a namespace of something else', /urn:iso[^"]*/, 'http://example.com/x', undefined],
    ['a version that is not known', '001.08', '001.99', '001.99'],
  ])('with %s is read by its elements, and that is told', async (_name, from, to, version) => {
    const text = replaced(one(), from, to)

    const { summary, lines } = await read(text)

    expect(lines).toHaveLength(1)
    expect(summary).toMatchObject({ version, diagnostics: [{ severity: 'warning', code: 'namespace' }] })
    expect(detectFormat(Buffer.from(text))?.name).toBe('camt.053')
  })

  it.each([
    ['of another kind', () => messageOf([aStatement()], { name: 'camt.052' }), 'no_message'],
    ['of no kind', () => '<Document><CstmrCdtTrfInitn/></Document>', 'no_message'],
    ['without a statement', () => messageOf([]), 'no_statement'],
    ['that ends too early', () => one().slice(0, -20), 'xml'],
    ['that ends in a tag', () => one().slice(0, -5), 'xml'],
    ['with tags that do not match', () => one().replace('</Ntry>', '</Entry>'), 'xml'],
    ['with an ampersand of its own', () => one().replace('Invoice 1', 'A & B'), 'xml'],
    ['twice', () => one() + one(), 'xml'],
    ['that is empty', () => '', 'xml'],
    [
      'with a document type',
      () => one().replace('<Document', '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///a">]><Document'),
      'doctype',
    ],
    [
      'with an external document type',
      () => one().replace('<Document', '<!DOCTYPE d SYSTEM "http://127.0.0.1/x"><Document'),
      'doctype',
    ],
    ['nested without a bound', () => one().replace('<Id>ST-0</Id>', '<x>'.repeat(100_000)), 'nesting'],
    ['with a text without a bound', () => one().replace('Invoice 1', 'x'.repeat(3_000_000)), 'xml'],
    ['with a tag without a bound', () => one().replace('<Id>', `<Id ${'a="b" '.repeat(500_000)}>`), 'xml'],
    ['with a comment without a bound', () => one().replace('<Id>', `<!--${'-x'.repeat(1_500_000)}--><Id>`), 'xml'],
    [
      'with an element without a bound',
      () => one().replace('<Id>ST-0</Id>', `<Acct>${'<x/>'.repeat(200_000)}</Acct>`),
      'too_large',
    ],
    [
      'with statements without a bound',
      () => one().replace('<Stmt>', `${'<Stmt></Stmt>'.repeat(10_001)}<Stmt>`),
      'too_many_statements',
    ],
  ])('%s cannot be used, and says why', async (_name, text, code) => {
    const { summary } = await read(text())

    expect(summary.readable).toBe(false)
    expect(summary.diagnostics.at(-1)).toMatchObject({ severity: 'error', code })
  })

  it('refuses a document type with its reason', async () => {
    const { summary } = await read('<?xml version="1.0"?>\n<!DOCTYPE x>\n<Document/>')

    expect(summary.diagnostics[0]).toMatchObject({ line: 2, message: expect.stringContaining('XXE, billion laughs') })
  })

  it('may have something after its end that is no element', async () => {
    const { summary } = await read(`${one()}\u001a`)

    expect(summary.readable).toBe(true)
    expect(summary.statements[0]?.control.status).toBe('pass')
  })

  it.each([
    ['text that names a root', 'a,b\n<BkToCstmrStmt>,1\n', undefined],
    ['a comment that names a root', '<?xml version="1.0"?><!-- <BkToCstmrStmt> --><Document/>', undefined],
    ['a comment about another message', '<!-- <BkToCstmrStmt> --><Document><BkToCstmrAcctRpt>', 'camt.052'],
    ['a long header that announces it', `<M><MsgDefIdr>camt.054.001.08</MsgDefIdr>${'<x/>'.repeat(2_000)}`, 'camt.054'],
    ['a namespace', '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.03">', 'camt.053'],
    ['a payment initiation', '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03">', undefined],
    [
      'a schema location',
      '<Document xsi:schemaLocation="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02 x.xsd">',
      undefined,
    ],
  ])('is detected by %s or not at all', (_name, text, name) => {
    const beginning = Buffer.from(text).subarray(0, 4_096)

    expect(FORMATS.filter((format) => format.detects(beginning)).map((format) => format.name)).toEqual(
      name === undefined ? [] : [name],
    )
  })
})
