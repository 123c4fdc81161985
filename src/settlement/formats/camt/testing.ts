import fc from 'fast-check'
import { CURRENCIES, formatMinor } from '../../../money/index.ts'

/** Messages as a test has them in mind: written here, so that all of their sums are known. */

export type ModelTransaction = { readonly amount: bigint; readonly endToEnd: string }

export type ModelEntry = {
  /** Signed minor units. */
  readonly amount: bigint
  readonly status: 'BOOK' | 'PDNG' | 'INFO' | 'FUTR'
  readonly isReversal: boolean
  readonly date: string
  readonly bankReference: string
  readonly text: string
  /** Signed, of the same sum as the entry when there are several. */
  readonly transactions: readonly ModelTransaction[]
}

export type ModelStatement = {
  readonly currency: string
  readonly opening: bigint
  readonly entries: readonly ModelEntry[]
}

export type Dialect = {
  readonly name: 'camt.052' | 'camt.053' | 'camt.054'
  readonly version: string
  readonly prefix: string
  readonly lineEnd: string
  readonly opening: 'OPBD' | 'PRCD'
  readonly withSummary: boolean
}

export const DIALECT: Dialect = {
  name: 'camt.053',
  version: '001.08',
  prefix: '',
  lineEnd: '\n',
  opening: 'OPBD',
  withSummary: true,
}

const ROOTS = {
  'camt.052': ['BkToCstmrAcctRpt', 'Rpt'],
  'camt.053': ['BkToCstmrStmt', 'Stmt'],
  'camt.054': ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
} as const

export const anEntry = (more: Partial<ModelEntry> = {}): ModelEntry => ({
  amount: 1_050n,
  status: 'BOOK',
  isReversal: false,
  date: '2026-03-03',
  bankReference: 'bank-1',
  text: 'Invoice 1',
  transactions: [{ amount: 1_050n, endToEnd: 'order-1' }],
  ...more,
})

export const aStatement = (more: Partial<ModelStatement> = {}): ModelStatement => ({
  currency: 'EUR',
  opening: 10_000n,
  entries: [anEntry()],
  ...more,
})

export const bookedSum = ({ entries }: ModelStatement): bigint =>
  sumOf(entries.filter(({ status }) => status === 'BOOK'))

export const closingOf = (statement: ModelStatement): bigint => statement.opening + bookedSum(statement)

const sumOf = (list: readonly { readonly amount: bigint }[]): bigint =>
  list.reduce((sum, { amount }) => sum + amount, 0n)

/** A whole message, each element on a line of its own. */
export function messageOf(statements: readonly ModelStatement[], more: Partial<Dialect> = {}): string {
  const dialect = { ...DIALECT, ...more }
  const [root, report] = ROOTS[dialect.name]
  const namespace = `urn:iso:std:iso:20022:tech:xsd:${dialect.name}.${dialect.version}`
  const text = [
    `<Document>`,
    `<${root}>`,
    '<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-03-04T01:00:00+01:00</CreDtTm></GrpHdr>',
    ...statements.flatMap((statement, index) => [
      `<${report}>`,
      ...reportOf(dialect, statement, index),
      `</${report}>`,
    ]),
    `</${root}>`,
    '</Document>',
    '',
  ].join('\n')
  const prefixed = dialect.prefix === '' ? text : text.replaceAll(/<(\/?)(?=[A-Z])/g, `<$1${dialect.prefix}:`)
  const attribute = dialect.prefix === '' ? 'xmlns' : `xmlns:${dialect.prefix}`
  const whole = prefixed.replace('Document>', `Document ${attribute}="${namespace}">`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${whole}`.replaceAll('\n', dialect.lineEnd)
}

/** What stands in a `Stmt`. */
export function reportOf(dialect: Dialect, statement: ModelStatement, index = 0): string[] {
  const { currency, opening, entries } = statement
  const balances =
    dialect.name === 'camt.054'
      ? []
      : [
          balanceOf(dialect.opening, opening, currency, '2026-03-02'),
          balanceOf('CLAV', opening + 12_345n, currency, '2026-03-03'),
          balanceOf('CLBD', closingOf(statement), currency, '2026-03-03'),
        ]
  return [
    `<Id>ST-${index}</Id>`,
    `<ElctrncSeqNb>${index + 1}</ElctrncSeqNb>`,
    `<Acct><Id><IBAN>DE0000${index}</IBAN></Id><Ccy>${currency}</Ccy></Acct>`,
    ...balances,
    ...(dialect.withSummary ? [summaryOf(dialect, currency, entries)] : []),
    ...entries.map((entry) => entryOf(dialect, entry, currency)),
  ]
}

export const balanceOf = (type: string, amount: bigint, currency: string, date: string): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp>${amountOf(amount, currency)}<Dt><Dt>${date}</Dt></Dt></Bal>`

const indicatorOf = (amount: bigint): string => `<CdtDbtInd>${amount < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`

const unsigned = (amount: bigint, currency: string): string => formatMinor(amount < 0n ? -amount : amount, currency)

const amountOf = (amount: bigint, currency: string): string =>
  `<Amt Ccy="${currency}">${unsigned(amount, currency)}</Amt>\n${indicatorOf(amount)}`

function summaryOf(dialect: Dialect, currency: string, entries: readonly ModelEntry[]): string {
  const credits = entries.filter(({ amount }) => amount >= 0n)
  const debits = entries.filter(({ amount }) => amount < 0n)
  const [credit, debit] = [sumOf(credits), sumOf(debits)]
  const net = credit + debit
  const total = (list: readonly ModelEntry[], sum: bigint): string =>
    `<NbOfNtries>${list.length}</NbOfNtries>\n<Sum>${unsigned(sum, currency)}</Sum>`
  const netOf =
    dialect.version < '001.04'
      ? `<TtlNetNtryAmt>${unsigned(net, currency)}</TtlNetNtryAmt>${indicatorOf(net)}`
      : `<TtlNetNtry><Amt>${unsigned(net, currency)}</Amt>${indicatorOf(net)}</TtlNetNtry>`
  return [
    '<TxsSummry>',
    `<TtlNtries>${total(entries, credit - debit)}${netOf}</TtlNtries>`,
    `<TtlCdtNtries>${total(credits, credit)}</TtlCdtNtries>`,
    `<TtlDbtNtries>${total(debits, debit)}</TtlDbtNtries>`,
    '</TxsSummry>',
  ].join('\n')
}

export function entryOf(dialect: Dialect, entry: ModelEntry, currency: string): string {
  const details = entry.transactions.map((each) => transactionOf(dialect, each, currency, entry.text))
  return [
    '<Ntry>',
    amountOf(entry.amount, currency),
    `<RvslInd>${entry.isReversal}</RvslInd>`,
    dialect.version < '001.08' ? `<Sts>${entry.status}</Sts>` : `<Sts><Cd>${entry.status}</Cd></Sts>`,
    `<BookgDt><Dt>${entry.date}</Dt></BookgDt>`,
    `<AcctSvcrRef>${escaped(entry.bankReference)}</AcctSvcrRef>`,
    '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>',
    ...(details.length === 0 ? [] : [`<NtryDtls>${details.join('\n')}</NtryDtls>`]),
    '</Ntry>',
  ].join('\n')
}

function transactionOf(
  dialect: Dialect,
  { amount, endToEnd }: ModelTransaction,
  currency: string,
  text: string,
): string {
  const money = `<Amt Ccy="${currency}">${unsigned(amount, currency)}</Amt>`
  const isOld = dialect.version < '001.04'
  const party = isOld ? '<Nm>Jane</Nm>' : '<Pty><Nm>Jane</Nm></Pty>'
  return [
    '<TxDtls>',
    `<Refs><EndToEndId>${escaped(endToEnd)}</EndToEndId></Refs>`,
    isOld ? `<AmtDtls><TxAmt>${money}</TxAmt></AmtDtls>` : `${money}${indicatorOf(amount)}`,
    `<RltdPties><Dbtr>${party}</Dbtr></RltdPties>`,
    `<RmtInf><Ustrd>${escaped(text)}</Ustrd></RmtInf>`,
    '</TxDtls>',
  ].join('\n')
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const reference = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', '-', '&', '<', '>', 'é', '日', '😀'),
  minLength: 1,
  maxLength: 8,
})

const amount = fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n })

const entry: fc.Arbitrary<ModelEntry> = fc
  .record({
    status: fc.constantFrom<ModelEntry['status'][]>('BOOK', 'BOOK', 'BOOK', 'PDNG', 'INFO', 'FUTR'),
    isReversal: fc.boolean(),
    date: fc.constantFrom('2026-03-02', '2026-03-03', '2024-02-29'),
    bankReference: reference.map((text) => `b${text}`),
    text: reference,
    sign: fc.constantFrom(1n, -1n),
    transactions: fc.array(fc.record({ amount: fc.bigInt({ min: 1n, max: 2n ** 53n }), endToEnd: reference }), {
      maxLength: 4,
    }),
    alone: amount,
  })
  .map(({ sign, transactions, alone, ...rest }) => {
    const signed = transactions.map((each) => ({ ...each, amount: each.amount * sign }))
    return { ...rest, transactions: signed, amount: signed.length === 0 ? alone : sumOf(signed) }
  })

export const statements: fc.Arbitrary<ModelStatement[]> = fc.array(
  fc.record({
    currency: fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF', ...CURRENCIES.map(({ code }) => code)),
    opening: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
    entries: fc.array(entry, { maxLength: 5 }),
  }),
  { minLength: 1, maxLength: 3 },
)

export const dialects: fc.Arbitrary<Dialect> = fc.record({
  name: fc.constantFrom<Dialect['name'][]>('camt.052', 'camt.053', 'camt.054'),
  version: fc.integer({ min: 2, max: 13 }).map((number) => `001.${String(number).padStart(2, '0')}`),
  prefix: fc.constantFrom('', 'ns2', 'a.b-c'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r', ''),
  opening: fc.constantFrom<Dialect['opening'][]>('OPBD', 'PRCD'),
  withSummary: fc.boolean(),
})
