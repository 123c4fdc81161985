import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileSummary, SettlementLine } from '../format.ts'
import { isFine, readAll } from '../testing.ts'
import { mutated } from '../text/testing.ts'
import { bai2 } from './bai2.ts'
import {
  aDetail,
  anAccount,
  closingOf,
  effectOf,
  groups,
  type ModelAccount,
  type ModelGroup,
  rowsOf,
  textOf,
} from './testing.ts'

const read = (text: string | Uint8Array, chunkBytes?: number): ReturnType<typeof readAll> =>
  readAll(bai2, text, chunkBytes)

const ONE: ModelGroup[] = [{ date: '260303', accounts: [anAccount()] }]
const withAccounts = (...accounts: ModelAccount[]): string => textOf(rowsOf([{ date: '260303', accounts }]))

/** A file around rows of one account whose totals are not stated, so that a test can write what it is about. */
const around = (...rows: string[]): string =>
  textOf(['01,BANK1,US1,260304,0115,1,,,2/', '02,US1,BANK1,1,260303,2400,USD,2/', ...rows, '49,,/', '98,,,/', '99,,,/'])

/** The file of ONE with one row changed. */
function changed(search: RegExp, change: (row: string) => string): string {
  const rows = rowsOf(ONE)
  const place = rows.findIndex((row) => search.test(row))
  expect(place).toBeGreaterThan(-1)
  return textOf(rows.map((row, index) => (index === place ? change(row) : row)).filter((row) => row !== ''))
}

const controlsOf = ({ statements }: FileSummary) => statements.map(({ control }) => control)

describe('The reader of BAI2', () => {
  it('gives back every balanced file, in chunks of any size and with any end of line', async () => {
    const writing = fc.record({ withSummaries: fc.boolean(), endsTexts: fc.boolean() })
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(groups, writing, lineEnd, fc.integer({ min: 1, max: 400 }), async (model, how, end, chunk) => {
        const { summary, lines } = await read(textOf(rowsOf(model, how), end), chunk)

        const accounts = model.flatMap(({ accounts: own, date }) => own.map((account) => ({ ...account, date })))
        expect(summary.diagnostics.filter(({ code }) => code !== 'summaries_left_out')).toEqual([])
        expect(controlsOf(summary)).toEqual(accounts.map(() => ({ status: 'pass' })))
        expect(summary.statements.map(asBalances)).toEqual(
          accounts.map((account) => ({
            account: account.number,
            currency: account.currency,
            businessDate: `2026-03-${account.date.slice(4)}`,
            opening: account.opening,
            closing: closingOf(account),
          })),
        )
        expect(lines.map(asModel)).toEqual(
          accounts.flatMap(({ details, currency }, statement) =>
            details.map((detail) => ({
              statement,
              currency,
              status: detail.typeCode,
              amount: effectOf(detail),
              pspReference: detail.bankReference,
              reference: detail.customerReference,
              description: detail.texts.join(' '),
            })),
          ),
        )
      }),
    )
  })

  it('says of the file what its headers say', async () => {
    const { summary } = await read(textOf(rowsOf(ONE)))

    expect(isFine(summary)).toBe(true)
    expect(summary).toMatchObject({
      format: 'bai2',
      version: '2',
      businessDate: '2026-03-03',
      fileReference: '1',
      statements: [{ lines: 2, credits: 12_345n, debits: -2_300n }],
    })
  })

  it('takes an account without details, a group without accounts and a file without groups', async () => {
    const empty = anAccount({ details: [] })

    expect(isFine((await read(withAccounts(empty, empty))).summary)).toBe(true)
    expect(isFine((await read(textOf(rowsOf([{ date: '260303', accounts: [] }])))).summary)).toBe(true)
    expect(isFine((await read(textOf(rowsOf([])))).summary)).toBe(true)
  })

  it('takes several files in one', async () => {
    const { summary, lines } = await read(textOf([...rowsOf(ONE), '', ...rowsOf(ONE)]))

    expect(isFine(summary)).toBe(true)
    expect(summary.statements).toHaveLength(2)
    expect(lines.map(({ statement }) => statement)).toEqual([0, 0, 1, 1])
  })
})

describe('A record', () => {
  it('may stand in one line with others', async () => {
    const { summary, lines } = await read(`${rowsOf(ONE).join('  ')}\n`)

    expect(isFine(summary)).toBe(true)
    expect(lines.map(({ description }) => description)).toEqual(['ACH CREDIT', 'ACH CREDIT'])
  })

  it('does not begin in a text that has a slash and a number', async () => {
    const texts = ['PAID 12/16,500 AND 01/02,7 OR 1/ 88 AND 3/ 16,50,', '/MX 3/49,1']

    const { summary, lines } = await read(withAccounts(anAccount({ details: [aDetail({ texts })] })))

    expect(isFine(summary)).toBe(true)
    expect(lines[0]?.description).toBe('PAID 12/16,500 AND 01/02,7 OR 1/ 88 AND 3/ 16,50 /MX 3/49,1')
  })

  it('may be wrapped without a code', async () => {
    const { summary, lines } = await read(changed(/^16,142/, (row) => `${row.slice(0, -1)}\n0042 REST        /`))

    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
    expect(lines[0]?.description).toBe('ACH CREDIT 0042 REST')
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'wrapped', line: 7 }])
  })

  it('may be padded with blanks to a fixed length', async () => {
    expect(isFine((await read(textOf(rowsOf(ONE).map((row) => row.padEnd(80))))).summary)).toBe(true)
  })

  it('may go on anywhere with a record 88', async () => {
    const { lines } = await read(around('03,1,USD,/', '16,142/', '88,5,S,1/', '88,2,3,BANK,/', '88,OURS,TEXT, MORE/'))

    expect(lines).toMatchObject([
      { amount: 5n, pspReference: 'BANK', reference: undefined, description: 'OURS,TEXT, MORE' },
    ])
  })

  it('of an account may leave out what is empty before an 88', async () => {
    const summaries = ['03,1,USD,010,500,,,015,700,,,/', '88,040,1,,/', '88,045,2,/', '88,072,,,,100,200,1/']
    const { summary } = await read(around(...summaries, '16,142,200,Z,,,/'))

    expect(summary.diagnostics).toEqual([])
    expect(summary.statements).toMatchObject([{ opening: 500n, closing: 700n, control: { status: 'pass' } }])
  })
})

describe('An amount', () => {
  it.each([
    ['', 'USD'],
    ['EUR', 'EUR'],
    ['jpy', 'JPY'],
  ])('is in whole minor units of the account’s currency %j, else of its group’s', async (code, currency) => {
    const { lines } = await read(around(`03,1,${code},/`, '16,142,+00000000001280000,Z,,,/'))

    expect(lines).toMatchObject([{ amount: 1_280_000n, currency }])
  })

  it('is in US dollars when nothing says otherwise', async () => {
    const text = around('03,1,,/', '16,142,5,Z,,,/').replace('2400,USD', '9999,')

    expect((await read(text)).lines).toMatchObject([{ currency: 'USD', businessDate: '2026-03-03' }])
  })

  it('that is negative turns its direction around', async () => {
    const { lines } = await read(around('03,1,USD,/', '16,142,-5,Z,,,/', '16,475,-7,Z,,,/'))

    expect(lines.map(({ amount }) => amount)).toEqual([-5n, 7n])
  })

  it.each([
    ['a decimal point', '16,142,12.50,Z,,,/', 'amount', 3],
    ['letters', '16,142,1O0,Z,,,/', 'amount', 3],
    ['nothing', '16,142,,Z,,,/', 'amount', 3],
    ['more than every sum', '16,142,9223372036854775808,Z,,,/', 'amount', 3],
    ['too many digits', `16,142,${'9'.repeat(60)},Z,,,/`, 'amount', 3],
    ['a type code that says nothing', '16,850,5,Z,,,/', 'type_code', 2],
    ['no type code', '16,,5,Z,,,/', 'type_code', 2],
    ['a count of days that is none', '16,142,5,D,x,,,/', 'funds', 5],
  ])('with %s is told with its place, and its line is not made up', async (_name, row, code, column) => {
    const { summary, lines } = await read(around('03,1,USD,/', row, '16,142,7,Z,,,/'))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code, line: 4, column }])
    expect(lines.map(({ amount }) => amount)).toEqual([7n])
  })
})

describe('A type code', () => {
  it.each([
    ['100', 5n, undefined, 0],
    ['399', 5n, undefined, 0],
    ['400', -5n, undefined, 0],
    ['699', -5n, undefined, 0],
    ['721', 5n, undefined, 1],
    ['760', -5n, undefined, 1],
    ['925', 5n, undefined, 1],
    ['975', -5n, undefined, 1],
    ['890', 5n, false, 0],
    ['910', 5n, false, 1],
    ['015', 5n, false, 1],
  ])('%s gives %s, booked unless %s', async (code, amount, booked, warnings) => {
    const { summary, lines } = await read(around('03,1,USD,/', `16,${code},5,,,,/`, `16,${code},5,,,,/`))

    const line = [amount, booked, code, 'entry']
    expect(lines.map((each) => [each.amount, each.booked, each.status, each.kind])).toEqual([line, line])
    expect(summary.diagnostics.map(({ severity, code: each, line: at }) => [severity, each, at])).toEqual(
      Array.from({ length: warnings }, () => ['warning', 'type_code', 4]),
    )
    expect(summary.statements[0]).toMatchObject({ lines: 2, credits: booked !== false && amount > 0n ? 10n : 0n })
  })

  it('of what is no money needs no amount', async () => {
    const { summary, lines } = await read(around('03,1,USD,/', '16,890,,,,,A NOTE/'))

    expect(summary.diagnostics).toEqual([])
    expect(lines).toMatchObject([{ amount: 0n, booked: false, description: 'A NOTE' }])
  })
})

describe('Another reference', () => {
  it('is one that a text names by the words of ISO 20022', async () => {
    const rows = ['16,195,5,,BANK,ORDER,Wire', '88,EREF: E2E-1', '88,CREF: ORDER', '88,CHKN:', '88,CHKN: 0042']

    const { lines } = await read(around('03,1,USD,/', ...rows))

    expect(lines).toMatchObject([{ otherReferences: ['E2E-1', '0042'] }])
  })

  it('without a bound is left out, and its line is not', async () => {
    const { summary, lines } = await read(around('03,1,USD,/', `16,195,5,,${'B'.repeat(300)},ORDER,Wire`))

    expect(lines).toMatchObject([{ pspReference: undefined, reference: 'ORDER', amount: 5n }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'text_too_long', column: 5 }])
  })
})

describe('A control', () => {
  it.each([
    ['a detail', /^16,142/, ['12345', '12346'], 'the total of the account 5551001', 1n],
    ['an opening', /^03/, ['100000', '100009'], 'the total of the account 5551001', 9n],
    ['a detail that is there no more', /^16,142/, [/.*/, ''], 'the total of the account 5551001', -12_345n],
    ['a total', /^49/, [/^49,(\d+)/, '49,1$1'], 'the total of the account 5551001', undefined],
    ['a direction', /^16,142/, ['142', '475'], 'the closing balance in USD', -24_690n],
    ['a line of text that is there no more', /^49/, [/,6\//, ',7/'], 'the records of the account 5551001', undefined],
    ['the total of a group', /^98/, [/^98,(\d+)/, '98,1$1'], 'the total of the group at line 2', undefined],
    ['the accounts of a group', /^98/, [',1,', ',2,'], 'the number of accounts of the group at line 2', -1n],
    ['the records of a group', /^98/, [/,(\d+)\/$/, ',1$1/'], 'the number of records of the group at line 2', -10n],
    ['the total of a file', /^99/, [/^99,(\d+)/, '99,1$1'], 'the total of the file at line 1', undefined],
    ['the groups of a file', /^99/, [',1,', ',0,'], 'the number of groups of the file at line 1', 1n],
    ['the records of a file', /^99/, [/,(\d+)\/$/, ',1$1/'], 'the number of records of the file at line 1', -100n],
  ] as const)('names %s and the difference', async (_name, search, [from, to], what, difference) => {
    const { summary } = await read(changed(search, (row) => row.replace(from, to)))

    const [control] = controlsOf(summary)
    expect(control).toMatchObject({ status: 'fail', what, ...(difference !== undefined && { difference }) })
  })

  it('names exactly the difference of one amount, of one line and of one direction, in any file', async () => {
    await fc.assert(
      fc.asyncProperty(groups, fc.nat(), fc.bigInt({ min: 1n, max: 999n }), async (model, pick, more) => {
        const rows = rowsOf(model)
        const places = rows.flatMap((row, index) => (row.startsWith('16,') ? [index] : []))
        const place = places[pick % Math.max(1, places.length)]
        fc.pre(place !== undefined)
        const [, code = '', amount = ''] = /^16,(\d+),(-?\d+)/.exec(rows[place] ?? '') ?? []
        fc.pre(BigInt(amount) !== 0n)
        const account = places.filter((each) => each <= place).length - 1
        const statement = statementOfDetail(model, account)
        const withRow = (row: string): string => textOf(rows.map((each, index) => (index === place ? row : each)))

        const changed = `16,${code},${BigInt(amount) + more}`
        const dearer = await read(withRow((rows[place] ?? '').replace(`16,${code},${amount}`, changed)))
        const turned = await read(withRow((rows[place] ?? '').replace(`16,${code}`, `16,${code < '400' ? 475 : 142}`)))

        expect(controlsOf(dearer.summary)[statement]).toMatchObject({ status: 'fail', difference: more })
        expect(controlsOf(turned.summary)[statement]).toMatchObject({
          status: 'fail',
          difference: (code < '400' ? -2n : 2n) * BigInt(amount),
        })
      }),
    )
  })

  it('follows the bank in whether the totals have the balances in them, and says so once', async () => {
    const { summary } = await read(textOf(rowsOf([...ONE, ...ONE], { withSummaries: false })))

    expect(controlsOf(summary)).toEqual([{ status: 'pass' }, { status: 'pass' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'summaries_left_out', line: 3 }])
  })

  it('does not let one file count in two ways', async () => {
    const [one, two] = [rowsOf(ONE), rowsOf(ONE, { withSummaries: false })]
    const text = textOf([...one, ...two])

    expect(controlsOf((await read(text)).summary)).toMatchObject([{ status: 'pass' }, { status: 'fail' }])
  })

  it('is nothing where nothing is stated', async () => {
    expect(controlsOf((await read(around('03,1,USD,/', '16,142,5,Z,,,/'))).summary)).toEqual([{ status: 'none' }])
  })

  it('of balances is passed over when details are left out, and a warning says so', async () => {
    const summaries = '03,1,USD,010,100,,,015,600,,,100,500,3,/'
    const { summary } = await read(around(summaries, '16,142,200,Z,,,/'))

    expect(summary.statements).toMatchObject([{ opening: undefined, closing: 600n, control: { status: 'none' } }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'details_left_out', line: 3 }])
  })

  it('of balances decides when the counted details are all there', async () => {
    const summaries = '03,1,USD,010,100,,,015,600,,,100,500,1,/'
    const { summary } = await read(around(summaries, '16,142,200,Z,,,/'))

    expect(controlsOf(summary)).toMatchObject([
      { status: 'fail', what: 'the closing balance in USD', difference: -300n },
    ])
  })

  it('of one side is its total when there are no balances', async () => {
    const { summary } = await read(around('03,1,USD,100,500,1,,400,0,0/', '16,142,500,,,,/', '16,475,7,,,,/'))

    expect(controlsOf(summary)).toMatchObject([
      { status: 'fail', what: 'the total of the debits of the account 1', stated: 0n, computed: 7n },
    ])
  })

  it.each([
    ['an account', /^49/],
    ['a group', /^98/],
    ['a file', /^99/],
  ])('fails without the trailer of %s', async (_name, search) => {
    const { summary, lines } = await read(changed(search, () => ''))

    expect(controlsOf(summary)).toMatchObject([{ status: 'fail' }])
    expect(summary.diagnostics.some(({ code }) => code === 'no_trailer')).toBe(true)
    expect(lines).toHaveLength(2)
  })

  it.each([
    [/^49/, /^49,\d+/, '49,1O'],
    [/^98/, ',1,', ',x,'],
    [/^99/, /^99,\d+/, '99,--1'],
  ])('fails when %s cannot be read', async (search, from, to) => {
    const { summary } = await read(changed(search, (row) => row.replace(from, to)))

    expect(controlsOf(summary)).toMatchObject([{ status: 'fail' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error' }])
  })
})

describe('A group', () => {
  it.each([
    ['2', false],
    ['3', undefined],
    ['4', false],
  ])('of status %s is told, and its lines are booked unless %s', async (status, booked) => {
    const { summary, lines } = await read(changed(/^02/, (row) => row.replace(',1,', `,${status},`)))

    expect(lines.map((line) => line.booked)).toEqual([booked, booked])
    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'group_status', line: 2 }])
  })

  it('with a day that there is not is told, and its lines have none', async () => {
    const { summary, lines } = await read(changed(/^02/, (row) => row.replace('260303', '260230')))

    expect(summary.businessDate).toBeUndefined()
    expect(lines.map(({ businessDate, amount }) => [businessDate, amount])).toEqual([
      [undefined, 12_345n],
      [undefined, -2_300n],
    ])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date', line: 2, column: 5 }])
  })

  it.each(['constructor', '__proto__', ''])('of a status that is none, %j, is read', async (status) => {
    const { lines } = await read(changed(/^02/, (row) => row.replace(',1,', `,${status},`)))

    expect(lines.map((line) => line.booked)).toEqual([undefined, undefined])
  })

  it('with a time that is none is told', async () => {
    const { summary } = await read(changed(/^02/, (row) => row.replace('2400', '2561')))

    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'time', line: 2, column: 6 }])
  })
})

describe('An account', () => {
  it('in a currency that is none is told, and the others are read', async () => {
    const other = anAccount({ number: '2' })
    const text = withAccounts(anAccount(), other).replace('5551001,USD', '5551001,QQQ')

    const { summary, lines } = await read(text)

    expect(summary.statements).toMatchObject([{ account: '2', control: { status: 'pass' } }])
    expect(lines.map(({ statement }) => statement)).toEqual([0, 0])
    expect(summary.diagnostics.map(({ code, line }) => [code, line])).toEqual([
      ['currency', 3],
      ['currency', 6],
      ['currency', 7],
    ])
  })
})

describe('A file', () => {
  it.each([
    ['is empty', '', 'header'],
    ['begins with another record', '03,1,USD,/\n', 'header'],
    ['has an account in no group', '01,a,b,260303,,1,,,2/\n03,1,USD,/\n', 'frame'],
    ['goes on after its end', '01,a,b,260303,,1,,,2/\n99,0,0,2/\n02,a,b,1,260303,,,/\n', 'frame'],
    ['states a total and has nothing', '01,a,b,260303,,1,,,2/\n99,5,0,2/\n', 'control'],
    ['has a record without a bound', `01,a,b,260303,,1,,,2/\n${'88,A/\n'.repeat(200_000)}`, 'record_too_long'],
    ['has accounts without a bound', around('03,1,USD,/\n49,,/\n'.repeat(10_001)), 'statements'],
  ])('that %s cannot be used, and says why', async (_name, text, code) => {
    const { summary } = await read(text)

    expect(summary.readable).toBe(false)
    expect(summary.diagnostics.at(-1)).toMatchObject({ severity: 'error', code })
  })

  it('with rubbish in it is read around it', async () => {
    const { summary, lines } = await read(changed(/^49/, (row) => `rubbish\n${row}\n16,142,5,Z,,,/`))

    expect(lines).toHaveLength(2)
    expect(controlsOf(summary)).toMatchObject([
      { status: 'fail', what: 'the number of records of the group at line 2' },
    ])
    expect(summary.diagnostics.map(({ code }) => code)).toEqual(['record', 'out_of_place'])
  })

  it.each([
    ['Windows-1252', Buffer.from(textOf(rowsOf(ONE)).replaceAll('CREDIT', 'CRÉDIT'), 'latin1')],
    ['UTF-16', Buffer.from(`\uFEFF${textOf(rowsOf(ONE)).replaceAll('CREDIT', 'CRÉDIT')}`, 'utf16le')],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${textOf(rowsOf(ONE)).replaceAll('CREDIT', 'CRÉDIT')}`)],
  ])('in %s is detected and read', async (_name, bytes) => {
    const { summary, lines } = await read(bytes)

    expect(bai2.detects(bytes)).toBe(true)
    expect(lines[0]?.description).toBe('ACH CRÉDIT')
    expect(controlsOf(summary)).toEqual([{ status: 'pass' }])
  })

  it.each(['', '01', 'a,b\n1,2\n', '01,02,03\n04,05,06\n', ':20:STARTUMS\n', `${'0'.repeat(128)}\n`])(
    '%j is not detected',
    (text) => {
      expect(bai2.detects(Buffer.from(text))).toBe(false)
    },
  )

  it('with random damage is read or refused, and never adds up to what it is not', async () => {
    const base = textOf(rowsOf([...ONE, { date: '260304', accounts: [anAccount({ number: '7', currency: 'JPY' })] }]))
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

const asBalances = ({ account, currency, businessDate, opening, closing }: FileSummary['statements'][number]) => ({
  account,
  currency,
  businessDate,
  opening,
  closing,
})

const asModel = (line: SettlementLine) => ({
  statement: line.statement,
  currency: line.currency,
  status: line.status,
  amount: line.amount,
  pspReference: line.pspReference ?? '',
  reference: line.reference ?? '',
  description: line.description,
})

/** Index of the statement in which the detail with this index stands. */
function statementOfDetail(model: readonly ModelGroup[], detail: number): number {
  const counts = model.flatMap(({ accounts }) => accounts.map(({ details }) => details.length))
  let before = 0
  return counts.findIndex((count) => {
    before += count
    return detail < before
  })
}
