import { describe, expect, it } from 'vitest'
import type { FileSummary, ReadOptions, SettlementLine } from '../format.ts'
import { readAll } from '../testing.ts'
import { ofx } from './ofx.ts'
import { transaction, withList } from './testing.ts'

type Read = { readonly summary: FileSummary; readonly lines: readonly SettlementLine[] }

const read = (text: string, options?: ReadOptions): Promise<Read> =>
  readAll({ ...ofx, read: (bytes, take) => ofx.read(bytes, take, options) }, text)
const readList = (...list: string[]): Promise<Read> => read(withList(...list))
const codesOf = ({ diagnostics }: FileSummary): string[] => diagnostics.map(({ code }) => code)

describe('The amount of a transaction', () => {
  it.each([
    ['12.34', 1_234n],
    ['-12.34', -1_234n],
    ['+12.34', 1_234n],
    ['\u221212.34', -1_234n],
    ['-200,00', -20_000n],
    ['1,5', 150n],
    ['.5', 50n],
    ['-.5', -50n],
    ['5.', 500n],
    ['7', 700n],
    ['0', 0n],
    ['0.00', 0n],
    ['-00000000001500.0000', -150_000n],
    ['1,234.56', 123_456n],
    ['1.234,56', 123_456n],
    ['-1,234,567', -123_456_700n],
    ['1 234,56', 123_456n],
    ["1'234.56", 123_456n],
    ['1234,500', 123_450n],
    ['0,500', 50n],
    ['92233720368547758.07', 2n ** 63n - 1n],
  ])('%j is %s', async (text, amount) => {
    const { summary, lines } = await readList(transaction({ TRNAMT: text }))

    expect(lines.map((line) => line.amount)).toEqual([amount])
    expect(codesOf(summary)).toEqual([])
  })

  it.each([
    ['$120'],
    ['1,234'],
    ['-1,000'],
    ['1.2.3'],
    ['1,23.45'],
    ['12.00-'],
    ['(12.00)'],
    ['12 EUR'],
    ['1e3'],
    ['--1'],
    ['-'],
    ['NaN'],
    [' '],
    ['9'.repeat(65)],
    ['92233720368547758.08'],
    ['٣'],
  ])('%j is in error with its place, and the line is not there', async (text) => {
    const { summary, lines } = await readList(
      transaction({ FITID: 'a' }),
      `<STMTTRN>\n<FITID>b<TRNAMT>${text}</STMTTRN>`,
      transaction({ FITID: 'c' }),
    )

    expect(lines.map(({ pspReference }) => pspReference)).toEqual(['a', 'c'])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'amount', line: 14, column: 17 }])
    expect(summary.statements).toMatchObject([{ lines: 2, credits: 200n }])
  })

  it('is an error where there is none', async () => {
    const { summary, lines } = await readList(transaction({ TRNAMT: '' }))

    expect(lines).toEqual([])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'amount', line: 12, column: 1 }])
  })

  it.each([
    ['115.8331', 11_583n],
    ['197.1250', 19_713n],
    ['-197.125', -19_713n],
    ['0.004', 0n],
  ])('%s is rounded half away from zero, and that is told', async (text, amount) => {
    const { summary, lines } = await readList(transaction({ TRNAMT: text }))

    expect(lines[0]?.amount).toBe(amount)
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'rounding', line: 12 }])
  })

  it.each([
    ['JPY', '1500', 1_500n],
    ['KWD', '1,234', 1_234n],
    ['KWD', '1.234', 1_234n],
    ['CLF', '1.2345', 12_345n],
  ])('in %s %s is %s', async (currency, text, amount) => {
    const { summary, lines } = await read(withList(transaction({ TRNAMT: text })).replace('EUR', currency))

    expect(lines).toMatchObject([{ amount, currency }])
    expect(codesOf(summary)).toEqual([])
  })

  it('keeps its sign when its type says another, which is told once', async () => {
    const { summary, lines } = await readList(
      transaction({ TRNTYPE: 'DEBIT', TRNAMT: '5.00', FITID: 'a' }),
      transaction({ TRNTYPE: 'CREDIT', TRNAMT: '-5.00', FITID: 'b' }),
    )

    expect(lines.map(({ amount }) => amount)).toEqual([500n, -500n])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'sign', line: 12 }])
  })

  it('of a debit where no amount has a sign is in error', async () => {
    const { summary } = await readList(
      transaction({ TRNTYPE: 'CREDIT', TRNAMT: '5,00', FITID: 'a' }),
      transaction({ TRNTYPE: 'DEBIT', TRNAMT: '3,00', FITID: 'b' }),
    )

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'sign', line: 13 }])
  })

  it.each(['Saldo Anterior', 'SALDO DO DIA', 'S A L D O', 'SALDO TOTAL DISPONÍVEL DIA'])(
    'that is a balance, %j, is in no sum',
    async (name) => {
      const { summary, lines } = await readList(
        transaction({ NAME: name, TRNAMT: '1000.00', FITID: '' }),
        transaction({ NAME: `PIX ${name}` }),
      )

      expect(lines.map(({ amount, booked }) => [amount, booked])).toEqual([
        [100_000n, false],
        [100n, undefined],
      ])
      expect(summary.statements).toMatchObject([{ credits: 100n, debits: 0n }])
      expect(codesOf(summary)).toEqual(['balance_row'])
    },
  )
})

describe('The currency of a transaction', () => {
  const inUsd = '<CURRENCY><CURRATE>1.06<CURSYM>USD</CURRENCY>'

  it('of CURRENCY is that of its amount, which is in a statement of its own', async () => {
    const { summary, lines } = await readList(transaction(), transaction({ FITID: 'b' }, inUsd))

    expect(lines.map(({ statement, currency }) => [statement, currency])).toEqual([
      [0, 'EUR'],
      [1, 'USD'],
    ])
    expect(summary.statements.map(({ account, currency, closing }) => [account, currency, closing])).toEqual([
      ['12345', 'EUR', 5_000n],
      ['12345', 'USD', undefined],
    ])
    expect(codesOf(summary)).toEqual(['currency_differs'])
  })

  it.each([
    ['of ORIGCURRENCY is what it was before', inUsd.replaceAll('CURRENCY', 'ORIGCURRENCY')],
    ['is the same in CURRENCY', inUsd.replace('USD', 'eur')],
    ['is empty in CURRENCY', inUsd.replace('USD', '')],
  ])('%s: the amount is in that of the statement', async (_name, more) => {
    const { summary, lines } = await readList(transaction({}, more))

    expect(lines).toMatchObject([{ currency: 'EUR', amount: 100n }])
    expect(codesOf(summary)).toEqual([])
  })

  it('may stand in CURRENCY itself', async () => {
    expect((await readList(transaction({}, '<CURRENCY>USD<MEMO>text'))).lines).toMatchObject([
      { currency: 'USD', description: 'text' },
    ])
  })

  it('is that of a transaction where the statement states none', async () => {
    const { summary, lines } = await read(withList(transaction({}, inUsd)).replace('<CURDEF>EUR', '<CURDEF></CURDEF>'))

    expect(lines).toMatchObject([{ currency: 'USD' }])
    expect(summary.statements).toMatchObject([{ currency: 'USD', closing: 5_000n }])
    expect(codesOf(summary)).toEqual(['currency'])
  })

  it('may be one of its time, with its decimals', async () => {
    const text = withList(transaction({ TRNAMT: '10' })).replace('<CURDEF>EUR', '<CURDEF>ITL')

    expect((await read(text)).lines).toMatchObject([{ currency: 'ITL', amount: 10n }])
  })

  it.each([
    ['', 2],
    ['US', 2],
    ['XXX', 2],
  ])('that the statement has as %j is in error, and nothing is guessed', async (currency, errors) => {
    const { summary, lines } = await read(withList(transaction()).replace('<CURDEF>EUR', `<CURDEF>${currency}`))

    expect(lines).toEqual([])
    expect(summary.statements).toEqual([])
    expect(summary.diagnostics.filter((each) => each.severity === 'error' && each.code === 'currency')).toHaveLength(
      errors,
    )
  })
})

describe('The date of a transaction', () => {
  it.each([
    ['20260303', '2026-03-03', undefined, []],
    ['20260303120000.000[-5:EST]', '2026-03-03', '2026-03-03T17:00:00.000Z', []],
    ['20260303120000[0:GMT]', '2026-03-03', '2026-03-03T12:00:00.000Z', []],
    ['20260303120000 [+9:JST]', '2026-03-03', '2026-03-03T03:00:00.000Z', []],
    ['20260303233000[-3:GMT]', '2026-03-03', '2026-03-04T02:30:00.000Z', []],
    ['20260303120000[+5.5:IST]', '2026-03-03', '2026-03-03T06:30:00.000Z', []],
    ['20260303120000[5.30:IST]', '2026-03-03', '2026-03-03T06:30:00.000Z', []],
    ['20260303120000[5.75]', '2026-03-03', '2026-03-03T06:15:00.000Z', []],
    ['20260303120000[5.45]', '2026-03-03', '2026-03-03T06:15:00.000Z', []],
    ['20260303120000[-3.50:NST]', '2026-03-03', '2026-03-03T15:30:00.000Z', []],
    ['20260303120000[+05:30]', '2026-03-03', '2026-03-03T06:30:00.000Z', []],
    ['20260303120000[-03:BRT]', '2026-03-03', '2026-03-03T15:00:00.000Z', []],
    ['20260303120000[-0330]', '2026-03-03', '2026-03-03T15:30:00.000Z', []],
    ['202603031201[1]', '2026-03-03', '2026-03-03T11:01:00.000Z', []],
    ['20260303120000.25[0]', '2026-03-03', '2026-03-03T12:00:00.250Z', []],
    ['20260303120000:014[0]', '2026-03-03', '2026-03-03T12:00:00.014Z', []],
    ['20260303[-5:EST]', '2026-03-03', undefined, []],
    ['20260303120000', '2026-03-03', undefined, ['zone']],
    ['202603031200', '2026-03-03', undefined, ['zone']],
    ['20260303120000[-:EST]', '2026-03-03', undefined, ['date']],
    ['20260303120000[25:ABC]', '2026-03-03', undefined, ['date']],
    ['20260303120000[-5.33]', '2026-03-03', undefined, ['date']],
    ['20260303250000[0:GMT]', '2026-03-03', undefined, ['date']],
    ['20260303 at noon', '2026-03-03', undefined, ['date']],
    ['20260230120000[0:GMT]', undefined, undefined, ['date']],
    ['201120000000', undefined, undefined, ['date']],
    ['00000000', undefined, undefined, ['date']],
    ['03/03/2026', undefined, undefined, ['date']],
    ['soon', undefined, undefined, ['date']],
    ['', undefined, undefined, ['date']],
  ])('%j is the day %s and the instant %s', async (text, day, at, codes) => {
    const { summary, lines } = await readList(transaction({ DTPOSTED: text }))

    expect(lines).toMatchObject([{ amount: 100n }])
    expect([lines[0]?.businessDate, lines[0]?.occurredAt?.toISOString()]).toEqual([day, at])
    expect(codesOf(summary)).toEqual(codes)
    expect(summary.diagnostics.every(({ severity }) => severity === 'warning')).toBe(true)
  })

  it('without an offset is told once, however often it is there', async () => {
    const times = Array.from({ length: 50 }, (_, n) => transaction({ DTPOSTED: '20260303120000', FITID: `${n}` }))

    expect(codesOf((await readList(...times)).summary)).toEqual(['zone'])
  })

  it.each([
    ['20260303120000', '2026-03-03T11:00:00.000Z', []],
    ['20260703120000', '2026-07-03T10:00:00.000Z', []],
    ['20260303120000[-5:EST]', '2026-03-03T17:00:00.000Z', []],
    ['20260329023000', '2026-03-29T01:30:00.000Z', ['date']],
    ['20261025023000', '2026-10-25T00:30:00.000Z', ['date']],
    ['20260303', undefined, []],
  ])('%j is %s where the times are of Berlin', async (text, at, codes) => {
    const { summary, lines } = await read(withList(transaction({ DTPOSTED: text })), { zone: 'Europe/Berlin' })

    expect(lines[0]?.occurredAt?.toISOString()).toBe(at)
    expect(codesOf(summary)).toEqual(codes)
  })
})

describe('The references of a transaction', () => {
  it.each([
    [{ CHECKNUM: '1000' }, '1000', undefined],
    [{ CHECKNUM: '1000', REFNUM: '77' }, '1000', ['77']],
    [{ CHECKNUM: '1000', REFNUM: '1000' }, '1000', undefined],
    [{ CHECKNUM: '0', REFNUM: '77' }, '77', undefined],
    [{ CHECKNUM: '000' }, undefined, undefined],
    [{ SRVRTID: 's', PAYEEID: 'p' }, undefined, ['s', 'p']],
    [{ REFNUM: '77', SRVRTID: 's' }, '77', ['s']],
  ])('%j are %s and %j', async (texts, reference, otherReferences) => {
    const { lines } = await readList(transaction(texts))

    expect(lines.map((line) => [line.pspReference, line.reference, line.otherReferences])).toEqual([
      ['fit-1', reference, otherReferences],
    ])
  })

  it('that are there twice in one account are kept with a warning, in another they are others', async () => {
    const other = withList(transaction()).replaceAll('12345', '54321')

    const { summary, lines } = await read(withList(transaction(), transaction()) + other)

    expect(lines.map(({ pspReference, statement }) => [pspReference, statement])).toEqual([
      ['fit-1', 0],
      ['fit-1', 0],
      ['fit-1', 1],
    ])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'duplicate', line: 13 }])
  })

  it('that are there twice a thousand times are counted', async () => {
    const { summary, lines } = await readList(...Array.from({ length: 1_501 }, () => transaction()))

    expect(lines).toHaveLength(1_501)
    expect(summary.diagnostics).toHaveLength(101)
    expect(summary.diagnostics.at(-1)).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/^1400 more/),
    })
  })

  it('are missed', async () => {
    const { summary, lines } = await readList(transaction({ FITID: '' }))

    expect(lines).toMatchObject([{ pspReference: undefined }])
    expect(codesOf(summary)).toEqual(['no_reference'])
  })

  it('without a bound are in error', async () => {
    const { summary, lines } = await readList(transaction({ FITID: 'f'.repeat(2_000) }))

    expect(lines).toEqual([])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'text_too_long', line: 12 }])
  })
})

describe('The texts of a transaction', () => {
  it.each([
    ['<NAME>Shop', 'Shop'],
    ['<MEMO>for you', 'for you'],
    ['<NAME>Shop<MEMO>for you', 'Shop / for you'],
    ['<NAME>Shop<MEMO>Shop', 'Shop'],
    ['<NAME>A name that is cut<MEMO>A name that is cut off', 'A name that is cut off'],
    ['<PAYEE><NAME>Shop<ADDR1>Road<CITY>Town</PAYEE><MEMO>for you', 'Shop / for you'],
    ['<PAYEE><NAME>Shop<ADDR1>Road<MEMO>for you', 'Shop / for you'],
    ['<PAYEE>Shop<MEMO>for you', 'Shop / for you'],
    ['<NAME>Shop<BANKACCTTO><BANKID>1<ACCTID>2</BANKACCTTO><MEMO>for you', 'Shop / for you'],
    ['<NAME>Shop<EXTDNAME>and more<MEMO>for you', 'Shop / and more / for you'],
    ['<MEMO>a<MEMO>b', 'a b'],
    ['<NAME></NAME><MEMO></MEMO>', undefined],
    [
      '<NAME>A & B &amp; C &lt;D&gt; &#39;&#x41;&quot; &nbsp;E&copy; &#0; &#xd800;',
      'A & B & C <D> \'A"  E&copy;   &#xd800;',
    ],
    ['<NAME>&amp;lt;', '&lt;'],
    ['<NAME>a < b<MEMO>c <3 d <x y> <mail@example.org> e', 'a < b / c <3 d <x y> <mail@example.org> e'],
    ['<NAME><![CDATA[A & B <c> &amp;]]></NAME>', 'A & B <c> &amp;'],
    ['<NAME>a<!-- b -->c<?d?>', 'ac'],
    ['<NAME>  two\n  lines\t', 'two   lines'],
    ['<NAME>Shop</NAME>stray', 'Shop'],
    ['<CATEGORY>food<NAME>Shop', 'Shop'],
  ])('%j are %j', async (texts, description) => {
    const { lines } = await readList(transaction({}, texts))

    expect(lines).toHaveLength(1)
    expect(lines[0]?.description?.replaceAll(/ +/g, ' ')).toBe(description?.replaceAll(/ +/g, ' '))
    expect(lines[0]).toMatchObject({ amount: 100n, pspReference: 'fit-1' })
  })

  it('that are too long are cut, and that is told', async () => {
    const { summary, lines } = await readList(transaction({ MEMO: 'm'.repeat(5_000) }))

    expect(lines[0]?.description).toHaveLength(4_096)
    expect(codesOf(summary)).toEqual(['text_too_long'])
  })

  it.each([
    ['FEE', 'fee'],
    ['SRVCHG', 'fee'],
    ['Credit', 'entry'],
    ['XFER', 'entry'],
    ['', 'entry'],
  ])('give it the kind: %j is %s', async (type, kind) => {
    expect((await readList(transaction({ TRNTYPE: type }))).lines).toMatchObject([
      { kind, status: type || undefined, fee: 0n },
    ])
  })
})

describe('A transaction', () => {
  it('without its end tag ends where the next one begins, or the list', async () => {
    const open = (fitId: string): string => transaction({ FITID: fitId }).replace('</STMTTRN>', '')

    const { summary, lines } = await readList(open('a'), open('b'), transaction({ FITID: 'c' }), open('d'))

    expect(lines.map(({ pspReference, line }) => [pspReference, line])).toEqual([
      ['a', 12],
      ['b', 13],
      ['c', 14],
      ['d', 15],
    ])
    expect(summary.statements).toMatchObject([{ closing: 5_000n, lines: 4 }])
    expect(codesOf(summary)).toEqual(['not_closed'])
  })

  it('without its start tag begins with its first text', async () => {
    const { summary, lines } = await readList(transaction().replace('<STMTTRN>', ''), transaction({ FITID: 'b' }))

    expect(lines.map(({ pspReference }) => pspReference)).toEqual(['fit-1', 'b'])
    expect(codesOf(summary)).toEqual(['not_opened'])
  })

  it('without both is in error with the one it runs into', async () => {
    const run = transaction().replace('</STMTTRN>', '') + transaction({ TRNAMT: '2.00' }).replace('<STMTTRN>', '')

    const { summary, lines } = await readList(run, transaction({ FITID: 'b' }))

    expect(lines.map(({ pspReference }) => pspReference)).toEqual(['b'])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'twice' }])
  })

  it('outside of a statement is in error', async () => {
    const { summary, lines } = await read(`<OFX><BANKMSGSRSV1>${transaction()}</BANKMSGSRSV1></OFX>`)

    expect(lines).toEqual([])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'out_of_place' }, { code: 'no_statement' }])
  })

  it('that is pending moves no balance', async () => {
    const pending = '<STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20260304<TRNAMT>-9.99<REFNUM>7<NAME>Hotel</STMTTRNP>'
    const text = withList(transaction()).replace('<LEDGERBAL>', `<BANKTRANLISTP>${pending}</BANKTRANLISTP><LEDGERBAL>`)

    const { summary, lines } = await read(text)

    expect(lines[1]).toMatchObject({ amount: -999n, booked: false, reference: '7', businessDate: '2026-03-04' })
    expect(summary.statements).toMatchObject([{ lines: 2, credits: 100n, debits: 0n }])
    expect(codesOf(summary)).toEqual([])
  })

  it.each([
    ['REPLACE', undefined, 100n],
    ['DELETE', false, 0n],
  ])('that corrects another by %s says so', async (action, booked, credits) => {
    const { summary, lines } = await readList(transaction({ CORRECTFITID: 'old', CORRECTACTION: action }))

    expect(lines).toMatchObject([{ booked, otherReferences: ['old'] }])
    expect(summary.statements).toMatchObject([{ credits }])
    expect(codesOf(summary)).toEqual(['correction'])
  })

  it('may hold texts that are called like aggregates elsewhere', async () => {
    const { lines } = await readList(transaction({}, '<STATUS>posted<TRANSFER>Y<NAME>Shop'))

    expect(lines).toMatchObject([{ amount: 100n, description: 'Shop' }])
  })
})
