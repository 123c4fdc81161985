import { describe, expect, it } from 'vitest'
import type { FileSummary } from '../format.ts'
import { readAll } from '../testing.ts'
import { camtFormats } from './camt.ts'
import { anEntry, aStatement, balanceOf, type Dialect, messageOf } from './testing.ts'

const read = async (text: string, name: Dialect['name'] = 'camt.053'): Promise<FileSummary> => {
  const format = camtFormats.find((each) => each.name === name)
  if (format === undefined) throw new Error(name)
  return (await readAll(format, text)).summary
}

const PLAIN = { withSummary: false }
const BALANCES = /<Bal>.*<\/Bal>/s

/** A statement with one entry of 10.50 EUR and the given balances. */
const withBalances = (...balances: readonly string[]): string =>
  messageOf([aStatement()], PLAIN).replace(BALANCES, balances.join('\n'))

const eur = (type: string, amount: bigint, date = '2026-03-03'): string => balanceOf(type, amount, 'EUR', date)

const paged = (text: string, page: number, isLast: boolean): string =>
  text.replace(
    '<ElctrncSeqNb>',
    `<StmtPgntn><PgNb>${page}</PgNb><LastPgInd>${isLast}</LastPgInd></StmtPgntn><ElctrncSeqNb>`,
  )

describe('The balances of a statement', () => {
  it.each([
    ['OPBD and CLBD', [eur('OPBD', 100n), eur('CLBD', 1_150n)], 100n, 1_150n, 'pass'],
    ['PRCD for OPBD', [eur('PRCD', 100n), eur('CLBD', 1_150n)], 100n, 1_150n, 'pass'],
    ['OPBD before PRCD', [eur('PRCD', 7n), eur('OPBD', 100n), eur('CLBD', 1_150n)], 100n, 1_150n, 'pass'],
    ['debit balances', [eur('OPBD', -2_000n), eur('CLBD', -950n)], -2_000n, -950n, 'pass'],
    ['no opening', [eur('CLBD', 1_150n)], undefined, 1_150n, 'none'],
    ['no closing', [eur('OPBD', 100n)], 100n, undefined, 'none'],
    ['none', [], undefined, undefined, 'none'],
    [
      'others only',
      [eur('OPAV', 1n), eur('CLAV', 2n), eur('FWAV', 3n), eur('ITBD', 4n), eur('XPCD', 5n)],
      undefined,
      undefined,
      'none',
    ],
    [
      'those of several days, in any order',
      [eur('CLBD', 1_150n, '2026-03-04'), eur('OPBD', 600n, '2026-03-04'), eur('CLBD', 600n), eur('OPBD', 100n)],
      100n,
      1_150n,
      'pass',
    ],
  ] as const)('are %s', async (_name, balances, opening, closing, status) => {
    const [statement] = (await read(withBalances(...balances))).statements

    expect(statement).toMatchObject({ account: 'DE00000', currency: 'EUR', lines: 1, control: { status } })
    expect([statement?.opening, statement?.closing]).toEqual([opening, closing])
  })

  it.each([
    ['an amount that is none', eur('OPBD', 100n).replace('>1.00<', '>1,00<'), 'amount'],
    ['no sign', eur('OPBD', 100n).replace(/<CdtDbtInd>.*<\/CdtDbtInd>/, ''), 'direction'],
    ['no amount', eur('OPBD', 100n).replace(/<Amt.*<\/Amt>/, ''), 'amount'],
  ])('that have %s are told, and prove nothing', async (_name, opening, code) => {
    const { statements, diagnostics } = await read(withBalances(opening, eur('CLBD', 1_150n)))

    expect(diagnostics).toMatchObject([{ severity: 'error', code }])
    expect(statements[0]).toMatchObject({ opening: undefined, control: { status: 'none' } })
  })

  it('stand for each currency on its own', async () => {
    const usd = /<Ntry>.*<\/Ntry>/s.exec(messageOf([aStatement({ currency: 'USD' })]))?.[0] ?? ''
    const text = withBalances(
      eur('OPBD', 100n),
      eur('CLBD', 1_150n),
      balanceOf('OPBD', 0n, 'USD', '2026-03-03'),
      balanceOf('CLBD', 1_049n, 'USD', '2026-03-03'),
    ).replace('</Stmt>', `${usd}</Stmt>`)

    const { statements } = await read(text)

    expect(statements).toMatchObject([
      { currency: 'EUR', lines: 1, control: { status: 'pass' } },
      { currency: 'USD', lines: 1, control: { status: 'fail', difference: 1n } },
    ])
  })

  it('fail when they open in one currency and close in another', async () => {
    const { statements } = await read(withBalances(eur('OPBD', 100n), balanceOf('CLBD', 1_150n, 'SEK', '2026-03-03')))

    expect(statements).toHaveLength(1)
    expect(statements[0]?.control).toMatchObject({
      status: 'fail',
      what: 'the closing balance is in SEK, and the opening balance in EUR',
    })
  })

  it('prove nothing when an entry is in a currency that has none', async () => {
    const text = withBalances(eur('OPBD', 100n), eur('CLBD', 1_150n)).replace(/Ccy="EUR"(?=>10.50)/, 'Ccy="USD"')

    const { statements, diagnostics } = await read(text)

    expect(new Set(statements.map(({ control }) => control.status))).toEqual(new Set(['none']))
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'currency' }])
    const counted = '<TxsSummry><TtlNtries><NbOfNtries>1</NbOfNtries></TtlNtries></TxsSummry>'
    const withCount = await read(text.replace('<Ntry>', `${counted}<Ntry>`))
    expect(withCount.statements[0]?.control).toEqual({ status: 'none' })
  })

  it('are interim between the pages of a statement', async () => {
    const pages = [
      paged(withBalances(eur('OPBD', 100n), eur('ITBD', 1_150n)), 1, false),
      paged(withBalances(eur('ITBD', 1_150n), eur('ITBD', 2_200n)), 2, false),
      paged(withBalances(eur('ITBD', 2_200n), eur('CLBD', 3_250n)), 3, true),
    ]

    const statements = await Promise.all(pages.map(async (page) => (await read(page)).statements[0]))

    expect(statements.map((each) => [each?.sequence, each?.opening, each?.closing, each?.control.status])).toEqual([
      ['1/1', 100n, 1_150n, 'pass'],
      ['1/2', 1_150n, 2_200n, 'pass'],
      ['1/3', 2_200n, 3_250n, 'pass'],
    ])
  })
})

describe('A statement', () => {
  it('without entries is valid', async () => {
    const { statements } = await read(messageOf([aStatement({ entries: [] })]))

    expect(statements).toMatchObject([{ lines: 0, opening: 10_000n, closing: 10_000n, control: { status: 'pass' } }])
  })

  it('without anything is valid', async () => {
    const { statements } = await read(messageOf([aStatement()]).replace(/<Stmt>.*<\/Stmt>/s, '<Stmt/>'))

    expect(statements).toMatchObject([{ account: '', currency: '', lines: 0, control: { status: 'none' } }])
  })

  it('has the currency of an entry that could not be read, when nothing else says one', async () => {
    const text = withBalances().replace('<Ccy>EUR</Ccy>', '').replace('>10.50<', '>12..34<')

    expect((await read(text)).statements).toMatchObject([{ currency: 'EUR', lines: 0, control: { status: 'none' } }])
  })

  it.each([
    ['its electronic number', '<ElctrncSeqNb>12</ElctrncSeqNb><LglSeqNb>3</LglSeqNb>', '12'],
    ['its legal number', '<LglSeqNb>3</LglSeqNb>', '3'],
    ['none', '', undefined],
  ])('has %s as its sequence', async (_name, numbers, sequence) => {
    const text = messageOf([aStatement()]).replace('<ElctrncSeqNb>1</ElctrncSeqNb>', numbers)

    expect((await read(text)).statements[0]?.sequence).toBe(sequence)
  })

  it('has the day of its closing, else the last one of its period, else the last one it booked on', async () => {
    const period = '<FrToDt><FrDtTm>2026-03-04T00:00:00</FrDtTm><ToDtTm>2026-03-05T23:59:59</ToDtTm></FrToDt>'
    const open = withBalances(eur('OPBD', 100n))
    const days = await Promise.all(
      [withBalances(eur('CLBD', 1_150n, '2026-03-09')), open.replace('<Acct>', `${period}<Acct>`), open].map(read1),
    )

    expect(days).toEqual(['2026-03-09', '2026-03-05', '2026-03-03'])
  })

  it('names its account by what there is', async () => {
    const text = messageOf([aStatement()]).replace('<IBAN>DE00000</IBAN>', '<Othr><Id>4711</Id><Issr>x</Issr></Othr>')

    expect((await read(text)).statements[0]?.account).toBe('4711')
  })

  it('of a notification has a control only where it states totals', async () => {
    const notify = (withSummary: boolean): Promise<FileSummary> =>
      read(messageOf([aStatement({ entries: [anEntry()] })], { name: 'camt.054', withSummary }), 'camt.054')

    expect((await notify(false)).statements[0]?.control).toEqual({ status: 'none' })
    expect((await notify(true)).statements[0]?.control).toEqual({ status: 'pass' })
  })
})

const read1 = async (text: string): Promise<string | undefined> => (await read(text)).businessDate
