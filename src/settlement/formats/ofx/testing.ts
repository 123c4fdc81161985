import fc from 'fast-check'
import { CURRENCIES, formatMinor } from '../../../money/index.ts'

/** OFX files as a test has them in mind, and their text in the forms that banks write. */

export type ModelTransaction = {
  readonly type: string
  readonly amount: bigint
  readonly fitId: string
  readonly check: string
  readonly name: string
  readonly memo: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export type ModelAccount = {
  readonly kind: 'bank' | 'card'
  readonly account: string
  readonly currency: string
  readonly closing: bigint
  readonly transactions: readonly ModelTransaction[]
}

export type Style = {
  /** 1 is SGML with a header of lines, 2 is XML. */
  readonly version: 1 | 2
  /** Whether elements with a text have an end tag; those of version 2 do. */
  readonly hasEndTags: boolean
  readonly lineEnd: string
  /** Of the times; 0 gives no brackets but `[0:GMT]`. */
  readonly offsetHours: number
}

export const PLAIN: Style = { version: 1, hasEndTags: false, lineEnd: '\n', offsetHours: 0 }

export const AT = Date.parse('2026-03-03T12:00:00.000Z')

export const aTransaction = (more: Partial<ModelTransaction> = {}): ModelTransaction => ({
  type: 'CREDIT',
  amount: 1_000n,
  fitId: 'fit-1',
  check: '',
  name: 'Shop',
  memo: '',
  at: AT,
  ...more,
})

export const anAccount = (more: Partial<ModelAccount> = {}): ModelAccount => ({
  kind: 'bank',
  account: '12345',
  currency: 'EUR',
  closing: 5_000n,
  transactions: [aTransaction()],
  ...more,
})

const HEADERS = {
  1: [
    'OFXHEADER:100',
    'DATA:OFXSGML',
    'VERSION:102',
    'SECURITY:NONE',
    'ENCODING:UTF-8',
    'CHARSET:NONE',
    'COMPRESSION:NONE',
    'OLDFILEUID:NONE',
    'NEWFILEUID:file-1',
    '',
  ],
  2: [
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
    '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="file-1"?>',
  ],
} as const

/** The file in lines without their ends. */
export function linesOf(accounts: readonly ModelAccount[], style: Style): string[] {
  const hasEnds = style.hasEndTags || style.version === 2
  const text = (name: string, value: string): string => `<${name}>${escaped(value)}${hasEnds ? `</${name}>` : ''}`
  const status = ['<STATUS>', text('CODE', '0'), text('SEVERITY', 'INFO'), '</STATUS>']
  const ofKind = (kind: ModelAccount['kind'], [messages, response, statement, from]: readonly string[]): string[] => {
    const own = accounts.filter((account) => account.kind === kind)
    if (own.length === 0) return []
    return [
      `<${messages}>`,
      ...own.flatMap((account) => [
        `<${response}>`,
        text('TRNUID', '1'),
        ...status,
        `<${statement}>`,
        text('CURDEF', account.currency),
        `<${from}>`,
        text('ACCTID', account.account),
        `</${from}>`,
        '<BANKTRANLIST>',
        ...account.transactions.flatMap((each) => transactionLines(each, account.currency, style, text)),
        '</BANKTRANLIST>',
        '<LEDGERBAL>',
        text('BALAMT', formatMinor(account.closing, account.currency)),
        text('DTASOF', '20260303'),
        '</LEDGERBAL>',
        `</${statement}>`,
        `</${response}>`,
      ]),
      `</${messages}>`,
    ]
  }
  return [
    ...HEADERS[style.version],
    '<OFX>',
    '<SIGNONMSGSRSV1>',
    '<SONRS>',
    ...status,
    text('DTSERVER', '20260304'),
    '</SONRS>',
    '</SIGNONMSGSRSV1>',
    ...ofKind('bank', ['BANKMSGSRSV1', 'STMTTRNRS', 'STMTRS', 'BANKACCTFROM']),
    ...ofKind('card', ['CREDITCARDMSGSRSV1', 'CCSTMTTRNRS', 'CCSTMTRS', 'CCACCTFROM']),
    '</OFX>',
  ]
}

function transactionLines(
  { type, amount, fitId, check, name, memo, at }: ModelTransaction,
  currency: string,
  { offsetHours }: Style,
  text: (name: string, value: string) => string,
): string[] {
  const wall = new Date(at + offsetHours * 3_600_000).toISOString().replaceAll(/[-:TZ]/g, '')
  return [
    '<STMTTRN>',
    text('TRNTYPE', type),
    text('DTPOSTED', `${wall}[${offsetHours}:ABC]`),
    text('TRNAMT', formatMinor(amount, currency)),
    text('FITID', fitId),
    ...(check === '' ? [] : [text('CHECKNUM', check)]),
    ...(name === '' ? [] : [text('NAME', name)]),
    ...(memo === '' ? [] : [text('MEMO', memo)]),
    '</STMTTRN>',
  ]
}

export const fileOf = (accounts: readonly ModelAccount[], style: Style = PLAIN): string =>
  linesOf(accounts, style)
    .map((line) => line + style.lineEnd)
    .join('')

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A file of one account in EUR with these lines in its list of transactions, the first of which is line 12. */
export const withList = (...list: string[]): string =>
  [
    'OFXHEADER:100',
    'DATA:OFXSGML',
    'VERSION:102',
    '<OFX>',
    '<BANKMSGSRSV1>',
    '<STMTTRNRS>',
    '<STMTRS>',
    '<CURDEF>EUR',
    '<BANKACCTFROM><ACCTID>12345</BANKACCTFROM>',
    '<BANKTRANLIST>',
    '<DTSTART>20260301<DTEND>20260331',
    ...list,
    '</BANKTRANLIST>',
    '<LEDGERBAL><BALAMT>50.00<DTASOF>20260303</LEDGERBAL>',
    '</STMTRS>',
    '</STMTTRNRS>',
    '</BANKMSGSRSV1>',
    '</OFX>',
    '',
  ].join('\n')

/** A transaction in one line, with other texts than the usual ones; an empty text leaves the element out. */
export const transaction = (texts: Readonly<Record<string, string>> = {}, more = ''): string => {
  const all = { TRNTYPE: 'OTHER', DTPOSTED: '20260303', TRNAMT: '1.00', FITID: 'fit-1', ...texts }
  const elements = Object.entries(all).map(([name, value]) => (value === '' ? '' : `<${name}>${value}`))
  return `<STMTTRN>${elements.join('')}${more}</STMTTRN>`
}

const words = fc
  .string({ unit: fc.constantFrom('a', 'Z', '9', '_', ' ', '&', '<', '>', ';', '#', 'é', '日', '😀'), maxLength: 20 })
  .map((text) => text.trim())

const transactions: fc.Arbitrary<ModelTransaction> = fc
  .record({
    type: fc.constantFrom('by sign', 'POS', 'CHECK', 'FEE', 'SRVCHG', 'XFER', 'OTHER'),
    amount: fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
    fitId: words,
    check: fc.constantFrom('', '1000', 'A-7'),
    name: words,
    memo: words,
    at: fc.integer({ min: Date.parse('1990-01-01T00:00:00Z'), max: Date.parse('2090-01-01T00:00:00Z') }),
  })
  .map((each) => (each.type === 'by sign' ? { ...each, type: each.amount < 0n ? 'DEBIT' : 'CREDIT' } : each))

/** Accounts of banks, then those of cards. */
export const accounts: fc.Arbitrary<ModelAccount[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('bank' as const, 'card' as const),
      account: fc.constantFrom('12345', '1', 'DE02 1203 0000', 'a'),
      currency: fc.constantFrom('JPY', 'KWD', 'CLF', ...CURRENCIES.map(({ code }) => code)),
      closing: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
      transactions: fc.array(transactions, { maxLength: 5 }),
    }),
    { maxLength: 3 },
  )
  .map((list) => list.sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0)))

export const styles: fc.Arbitrary<Style> = fc.record({
  version: fc.constantFrom(1 as const, 2 as const),
  hasEndTags: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r', ''),
  offsetHours: fc.integer({ min: -12, max: 14 }),
})
