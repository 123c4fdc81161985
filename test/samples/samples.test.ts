import { describe, expect, it } from 'vitest'
import { compareAudit, readAudits } from './audit.ts'
import { holds, minorOf } from './check.ts'
import { compareGolden, type Golden } from './golden.ts'
import { readLiteral, readPydata } from './golden-pydata.ts'
import { readWolph } from './golden-wolph.ts'
import { readOptions } from './options.ts'
import type { Line, Reading, Statement } from './read-sample.ts'
import { checkSums, checkZeros } from './sound.ts'

const aLine = (more: Partial<Line> = {}): Line => ({
  line: 5,
  statement: 0,
  kind: 'entry',
  reference: 'ORDER-1',
  references: ['ORDER-1', 'BANK-1'],
  amount: 1_250n,
  currency: 'EUR',
  business_date: '2026-03-03',
  ...more,
})

const aStatement = (more: Partial<Statement> = {}): Statement => ({
  account: 'ACCOUNT-1',
  currency: 'EUR',
  opening: 10_000n,
  closing: 11_250n,
  lines: 1,
  control: { status: 'pass' },
  ...more,
})

const aReading = (more: Partial<Reading> = {}): Reading => ({
  format: 'mt940',
  statements: [aStatement()],
  lines: [aLine()],
  diagnostics: [],
  ...more,
})

const GOLDEN: Golden = {
  lines: [{ amount: 1_250n, currency: 'EUR', date: '2026-03-03', references: ['ORDER-1 ', 'BANK-1', 'NONREF'] }],
  openings: [{ amount: 10_000n, currency: 'EUR' }],
  closings: [{ amount: 11_250n, currency: 'EUR' }],
  accounts: ['ACCOUNT-1'],
}

const wrong = (golden: Golden, reading: Reading): string[] =>
  compareGolden(golden, reading)
    .filter((each) => !holds(each))
    .map(({ what }) => what)

describe('A golden', () => {
  it('agrees with a reading that has all its values', () => {
    expect(wrong(GOLDEN, aReading())).toEqual([])
  })

  it.each([
    ['the amount of entry 1', aReading({ lines: [aLine({ amount: -1_250n })] })],
    ['the currency of entry 1', aReading({ lines: [aLine({ currency: 'USD' })] })],
    ['the date of entry 1', aReading({ lines: [aLine({ business_date: '2026-03-04' })] })],
    ['a reference of entry 1', aReading({ lines: [aLine({ references: ['ORDER-1'] })] })],
    ['an opening balance', aReading({ statements: [aStatement({ opening: -10_000n })] })],
    ['a closing balance', aReading({ statements: [aStatement({ currency: 'USD', opening: 0n })] })],
    ['an account', aReading({ statements: [aStatement({ account: '' })] })],
  ])('disagrees about %s alone', (what, reading) => {
    expect(wrong(GOLDEN, reading)).toContain(what)
  })

  it('takes the payments of an entry together', () => {
    const lines = [aLine({ amount: 1_000n }), aLine({ amount: 250n }), aLine({ amount: 7n })]
    const golden = { ...GOLDEN, lines: [...GOLDEN.lines, { ...GOLDEN.lines[0], amount: 7n }] as Golden['lines'] }

    expect(wrong(golden, aReading({ lines }))).toEqual([])
  })

  it('misses an entry, and finds one too many', () => {
    expect(wrong(GOLDEN, aReading({ lines: [] }))).toContain('the number of entries')
    expect(wrong(GOLDEN, aReading({ lines: [aLine(), aLine()] }))).toContain('the number of entries')
  })
})

describe('The goldens of WoLpH', () => {
  it('are dumps of Python objects', () => {
    const amount = (decimal: string): string =>
      `!!python/object:x.Amount\n      amount: !!python/object/apply:decimal.Decimal\n      - '${decimal}'\n      currency: EUR`
    const date = '!!python/object/apply:x.Date\n    - !!binary |\n      B+oDAw=='
    const text = [
      '&id003 !!python/object:x.Transactions',
      `data:\n  account_identification: '0012'`,
      `  final_opening_balance: !!python/object:x.Balance\n    amount: ${amount('-3.50')}\n    status: D`,
      'tags:\n  13: !!python/object:x.Tag\n    re: "\\n (?P<a>"\n  60: *id001',
      `transactions:\n- !!python/object:x.Transaction\n  data:\n    amount: ${amount('-9')}`,
      `    bank_reference: null\n    customer_reference: 0123e4\n    date: ${date}\n  transactions: *id003\n`,
    ].join('\n')

    expect(readWolph(text)).toEqual({
      lines: [{ amount: -900n, currency: 'EUR', date: '2026-03-03', references: ['0123e4'] }],
      openings: [{ amount: -350n, currency: 'EUR' }],
      closings: [],
      accounts: ['0012'],
    })
  })
})

describe('A literal of Python', () => {
  it('has tuples, texts side by side, and numbers as they are written', () => {
    expect(readLiteral(`('a' "b\\n'", [1.50, -2], {'k': None, 'l': (True,)},)`)).toEqual([
      "ab\n'",
      ['1.50', '-2'],
      { k: null, l: [true] },
    ])
  })

  it('is a golden of OCA', () => {
    const text = `('EUR', 'ACC', [{'balance_start': 1.0, 'balance_end_real': -2.5, 'transactions': [{'amount': -3.5, 'date': '2026-03-03', 'ref': 'R'}]}])`

    expect(readPydata(text)).toEqual({
      lines: [{ amount: -350n, currency: 'EUR', date: '2026-03-03', references: ['R'] }],
      openings: [{ amount: 100n, currency: 'EUR' }],
      closings: [{ amount: -250n, currency: 'EUR' }],
      accounts: ['ACC'],
    })
  })
})

describe('An audit', () => {
  const verdicts = (row: string, ...statements: Statement[]): string[] => {
    const [audit] = readAudits(row).values()
    if (audit === undefined) return []
    return compareAudit(audit, { outcome: 'read', reading: aReading({ statements }) }).map(
      ({ what, expected, got }) => `${what}: ${expected}, ${got}`,
    )
  }

  it('is compared statement by statement, with the exact difference', () => {
    const fails = aStatement({ control: { status: 'fail', what: 'the closing balance in EUR', difference: -1_235n } })

    expect(verdicts('a/b.txt | utf-8 | 60F..62F n=1 OK ; 60F..62F n=1 DIFF -12.35 | ', aStatement(), fails)).toEqual([
      'the number of statements: 2, 2',
      'the control of statement 1: pass, pass',
      'the control of statement 2: fail -1235, fail -1235',
    ])
  })

  it('has differences that are finer than a minor unit', () => {
    const what = 'the closing balance in EUR: it differs by 0.0000000000004 EUR'
    const fails = aStatement({ control: { status: 'fail', what, difference: 0n } })

    expect(verdicts('camt052 a/b.xml | v | Rpt n=1 chk=DIFF 4E-13', fails)).toContain(
      'the control of statement 1: fail 4E-13, fail 4E-13',
    )
  })

  it('has only counts of a file of many statements', () => {
    expect(verdicts('a/b | utf-8 | 60F..62F n=1 OK ; 60… (3 stmts, 2 OK, 1 DIFF) | ', aStatement())).toEqual([
      'the number of statements: 3, 1',
      'the statements that add up: 2, 1',
      'the statements that do not: 1, 0',
    ])
  })

  it('has the trailers of accounts in BAI2, computed before stated', () => {
    const row = 'x+bai2/a.txt | 16s 2 | 49 sum 5=5 rec 2=2 ; 49 sum 7≠9 rec 2=2 ; 49 sum 0≠None rec 2=2 ; 98 sum 1=1'
    const [audit] = readAudits(row).values()

    expect(audit?.statements).toEqual(['pass', { difference: '-2' }, 'pass'])
  })
})

describe('A reading', () => {
  it('adds up when its control passes, and differs by what its control says', () => {
    const control = { status: 'fail', what: 'the closing balance in EUR', difference: 50n } as const
    const fails = aStatement({ closing: 11_200n, control })

    expect(checkSums(aReading()).every(holds)).toBe(true)
    expect(checkSums(aReading({ statements: [fails] })).every(holds)).toBe(true)
    expect(checkSums(aReading({ lines: [aLine({ fee: 1n })] })).every(holds)).toBe(false)
    expect(checkSums(aReading({ lines: [aLine({ booked: false })] })).every(holds)).toBe(false)
  })

  it('has no silent zero', () => {
    const zero = aReading({ lines: [aLine({ line: 2, amount: 0n })] })
    const judged = (raw: string): boolean =>
      checkZeros(zero, `:60F:C260303EUR1,00\n${raw}\n:62F:C260303EUR1,00`).every(holds)

    expect(judged(':61:260303C0,00NTRFX')).toBe(true)
    expect(judged('row,2026-03-03,0.00,')).toBe(true)
    expect(judged(':61:260303C 12,50NTRFX')).toBe(false)
    expect(judged(':61:260303C12,NTRFX')).toBe(false)
    expect(judged('<Amt>0.01</Amt>')).toBe(false)
  })
})

describe('An amount of others', () => {
  it.each([
    ['-9', 'EUR', -900n],
    ['876.840', 'EUR', 87_684n],
    ['.5', 'EUR', 50n],
    ['12', 'JPY', 12n],
    ['0.001', 'EUR', undefined],
    ['4E-13', 'EUR', undefined],
  ])('%s %s is %s minor units', (decimal, currency, amount) => {
    expect(minorOf(decimal, currency)).toBe(amount)
  })
})

describe('The options', () => {
  it('take a folder of samples, from the root of the repository', () => {
    expect(readOptions([], '/a/b')).toMatchObject({ samples: '/a/shared/samples', verbose: false, only: [] })
    expect(readOptions(['mt940', '--verbose', '--samples', '/c'], '/a')).toMatchObject({
      samples: '/c',
      only: ['mt940'],
    })
    expect(readOptions(['--all'], '/a')).toContain('--all')
  })
})
