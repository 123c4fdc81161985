import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileSummary, SettlementLine } from '../format.ts'
import { isFine, readAll } from '../testing.ts'
import { mutated } from '../text/testing.ts'
import { coda } from './coda.ts'
import {
  aMovement,
  aStatement,
  closingOf,
  type ModelMovement,
  recordOf,
  rowsOf,
  statements,
  textOf,
} from './testing.ts'

const read = (text: string | Uint8Array, chunkBytes?: number): ReturnType<typeof readAll> =>
  readAll(coda, text, chunkBytes)

const ONE = [aStatement()]
const withMovements = (...movements: ModelMovement[]): string => textOf(rowsOf([aStatement({ movements })]))

/** The file of ONE with one row changed. */
function changed(search: RegExp, change: (row: string) => string, of = ONE): string {
  const rows = rowsOf(of)
  const place = rows.findIndex((row) => search.test(row))
  expect(place).toBeGreaterThan(-1)
  return textOf(rows.map((row, index) => (index === place ? change(row) : row)).filter((row) => row !== ''))
}

/** The row with other characters from this place on, counted from 1. */
const put =
  (from: number, text: string) =>
  (row: string): string =>
    row.slice(0, from - 1) + text + row.slice(from - 1 + text.length)

const controlsOf = ({ statements: all }: FileSummary) => all.map(({ control }) => control)

const scaleOf = (currency: string): bigint => (currency === 'JPY' ? 1_000n : currency === 'KWD' ? 1n : 10n)

describe('The reader of CODA', () => {
  it('gives back every balanced file, in chunks of any size and with any end of line', async () => {
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(statements, lineEnd, fc.integer({ min: 1, max: 400 }), async (model, end, chunk) => {
        const { summary, lines } = await read(textOf(rowsOf(model), end), chunk)

        expect(summary.diagnostics).toEqual([])
        expect(controlsOf(summary)).toEqual(model.map(() => ({ status: 'pass' })))
        expect(summary.statements.map(asBalances)).toEqual(
          model.map((statement) => ({
            account: statement.account,
            currency: statement.currency,
            businessDate: '2026-03-03',
            sequence: '062',
            opening: statement.opening / scaleOf(statement.currency),
            closing: closingOf(statement) / scaleOf(statement.currency),
          })),
        )
        expect(lines.filter(({ booked }) => booked !== false).map(asModel)).toEqual(
          model.flatMap(({ movements, currency }, statement) =>
            movements.map((movement) => ({
              statement,
              currency,
              amount: movement.amount / scaleOf(currency),
              pspReference: movement.bankReference,
              reference: movement.customerReference,
            })),
          ),
        )
      }),
    )
  })

  it('says of the file and its lines what they say', async () => {
    const { summary, lines } = await read(withMovements(aMovement({ information: 'MORE ABOUT IT' })))

    expect(isFine(summary)).toBe(true)
    expect(summary).toMatchObject({
      format: 'coda',
      version: '2',
      businessDate: '2026-03-03',
      fileReference: 'FILE-1',
      statements: [{ account: 'BE71096123456769', opening: 10_000n, closing: 11_234n, lines: 1 }],
    })
    expect(lines).toEqual([
      {
        line: 3,
        statement: 0,
        kind: 'entry',
        status: '00150000',
        pspReference: 'BANKREF-1',
        reference: 'ORDER-1',
        amount: 1_234n,
        fee: 0n,
        currency: 'EUR',
        occurredAt: undefined,
        businessDate: '2026-03-03',
        description: 'A FREE TEXT JANE DOE BE68539007547034 MORE ABOUT IT',
      },
    ])
  })

  it('takes a statement without movements, and messages of the bank anywhere', async () => {
    const message = recordOf([1, '4 00010000'], [33, 'WE ARE OPEN'], [128, '0'])
    const rows = rowsOf([aStatement({ movements: [] })])

    expect(isFine((await read(textOf(rows))).summary)).toBe(true)
    expect(isFine((await read(textOf(rows.flatMap((row) => [row, message]).slice(0, -1)))).summary)).toBe(true)
  })

  it('takes several statements in one file', async () => {
    const { summary } = await read(
      textOf(rowsOf([aStatement(), aStatement({ structure: '0', account: '096123456769' })])),
    )

    expect(isFine(summary)).toBe(true)
    expect(summary.statements.map(({ account }) => account)).toEqual(['BE71096123456769', '096123456769'])
  })
})

describe('A detail of a movement', () => {
  const parts = [7_000n, 340n]

  it('is told and not booked', async () => {
    const { summary, lines } = await read(withMovements(aMovement({ parts }), aMovement()))

    expect(isFine(summary)).toBe(true)
    expect(lines.map(({ amount, booked, reference }) => [amount, booked, reference])).toEqual([
      [1_234n, undefined, 'ORDER-1'],
      [700n, false, 'PART-1'],
      [534n, false, 'PART-2'],
      [1_234n, undefined, 'ORDER-1'],
    ])
    expect(summary.statements[0]).toMatchObject({ lines: 4, credits: 2_468n, debits: 0n })
  })

  it('that does not come to the sum with the others is told', async () => {
    const text = changed(/^2100010001/, put(33, '000000000008000'), [aStatement({ movements: [aMovement({ parts })] })])

    const { summary } = await read(text)

    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'details', line: 3 }])
  })

  it('may be a sum itself', async () => {
    const row = (detail: string, depth: string, thousandths: number): string =>
      recordOf(
        [1, `210001${detail}REF`],
        [32, `0${String(thousandths).padStart(15, '0')}02032610150000 `],
        [116, `030326062${depth}0 0`],
      )
    const inside = ['0000', '0001', '0002', '0003', '0004'].map((detail, index) =>
      row(detail, ['1', '2', '0', '2', '1'][index] ?? '', [12_340, 10_000, 4_000, 6_000, 2_340][index] ?? 0),
    )
    const rows = rowsOf([aStatement({ movements: [aMovement()] })])
    const whole = [...rows.slice(0, 2), ...inside, ...rows.slice(5)].map((each) => put(17, '000007')(each))
    const text = textOf([...rows.slice(0, 2), ...inside, rows[5] ?? '', whole.at(-1) ?? ''])

    const { summary, lines } = await read(text)

    expect(summary.diagnostics).toEqual([])
    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
    expect(lines.map(({ booked }) => booked)).toEqual([undefined, false, false, false, false])
  })
})

describe('A communication', () => {
  it.each(['101', '102'])('of type %s is our reference', async (type) => {
    const movement = aMovement({ isStructured: true, communication: `${type}090933755493` })

    const { lines } = await read(withMovements(movement))

    expect(lines).toMatchObject([
      {
        reference: '090933755493',
        otherReferences: ['ORDER-1', '+++090/9337/55493+++'],
        description: '+++090/9337/55493+++ JANE DOE BE68539007547034',
      },
    ])
  })

  it('that is free may have a structured reference in it', async () => {
    const { lines } = await read(withMovements(aMovement({ communication: 'INVOICE 7 +++090/9337/55493+++ THANKS' })))

    expect(lines).toMatchObject([{ reference: 'ORDER-1', otherReferences: ['090933755493', '+++090/9337/55493+++'] }])
  })

  it('of a direct debit has the mandate and the creditor', async () => {
    const content = `030326102${'BE12ZZZ0123456789'.padEnd(35)}${'MANDATE-0042'.padEnd(35)}SUBSCRIPTION MARCH`
    const { lines } = await read(withMovements(aMovement({ isStructured: true, communication: `127${content}` })))

    expect(lines).toMatchObject([{ reference: 'ORDER-1', otherReferences: ['MANDATE-0042', 'BE12ZZZ0123456789'] }])
    expect(lines[0]?.description).toMatch(/^SUBSCRIPTION MARCH JANE DOE/)
  })

  it('goes on from record to record wherever it was cut', async () => {
    const communication = `${'abcdefghi '.repeat(14)}the end`
    const { lines } = await read(withMovements(aMovement({ communication })))

    expect(lines[0]?.description).toContain(communication)
  })
})

describe('A control', () => {
  it.each([
    ['a cent of a movement', /^21/, put(47, '9'), 'the closing balance in EUR (by 9 thousandths)', 1n],
    ['ten euros of a movement', /^21/, put(43, '2'), 'the closing balance in EUR', 1_000n],
    ['the sign of a movement', /^21/, put(32, '1'), 'the closing balance in EUR', -2_468n],
    ['the old balance', /^1/, put(43, '1'), 'the closing balance in EUR', -20_000n],
    ['the new balance', /^8/, put(42, '1'), 'the closing balance in EUR', 21_968n],
    ['a movement that is there no more', /^21/, () => '', 'the closing balance in EUR', -1_234n],
    ['the sum of debits', /^9/, put(23, '000000000002600'), 'the debits of the file', -10n],
    ['the sum of credits', /^9/, put(38, '000000000012330'), 'the credits of the file', 1n],
    ['the number of records', /^9/, put(17, '000009'), 'the records of the file', -1n],
    ['a text that is there no more', /^23/, () => '', 'the records of the file', -1n],
  ])('names %s and the difference', async (_name, search, change, what, difference) => {
    const { summary } = await read(changed(search, change))

    expect(controlsOf(summary)).toMatchObject([{ status: 'fail', what, difference }])
  })

  it('names exactly the difference of one movement, in any file', async () => {
    await fc.assert(
      fc.asyncProperty(statements, fc.nat(), fc.constantFrom('sign', 'drop'), async (model, pick, how) => {
        const all = model.flatMap(({ movements, currency }, statement) =>
          movements.map(({ amount }) => ({ amount: amount / scaleOf(currency), statement })),
        )
        const { amount, statement } = all[pick % Math.max(1, all.length)] ?? {}
        fc.pre(amount !== undefined && statement !== undefined)
        const rows = rowsOf(model)
        const places = rows.flatMap((row, index) => (/^21.{4}0000/.test(row) ? [index] : []))
        const place = places[pick % all.length] ?? 0
        const flipped = put(32, amount > 0n ? '1' : '0')(rows[place] ?? '')
        const damaged = rows.flatMap((row, index) => (index !== place ? [row] : how === 'sign' ? [flipped] : []))

        const { summary } = await read(textOf(damaged))

        expect(controlsOf(summary)[statement]).toMatchObject({
          status: 'fail',
          difference: how === 'sign' ? -2n * amount : -amount,
        })
      }),
    )
  })

  it('finds a difference that is finer than a minor unit', async () => {
    const { summary } = await read(changed(/^8/, put(57, '1')))

    expect(controlsOf(summary)).toMatchObject([
      { status: 'fail', what: 'the closing balance in EUR (by -1 thousandths)', difference: 0n },
    ])
  })

  it.each([
    ['the new balance', /^8/, 'no_closing'],
    ['the trailer', /^9/, 'no_trailer'],
  ])('fails without %s', async (_name, search, code) => {
    const { summary, lines } = await read(changed(search, () => ''))

    expect(controlsOf(summary)).toMatchObject([{ status: 'fail' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code }])
    expect(lines).toHaveLength(2)
  })

  it.each([
    ['the new balance', /^8/, put(50, 'O'), 'amount'],
    ['the currency of the new balance', /^8/, put(38, 'USD'), 'currency'],
    ['the new balance, which is cut', /^8/, (row: string) => row.slice(0, 120), 'length'],
    ['the trailer', /^9/, put(30, 'O'), 'amount'],
    ['the count of the trailer', /^9/, put(20, 'O'), 'count'],
  ])('fails when %s cannot be read', async (_name, search, change, code) => {
    const { summary } = await read(changed(search, change))

    expect(controlsOf(summary)).toMatchObject([{ status: 'fail' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code }])
  })
})

describe('A row', () => {
  it.each([
    ['a sign that is none', put(32, '2'), 'sign', 32],
    ['an amount with a letter', put(40, 'O'), 'amount', 33],
    ['a character less before its amount', (row: string) => row.slice(0, 20) + row.slice(21), 'length', undefined],
    ['a number of a detail that is none', put(7, 'X'), 'detail', 7],
  ])('with %s is told, and what goes on with it is passed over', async (_name, change, code, column) => {
    const { summary, lines } = await read(changed(/^21/, change))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code, line: 3, ...(column && { column }) }])
    expect(controlsOf(summary)).toMatchObject([{ status: 'fail' }])
    expect(lines.at(-1)).toMatchObject({ amount: -250n, pspReference: 'BANKREF-2' })
  })

  it.each([
    ['entry', 116, undefined],
    ['value', 48, '2026-03-03'],
  ])('with an %s date that there is not is told and read', async (_name, column, businessDate) => {
    const { summary, lines } = await read(changed(/^21/, put(column, '300226')))

    expect(lines[0]).toMatchObject({ amount: 1_234n, businessDate })
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date', line: 3, column }])
    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
  })

  it('with a closing date that there is not is told, and the balance is proven', async () => {
    const { summary } = await read(changed(/^8/, put(58, '310426')))

    expect(summary.statements).toMatchObject([{ businessDate: undefined, control: { status: 'pass' } }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date', line: 9, column: 58 }])
  })

  it('with more decimals than its currency is rounded half away from zero, and told', async () => {
    const { summary, lines } = await read(
      withMovements(aMovement({ amount: 12_345n }), aMovement({ amount: -12_345n })),
    )

    expect(lines.map(({ amount }) => amount)).toEqual([1_235n, -1_235n])
    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
    expect(summary.diagnostics.map(({ code }) => code)).toEqual(['rounding', 'rounding'])
  })

  it.each([
    ['22', 'out_of_place'],
    ['31', 'out_of_place'],
    ['55', 'record'],
  ])('of kind %s that has no place is told', async (kind, code) => {
    const { summary } = await read(changed(/^1/, (row) => `${row}\n${recordOf([1, `${kind}00010000`])}`))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code, line: 3 }])
  })

  it('of another movement is told', async () => {
    const { summary, lines } = await read(changed(/^22/, put(3, '0009')))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'out_of_place', line: 4 }])
    expect(lines[0]).toMatchObject({ reference: undefined, amount: 1_234n })
  })
})

describe('A file', () => {
  it.each([
    ['is empty', () => '', 'header'],
    ['has no header', () => changed(/^0/, () => ''), 'header'],
    ['is of version 1', () => changed(/^0/, put(128, '1')), 'version'],
    ['has a movement before its old balance', () => changed(/^1/, () => ''), 'frame'],
    ['has an old balance that is none', () => changed(/^1/, put(50, 'x')), 'amount'],
    ['has an old balance in a currency that is none', () => changed(/^1/, put(40, 'XXX')), 'currency'],
    ['has an old balance that is cut', () => changed(/^1/, (row) => row.slice(0, 100)), 'length'],
    ['has statements without a bound', () => changed(/^1/, (row) => `${row}\n`.repeat(10_002)), 'statements'],
    ['has nothing in it, and a sum', () => textOf([rowsOf(ONE)[0] ?? '', rowsOf(ONE).at(-1) ?? '']), 'control'],
  ])('that %s cannot be used, and says why', async (_name, file, code) => {
    const { summary } = await read(file())

    expect(summary.readable).toBe(false)
    expect(summary.diagnostics.at(-1)).toMatchObject({ severity: 'error', code })
  })

  it('that is a duplicate, or closes another account, is told', async () => {
    const duplicate = await read(changed(/^0/, put(17, 'D')))
    const other = await read(changed(/^8/, put(5, 'BE72')))

    expect(duplicate.summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'duplicate', line: 1 }])
    expect(other.summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'account' }])
  })

  it.each([
    ['Windows-1252', (text: string) => Buffer.from(text, 'latin1')],
    ['UTF-16', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-8 with a mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['lines with blanks behind them', (text: string) => Buffer.from(text.replaceAll('\n', '   \r\n'))],
    ['UTF-8 with the end of a file', (text: string) => Buffer.from(`${text}\u001a`)],
  ])('in %s is detected and read', async (_name, encode) => {
    const bytes = encode(withMovements(aMovement({ name: 'ANDRÉ' })))

    const { summary, lines } = await read(bytes)

    expect(coda.detects(bytes)).toBe(true)
    expect(lines[0]?.description).toContain('ANDRÉ')
    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
  })

  it.each(['', '0', '01,a,b,260303,,1,,,2/\n02,', ':20:STARTUMS\n', `${'0'.repeat(128)}\n`])(
    '%j is not detected',
    (text) => {
      expect(coda.detects(Buffer.from(text))).toBe(false)
    },
  )

  it('with random damage is read or refused, and never adds up to what it is not', async () => {
    const base = textOf(rowsOf([aStatement({ movements: [aMovement({ parts: [1_000n, 0n] })] }), aStatement()]))
    for (let seed = 1; seed <= 400; seed++) {
      const { summary, lines } = await read(mutated(base, seed))

      // Of a file that cannot be used, lines may not have been handed on.
      if (!summary.readable) continue
      for (const [index, { control, opening, closing }] of summary.statements.entries()) {
        if (control.status !== 'pass' || opening === undefined || closing === undefined) continue
        expect(opening + movedIn(lines, index), `seed ${seed}`).toBe(closing)
      }
    }
  })
})

const movedIn = (lines: readonly SettlementLine[], index: number): bigint =>
  lines
    .filter(({ statement, booked }) => statement === index && booked !== false)
    .reduce((sum, { amount, fee }) => sum + amount - fee, 0n)

const asBalances = ({
  account,
  currency,
  businessDate,
  sequence,
  opening,
  closing,
}: FileSummary['statements'][number]) => ({
  account,
  currency,
  businessDate,
  sequence,
  opening,
  closing,
})

const asModel = (line: SettlementLine) => ({
  statement: line.statement,
  currency: line.currency,
  amount: line.amount,
  pspReference: line.pspReference ?? '',
  reference: line.reference ?? '',
})

describe('A sum beyond 2^63 − 1 minor units', () => {
  it('is told exactly, and its statement is one', async () => {
    const most = 10n ** 15n - 1n
    const movements = Array.from({ length: 1_000 }, () => aMovement({ amount: most }))
    const [header = '', opening = '', ...rows] = rowsOf([aStatement({ currency: 'CLF', opening: 0n, movements })])
    // No field has room for such sums, so neither the new balance nor the trailer can be right.
    const [closing = '', trailer = ''] = rowsOf([aStatement({ currency: 'CLF', movements: [] })]).slice(-2)
    const told = rows.filter((row) => /^[23]/.test(row))

    const { summary, lines } = await read(textOf([header, opening, ...told, closing, trailer]))

    expect(lines).toHaveLength(1_000)
    expect(summary.diagnostics).toEqual([])
    const [statement] = summary.statements
    expect(statement?.credits).toBe(most * 10_000n)
    expect(statement?.control).toMatchObject({
      status: 'fail',
      what: 'the closing balance in CLF',
      computed: most * 10_000n,
    })
  })
})
