import fc from 'fast-check'

/** BAI2 files as a test has them in mind. All their sums are right. */

export type ModelDetail = {
  readonly typeCode: string
  /** As it is written: minor units without the direction of the type code. */
  readonly amount: bigint
  /** The funds type and its fields, e.g. `V,260303,0915`. */
  readonly funds: string
  readonly bankReference: string
  readonly customerReference: string
  /** The text of the record and of each 88 behind it. */
  readonly texts: readonly string[]
}

export type ModelAccount = {
  readonly number: string
  readonly currency: string
  readonly opening: bigint
  readonly details: readonly ModelDetail[]
}

export type ModelGroup = { readonly date: string; readonly accounts: readonly ModelAccount[] }

export type Writing = {
  /** Whether the totals of the accounts have the amounts of record 03 in them. */
  readonly withSummaries?: boolean
  /** Whether a text ends with `/`. */
  readonly endsTexts?: boolean
}

export const aDetail = (more: Partial<ModelDetail> = {}): ModelDetail => ({
  typeCode: '142',
  amount: 12_345n,
  funds: 'Z',
  bankReference: 'BANK-1',
  customerReference: 'ORDER-1',
  texts: ['ACH CREDIT'],
  ...more,
})

export const anAccount = (more: Partial<ModelAccount> = {}): ModelAccount => ({
  number: '5551001',
  currency: 'USD',
  opening: 100_000n,
  details: [aDetail(), aDetail({ typeCode: '475', amount: 2_300n, bankReference: 'BANK-2', customerReference: '' })],
  ...more,
})

export const isDebit = ({ typeCode }: ModelDetail): boolean => typeCode >= '400'

export const effectOf = (detail: ModelDetail): bigint => (isDebit(detail) ? -detail.amount : detail.amount)

export const closingOf = ({ opening, details }: ModelAccount): bigint =>
  details.reduce((sum, detail) => sum + effectOf(detail), opening)

const totalOf = (list: readonly ModelDetail[]): bigint => list.reduce((sum, { amount }) => sum + amount, 0n)

/** The lines of the file, without their ends. */
export function rowsOf(groups: readonly ModelGroup[], writing: Writing = {}): string[] {
  const written = groups.map((group) => groupRows(group, writing))
  const rows = written.flatMap(({ rows: own }) => own)
  const total = written.reduce((sum, { total: own }) => sum + own, 0n)
  return ['01,BANK1,US1,260304,0115,1,,,2/', ...rows, `99,${total},${groups.length},${rows.length + 2}/`]
}

function groupRows({ date, accounts }: ModelGroup, writing: Writing): { rows: string[]; total: bigint } {
  const written = accounts.map((account) => accountRows(account, writing))
  const rows = written.flatMap(({ rows: own }) => own)
  const total = written.reduce((sum, { total: own }) => sum + own, 0n)
  return {
    rows: [`02,US1,BANK1,1,${date},2400,USD,2/`, ...rows, `98,${total},${accounts.length},${rows.length + 2}/`],
    total,
  }
}

function accountRows(account: ModelAccount, { withSummaries = true, endsTexts = true }: Writing) {
  const { number, currency, opening, details } = account
  const closing = closingOf(account)
  const credits = details.filter((detail) => !isDebit(detail))
  const debits = details.filter(isDebit)
  const summaries = opening + 2n * closing + totalOf(credits) + totalOf(debits)
  const rows = [
    `03,${number},${currency},010,${opening},,,015,${closing},,/`,
    `88,045,${closing},,V,260305,,100,${totalOf(credits)},${credits.length},/`,
    `88,400,${totalOf(debits)},${debits.length},Z/`,
    ...details.flatMap((detail) => detailRows(detail, endsTexts)),
  ]
  const total = totalOf(details) + (withSummaries ? summaries : 0n)
  return { rows: [...rows, `49,${total},${rows.length + 1}/`], total }
}

function detailRows(detail: ModelDetail, endsTexts: boolean): string[] {
  const { typeCode, amount, funds, bankReference, customerReference, texts } = detail
  const [text = '', ...more] = texts
  const end = (row: string): string => (endsTexts || row.endsWith('/') ? `${row}/` : row)
  return [
    end(`16,${typeCode},${amount},${funds},${bankReference},${customerReference},${text}`),
    ...more.map((each) => end(`88,${each}`)),
  ]
}

export const textOf = (rows: readonly string[], lineEnd = '\n'): string => rows.map((row) => row + lineEnd).join('')

/** With commas and slashes, which a text may have anywhere, but none that separates nothing at its end. */
const text = fc
  .string({ unit: fc.constantFrom('a', 'Z', '7', ' ', ',', '/', '-', 'é', '日'), maxLength: 16 })
  .map((each) => each.trim().replace(/[\s,]+$/, ''))
  .filter((each) => each !== '')

const reference = fc.string({ unit: fc.constantFrom('a', 'Z', '7', '-', '/', '.'), maxLength: 12 })

const detail: fc.Arbitrary<ModelDetail> = fc.record({
  typeCode: fc.constantFrom('108', '142', '195', '399', '451', '475', '699'),
  amount: fc.bigInt({ min: -1_000n, max: 10n ** 15n }),
  funds: fc.constantFrom('', 'Z', '0', '1', '2', 'V,260303,0915', 'V,260303,', 'S,1,2,3', 'D,2,0,5,1,7', 'D,0'),
  bankReference: reference,
  customerReference: reference,
  texts: fc.array(text, { minLength: 1, maxLength: 3 }),
})

const account: fc.Arbitrary<ModelAccount> = fc.record({
  number: fc.stringMatching(/^[0-9A-Z-]{1,12}$/),
  currency: fc.constantFrom('USD', 'EUR', 'JPY', 'KWD'),
  opening: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
  details: fc.array(detail, { maxLength: 5 }),
})

export const groups: fc.Arbitrary<ModelGroup[]> = fc.array(
  fc.record({ date: fc.constantFrom('260302', '260303'), accounts: fc.array(account, { maxLength: 3 }) }),
  { maxLength: 3 },
)
