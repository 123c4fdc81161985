import fc from 'fast-check'

/** CODA files as a test has them in mind. All their sums are right. Amounts are thousandths of a major unit. */

export type ModelMovement = {
  readonly amount: bigint
  readonly bankReference: string
  readonly customerReference: string
  /** At most 149 characters; a structured one begins with its type. */
  readonly communication: string
  readonly isStructured: boolean
  readonly name: string
  readonly account: string
  readonly information: string
  /** Parts of a movement that is a sum; the last of them is the rest. */
  readonly parts: readonly bigint[]
}

export type ModelStatement = {
  /** 0 is a Belgian number, 2 a Belgian IBAN, 3 an IBAN. */
  readonly structure: '0' | '2' | '3'
  readonly account: string
  readonly currency: string
  readonly opening: bigint
  readonly movements: readonly ModelMovement[]
}

export const aMovement = (more: Partial<ModelMovement> = {}): ModelMovement => ({
  amount: 12_340n,
  bankReference: 'BANKREF-1',
  customerReference: 'ORDER-1',
  communication: 'A FREE TEXT',
  isStructured: false,
  name: 'JANE DOE',
  account: 'BE68539007547034',
  information: '',
  parts: [],
  ...more,
})

export const aStatement = (more: Partial<ModelStatement> = {}): ModelStatement => ({
  structure: '2',
  account: 'BE71096123456769',
  currency: 'EUR',
  opening: 100_000n,
  movements: [aMovement(), aMovement({ amount: -2_500n, bankReference: 'BANKREF-2', customerReference: '' })],
  ...more,
})

export const closingOf = ({ opening, movements }: ModelStatement): bigint =>
  movements.reduce((sum, { amount }) => sum + amount, opening)

const digits = (value: bigint): string => (value < 0n ? -value : value).toString().padStart(15, '0')
const money = (value: bigint): string => (value < 0n ? '1' : '0') + digits(value)

/** A record of 128 characters from texts and the places where they begin, counted from 1. */
export function recordOf(...fields: readonly (readonly [number, string])[]): string {
  let record = ''
  for (const [from, text] of fields) record = record.padEnd(from - 1) + text
  return record.padEnd(128)
}

const accountField = ({ structure, account, currency }: ModelStatement): string =>
  structure === '0' ? `${account.padEnd(12)} ${currency}0BE`.padEnd(37) : account.padEnd(34) + currency

/** One file for each statement, without the ends of lines. */
export const rowsOf = (statements: readonly ModelStatement[]): string[] =>
  statements.flatMap((statement, index) => fileRows(statement, index === statements.length - 1))

function fileRows(statement: ModelStatement, isLast: boolean): string[] {
  const { structure, opening, movements } = statement
  const inner = [
    recordOf(
      [1, `1${structure}062`],
      [6, accountField(statement)],
      [43, `${money(opening)}020326`],
      [65, 'OWNER'],
      [126, '062'],
    ),
    ...movements.flatMap((movement, index) => movementRows(movement, String((index + 1) % 10_000).padStart(4, '0'))),
    recordOf([1, '8062'], [5, accountField(statement)], [42, `${money(closingOf(statement))}030326`], [128, '0']),
  ]
  const sumOf = (of: (amount: bigint) => boolean): bigint =>
    movements.reduce((sum, { amount }) => (of(amount) ? sum + amount : sum), 0n)
  return [
    recordOf(
      [1, '0000003032625005'],
      [25, 'FILE-1'],
      [35, 'OWNER'],
      [61, 'BBRUBEBB'],
      [72, '00123456789'],
      [84, '00000'],
      [128, '2'],
    ),
    ...inner,
    recordOf(
      [1, '9'],
      [
        17,
        String(inner.length % 1_000_000).padStart(6, '0') +
          digits(sumOf((amount) => amount < 0n)) +
          digits(sumOf((amount) => amount > 0n)),
      ],
      [128, isLast ? '2' : '1'],
    ),
  ]
}

function movementRows(movement: ModelMovement, sequence: string): string[] {
  const { amount, parts, information } = movement
  const rows = movementRecords(movement, sequence, { detail: '0000', depth: parts.length > 0 ? '1' : '0' })
  let rest = amount
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const own = isLast ? rest : part
    rest -= own
    const detail = String(index + 1).padStart(4, '0')
    const depth = isLast ? '1' : '0'
    const reference = `PART-${index + 1}`
    rows.push(
      ...movementRecords({ ...movement, amount: own, customerReference: reference }, sequence, { detail, depth }),
    )
  }
  if (information !== '')
    rows.push(recordOf([1, '31'], [3, `${sequence}0001`], [11, 'X'], [40, `0${information}`], [126, '0 0']))
  return rows
}

function movementRecords(
  { amount, bankReference, customerReference, communication, isStructured, name, account }: ModelMovement,
  sequence: string,
  { detail, depth }: { readonly detail: string; readonly depth: string },
): string[] {
  const key = sequence + detail
  const said = [communication.slice(0, 53), communication.slice(53, 106), communication.slice(106)]
  return [
    recordOf(
      [1, `21${key}${bankReference}`],
      [32, `${money(amount)}02032600150000${isStructured ? '1' : '0'}${said[0]}`],
      [116, `030326062${depth}1 0`],
    ),
    recordOf([1, `22${key}${said[1]}`], [64, customerReference], [126, '1 0']),
    recordOf([1, `23${key}${account}`], [45, 'EUR'], [48, name], [83, said[2] ?? ''], [126, '0 0']),
  ]
}

export const textOf = (rows: readonly string[], lineEnd = '\n'): string => rows.map((row) => row + lineEnd).join('')

const words = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: fc.constantFrom('a', 'Z', '7', ' ', '/', 'é', '-'), maxLength })
    .map((text) => text.replace(/\s+/g, ' ').trim())

const reference = fc.string({ unit: fc.constantFrom('A', 'z', '4', '-'), maxLength: 21 })

/** The amount of minor units that a bank can have, with no more decimals than the currency has. */
const amountIn = (currency: string, most: bigint): fc.Arbitrary<bigint> => {
  const unit = currency === 'JPY' ? 1_000n : currency === 'KWD' ? 1n : 10n
  return fc.bigInt({ min: -most / unit, max: most / unit }).map((amount) => amount * unit)
}

const movement = (currency: string): fc.Arbitrary<ModelMovement> =>
  fc.record({
    amount: amountIn(currency, 10n ** 13n).filter((amount) => amount !== 0n),
    bankReference: reference,
    customerReference: reference,
    communication: words(149),
    isStructured: fc.constant(false),
    name: words(35),
    account: fc.constantFrom('', 'BE68539007547034', 'NL91ABNA0417164300'),
    information: words(73),
    parts: fc.array(amountIn(currency, 10n ** 13n), { maxLength: 3 }),
  })

const statement: fc.Arbitrary<ModelStatement> = fc.constantFrom('EUR', 'USD', 'JPY', 'KWD').chain((currency) =>
  fc.record({
    structure: fc.constantFrom('0', '2', '3'),
    account: fc.stringMatching(/^[0-9]{12}$/),
    currency: fc.constant(currency),
    opening: amountIn(currency, 10n ** 14n),
    movements: fc.array(movement(currency), { maxLength: 4 }),
  }),
)

export const statements: fc.Arbitrary<ModelStatement[]> = fc.array(statement, { minLength: 1, maxLength: 3 })
