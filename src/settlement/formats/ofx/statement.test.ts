import { describe, expect, it } from 'vitest'
import type { FileSummary } from '../format.ts'
import { readAll } from '../testing.ts'
import { ofx } from './ofx.ts'
import { transaction, withList } from './testing.ts'

const read = (text: string): ReturnType<typeof readAll> => readAll(ofx, text)
const codesOf = ({ diagnostics }: FileSummary): string[] => diagnostics.map(({ code }) => code)

describe('The balance', () => {
  const ledger = (balance: string): string => withList().replace(/<LEDGERBAL>.*<\/LEDGERBAL>/, balance)

  it.each([
    ['<LEDGERBAL><BALAMT>-1,50<DTASOF>20260302</LEDGERBAL>', -150n, '2026-03-02', []],
    ['<LEDGERBAL><BALAMT>1<DTASOF>20260302120000</LEDGERBAL>', 100n, '2026-03-02', []],
    [
      '<LEDGERBAL><BALAMT>1<DTASOF>20260302<AVAILBAL><BALAMT>9<DTASOF>20260305</AVAILBAL>',
      100n,
      '2026-03-02',
      ['not_closed'],
    ],
    ['<LEDGERBAL><BALAMT>1.005<DTASOF>20260302</LEDGERBAL>', 101n, '2026-03-02', ['rounding']],
    ['<LEDGERBAL><BALAMT></BALAMT><DTASOF></DTASOF></LEDGERBAL>', undefined, '2026-03-31', ['balance']],
    ['<LEDGERBAL><BALAMT/><DTASOF/></LEDGERBAL>', undefined, '2026-03-31', ['balance']],
    ['<LEDGERBAL><BALAMT> </LEDGERBAL>', undefined, '2026-03-31', ['balance']],
    ['<LEDGERBAL></LEDGERBAL>', undefined, '2026-03-31', ['balance']],
    ['<LEDGERBAL><BALAMT>$1<DTASOF>20260302</LEDGERBAL>', undefined, '2026-03-02', ['amount']],
    ['<LEDGERBAL><BALAMT>1<BALAMT>2<DTASOF>20260302</LEDGERBAL>', undefined, '2026-03-02', ['twice']],
    ['<LEDGERBAL><BALAMT>1<DTASOF>20260230</LEDGERBAL>', 100n, '2026-03-31', ['date']],
    ['<AVAILBAL><BALAMT>9<DTASOF>20260305</AVAILBAL>', undefined, '2026-03-31', []],
    ['', undefined, '2026-03-31', []],
  ])('%j gives %s of %s', async (text, closing, businessDate, codes) => {
    const { summary } = await read(ledger(text))

    expect(summary.statements).toMatchObject([
      { opening: undefined, closing, businessDate, control: { status: 'none' } },
    ])
    expect(codesOf(summary)).toEqual(codes)
  })
})

describe('An investment statement', () => {
  const investments = (list: string, more = ''): string =>
    `<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><DTASOF>20260303<CURDEF>EUR
    <INVACCTFROM><BROKERID>b<ACCTID>77</INVACCTFROM><INVTRANLIST><DTSTART>20260301<DTEND>20260302
    ${list}</INVTRANLIST>${more}</INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>`
  const cash = (fitId: string): string => `<INVBANKTRAN>${transaction({ FITID: fitId })}<SUBACCTFUND>CASH</INVBANKTRAN>`
  const record = (name: string): string =>
    `<${name}><INVTRAN><FITID>x<DTTRADE>20260303<MEMO>m</INVTRAN><TOTAL>-5.00<INVACCTFROM><ACCTID>88</INVACCTFROM></${name}>`

  it('gives its banking transactions, and says what of it is not read', async () => {
    const { summary, lines } = await read(
      investments(
        cash('a') + record('BUYSTOCK') + record('TRANSFER') + record('BUYSTOCK') + record('NEWKIND') + cash('b'),
        '<INVPOSLIST><POSMF></POSMF></INVPOSLIST><INVBAL><AVAILCASH>1<BALLIST></BALLIST></INVBAL>',
      ),
    )

    expect(lines.map(({ pspReference }) => pspReference)).toEqual(['a', 'b'])
    expect(summary.statements).toMatchObject([
      { account: '77', currency: 'EUR', businessDate: '2026-03-03', closing: undefined, lines: 2 },
    ])
    expect(
      summary.diagnostics.map(({ severity, code, message }) => `${severity} ${code} ${message.slice(0, 12)}`),
    ).toEqual([
      'error not_supported 2 BUYSTOCK o',
      'warning not_supported 1 TRANSFER o',
      'error not_supported 1 NEWKIND of',
      'warning not_supported 1 INVPOSLIST',
      'warning not_supported 1 INVBAL of ',
    ])
  })

  it('of which a record lacks its end tag loses no cash', async () => {
    const { lines } = await read(investments(record('BUYMF').replace('</BUYMF>', '') + cash('a')))

    expect(lines.map(({ pspReference }) => pspReference)).toEqual(['a'])
  })
})

describe('What else a bank answers', () => {
  it.each([
    ['SIGNUPMSGSRSV1', 'ACCTINFOTRNRS', []],
    ['PROFMSGSRSV1', 'PROFTRNRS', []],
    ['BANKMSGSRSV1', 'INTRATRNRS', ['warning not_supported']],
    ['BANKMSGSRSV1', 'STMTENDTRNRS', ['warning not_supported']],
    ['LOANMSGSRSV1', 'LOANSTMTTRNRS', ['error not_supported']],
    ['BANKMSGSRQV1', 'STMTTRNRQ', ['warning request', 'error not_supported']],
  ])('%s with %s is told: %j', async (messages, response, expected) => {
    const { summary } = await read(`<OFX><${messages}><${response}></${response}></${messages}></OFX>`)

    expect(summary).toMatchObject({ readable: true, statements: [] })
    expect(summary.diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      ...expected,
      'warning no_statement',
    ])
  })
})
