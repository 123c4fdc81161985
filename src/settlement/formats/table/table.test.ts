import { describe, expect, it } from 'vitest'
import { errorsOf, type HowRead, readTableFile, told } from './testing/reading.ts'

const rowsOf = (text: string): string => text.trim().replace(/^ +/gm, '').concat('\n')

/** `line date amount fee currency reference` of each line. */
async function read(file: string | Uint8Array, how?: HowRead) {
  const { summary, lines } = await readTableFile(file, how)
  const shown = lines.map(({ line, businessDate, amount, fee, currency, reference }) =>
    [line, businessDate ?? '-', amount, ...(fee === 0n ? [] : [`fee ${fee}`]), currency, reference ?? '-'].join(' '),
  )
  const controls = summary.statements.map(({ currency, control }) => `${currency} ${control.status}`)
  return { summary, lines, shown, controls, told: told(summary), mapping: summary.mapping }
}

const PLAIN = rowsOf(`
  Date,Reference,Amount,Currency
  2026-03-04,a-1,12.50,EUR
  2026-03-05,a-2,-3.10,EUR
`)

describe('a table', () => {
  it('is read by its header, and says how', async () => {
    const { shown, controls, told, mapping } = await read(PLAIN)

    expect(shown).toEqual(['2 2026-03-04 1250 EUR a-1', '3 2026-03-05 -310 EUR a-2'])
    expect([controls, told]).toEqual([['EUR none'], []])
    expect(mapping).toMatchObject({
      header: 1,
      date: { column: 'Date', order: 'ymd' },
      amount: { rule: 'signed', column: 'Amount' },
      currency: { column: 'Currency' },
      references: ['Reference'],
    })
  })

  it.each([
    ['CRLF', Buffer.from(PLAIN.replaceAll('\n', '\r\n'))],
    ['CR', Buffer.from(PLAIN.replaceAll('\n', '\r'))],
    ['a byte order mark', Buffer.from(`\ufeff${PLAIN}`)],
    ['UTF-16 with a mark', Buffer.from(`\ufeff${PLAIN}`, 'utf16le')],
    ['UTF-16 without', Buffer.from(PLAIN, 'utf16le')],
    ['UTF-16, big end first', Buffer.from(`\ufeff${PLAIN}`, 'utf16le').swap16()],
    ['semicolons', Buffer.from(PLAIN.replaceAll(',', ';'))],
    ['tabs', Buffer.from(PLAIN.replaceAll(',', '\t'))],
    ['bars', Buffer.from(PLAIN.replaceAll(',', '|'))],
    ['no last line end', Buffer.from(PLAIN.trim())],
    ['quotes around everything', Buffer.from(PLAIN.replace(/[^,\n]+/g, '"$&"'))],
  ])('with %s is the same', async (_what, bytes) => {
    for (const chunkBytes of [1, 7, 65_536])
      expect((await read(bytes, { chunkBytes })).shown).toEqual([
        '2 2026-03-04 1250 EUR a-1',
        '3 2026-03-05 -310 EUR a-2',
      ])
  })

  it('in Windows-1252 is read, header and texts, with a warning', async () => {
    const bytes = Buffer.from(
      'Bokføringsdag;Beløp;Tekst;Valuta\n04.03.2026;12,50;Kjøp\xe9;NOK\n13.03.2026;-1,00;x;NOK\n',
      'latin1',
    )

    const { shown, lines, told } = await read(bytes)

    expect(shown).toEqual(['2 2026-03-04 1250 NOK -', '3 2026-03-13 -100 NOK -'])
    expect([lines[0]?.description, told]).toEqual(['Kjøpé', ['warning encoding 1']])
  })

  it('is read behind rows about the account, with their currency and their balances', async () => {
    const { shown, controls, told, summary } = await read(
      rowsOf(`
        Bank of Somewhere;;;
        Account;DE00 1234;EUR;
        Opening balance: 100,00;;;
        ;;;
        Buchungstag;Verwendungszweck;Betrag;Saldo
        13.03.2026;Miete;-50,00;50,00
        14.03.2026;Lohn;70,00;120,00
        Endsaldo;;;120,00
      `),
    )

    expect(shown).toEqual(['6 2026-03-13 -5000 EUR -', '7 2026-03-14 7000 EUR -'])
    expect([controls, told]).toEqual([['EUR pass'], []])
    expect(summary.statements[0]).toMatchObject({ opening: 10_000n, closing: 12_000n, businessDate: '2026-03-14' })
  })

  it('without a header has its columns by number, and its amount is a guess that is told', async () => {
    const { shown, told, mapping } = await read('2026-03-13,x,-50.00\n2026-03-14,y,70.00\n', { kind: 'csv' })

    expect(shown).toEqual(['1 2026-03-13 -5000 XXX -', '2 2026-03-14 7000 XXX -'])
    expect(mapping).toMatchObject({ header: 0, amount: { column: 'column 3' }, date: { column: 'column 1' } })
    expect(told).toEqual(['error amount_guessed 1:3', 'warning currency_unknown 1'])
  })

  it('with two columns of one name says that either could be the amount', async () => {
    const { told, mapping } = await read('Date,Amount,Amount,Currency\n2026-03-13,1.50,2.50,EUR\n')

    expect(told).toEqual(['error amount_ambiguous 1:2'])
    expect(mapping?.amount).toEqual({ rule: 'signed', column: 'Amount' })
  })

  it('without a column that is an amount is unreadable, and says so', async () => {
    const { summary, told } = await read('Date,Debit,Text,Amount\n2026-03-13,x,y,z\n')

    expect([summary.readable, told]).toEqual([false, ['error no_amount 1']])
  })
})

describe('an amount of a table', () => {
  it('is in two columns of debits and credits, in any of their names', async () => {
    for (const [debit, credit] of [
      ['Debit', 'Credit'],
      ['Soll', 'Haben'],
      ['Paid out', 'Paid in'],
      ['Débit (EUR)', 'Crédit (EUR)'],
      ['Gross Debit (GC)', 'Gross Credit (GC)'],
      ['支出', '收入'],
      ['Ut fra konto', 'Inn på konto'],
      ['出金金額(円)', '入金金額(円)'],
      ['مدين', 'دائن'],
    ]) {
      const { shown } = await read(`Date,${debit},${credit},Currency\n2026-03-13,3.50,,EUR\n2026-03-14,,9.00,EUR\n`)
      expect(shown, debit).toEqual(['2 2026-03-13 -350 EUR -', '3 2026-03-14 900 EUR -'])
    }
  })

  it('in a column of debits with a minus is what the balance proves', async () => {
    const bank = await read(
      'Date,Debit,Credit,Balance,Currency\n2026-03-13,-3.50,,96.50,EUR\n2026-03-14,,9.00,105.50,EUR\n2026-03-15,-1.00,,104.50,EUR\n',
    )
    const reduced = await read(
      'Date,Debit,Credit,Balance,Currency\n2026-03-13,-3.50,,103.50,EUR\n2026-03-14,,9.00,112.50,EUR\n2026-03-15,-1.00,,113.50,EUR\n',
    )

    expect([bank.shown[0], bank.controls]).toEqual(['2 2026-03-13 -350 EUR -', ['EUR pass']])
    expect([reduced.shown[0], reduced.controls]).toEqual(['2 2026-03-13 350 EUR -', ['EUR pass']])
  })

  it('has its sign in a column that says debit or credit, in a word that came for the first time too', async () => {
    const many = Array.from({ length: 2_500 }, () => '2026-03-13,1.50,C,EUR\n').join('')
    const { lines } = await read(`Date,Amount,D/C,Currency\n${many}2026-03-14,2.50,D,EUR\n`)
    const kinds = await read('Date,Type,Amount,Currency\n2026-03-13,Debit,3.50,EUR\n2026-03-14,CREDIT,9.00,EUR\n')

    expect(lines.at(-1)?.amount).toBe(-250n)
    expect(kinds.shown).toEqual(['2 2026-03-13 -350 EUR -', '3 2026-03-14 900 EUR -'])
  })

  it('beside a word that is neither, or that says another sign than the amount, is told and not read', async () => {
    const { shown, told } = await read(
      'Date,Amount,D/C,Currency\n2026-03-13,3.50,D,EUR\n2026-03-14,9.00,C,EUR\n2026-03-15,1.00,X,EUR\n2026-03-15,1.00,,EUR\n2026-03-16,-1.00,C,EUR\n2026-03-16,-1.00,D,EUR\n',
    )

    expect(shown).toHaveLength(2)
    expect(told).toEqual(['error direction 4:3', 'error direction 5:3', 'error amount 6:2', 'error amount 7:2'])
  })

  it('is not turned around by kinds of cards, and doubted when nothing else has a sign', async () => {
    const signed = await read(
      'Date,Amount,card_funding,Currency\n2026-03-13,3.50,debit,EUR\n2026-03-14,-9.00,credit,EUR\n',
    )
    const unsigned = await read(
      'Date,Amount,card_funding,Currency\n2026-03-13,3.50,debit,EUR\n2026-03-14,9.00,credit,EUR\n',
    )
    const refunds = await read('Date,Amount,Type,Currency\n2026-03-13,3.50,sale,EUR\n2026-03-14,9.00,refund,EUR\n')

    expect(signed.shown.map((line) => line.split(' ')[2])).toEqual(['350', '-900'])
    expect(errorsOf(signed.summary)).toEqual([])
    expect(errorsOf(unsigned.summary)).toEqual(['direction_guessed'])
    expect(errorsOf(refunds.summary)).toEqual(['sign_unproven'])
  })

  it('has a fee beside it, as a cost or as an effect, and a net that is compared', async () => {
    const cost = await read(
      'Date,Gross,Fee,Net,Currency\n2026-03-13,10.00,0.30,9.70,EUR\n2026-03-14,-4.00,0.00,-4.00,EUR\n',
    )
    const effect = await read('Date,Gross,Fee,Net,Currency\n2026-03-13,10.00,-0.30,9.70,EUR\n')
    const wrong = await read('Date,Gross,Fee,Net,Currency\n2026-03-13,10.00,0.30,9.71,EUR\n')

    expect([cost.shown[0], cost.controls]).toEqual(['2 2026-03-13 1000 fee 30 EUR -', ['EUR pass']])
    expect([effect.shown[0], effect.controls]).toEqual(['2 2026-03-13 1000 fee 30 EUR -', ['EUR pass']])
    expect(wrong.summary.statements[0]?.control).toEqual({
      status: 'fail',
      what: 'the net of line 2',
      stated: 971n,
      computed: 970n,
      difference: -1n,
    })
  })

  it('is after its fee where the balance says so, and one of several fees is doubted', async () => {
    const after = await read(
      'Date,Amount,Fee,Balance,Currency\n2026-03-13,9.70,0.30,9.70,EUR\n2026-03-14,5.00,0.10,14.70,EUR\n',
    )
    const several = await read('Date,Amount,Fee,Scheme fee,Currency\n2026-03-13,9.70,0.30,0.10,EUR\n')

    expect([after.shown[1], after.controls]).toEqual(['3 2026-03-14 500 EUR -', ['EUR pass']])
    expect(errorsOf(several.summary)).toEqual(['fee_ambiguous'])
  })

  it('is in minor units where its name says so, and of open units where nothing does', async () => {
    const minor = await read('Date,Amount (cents),Currency\n2026-03-13,1250,EUR\n')
    const open = await read('Date,Amount,Currency\n2026-03-13,1250,EUR\n')
    const yen = await read('Date,Amount,Currency\n2026-03-13,1250,JPY\n2026-03-13,"1,250",JPY\n')
    const mixed = await read('Date,amount_minor,fee,Currency\n2026-03-13,1250,0.30,EUR\n')

    expect([minor.shown, minor.told]).toEqual([['2 2026-03-13 1250 EUR -'], []])
    expect(open.told).toEqual(['error scale_unproven 1:2'])
    expect([yen.shown, yen.told]).toEqual([['2 2026-03-13 1250 JPY -', '3 2026-03-13 1250 JPY -'], []])
    expect(errorsOf(mixed.summary)).toEqual(['scale_mixed'])
  })

  it('that is finer than its currency is rounded and told; in minor units as well, however fine', async () => {
    const fine = await read('Date,Amount,Currency\n2026-03-13,1.005,EUR\n2026-03-13,7.25,EUR\n')
    const minor = await read(`Date,Amount cents,Currency\n2026-03-13,5.5,EUR\n2026-03-13,1.${'0'.repeat(22)}1,EUR\n`)

    expect([fine.shown[0], fine.told]).toEqual(['2 2026-03-13 101 EUR -', ['warning rounding 2:2']])
    expect(minor.shown.map((line) => line.split(' ')[2])).toEqual(['6', '1'])
    expect(minor.told).toEqual(['error scale_mixed 1:2', 'warning rounding 2:2', 'warning rounding 3:2'])
  })

  it.each([
    ['1,234', '1,234', 'decimal_ambiguous'],
    ['"1,234"', '5.000', 'decimal_ambiguous'],
    ['"12,50"', '12.50', 'decimal_mixed'],
  ])('written as %s and %s is an error: %s', async (one, other, code) => {
    const { summary } = await read(
      `Date;Amount;Currency\n2026-03-13;${one.replaceAll('"', '')};EUR\n2026-03-13;${other};EUR\n`,
    )

    expect(errorsOf(summary)).toContain(code)
  })

  it('has the decimal mark that a late row proves', async () => {
    const many = Array.from({ length: 2_500 }, () => '2026-03-13;1.234;EUR\n').join('')
    const { lines, told } = await read(`Date;Amount;Currency\n${many}2026-03-14;0,5;EUR\n`)

    expect([lines[0]?.amount, told]).toEqual([123_400n, []])
  })

  it('has the currency of its column, its name, its cell, the rows before, or none that is known', async () => {
    const code = async (file: string) => {
      const { lines, summary } = await read(file)
      return [lines.map(({ currency }) => currency).join(' '), ...errorsOf(summary)]
    }

    expect(await code('Date,Amount,Ccy\n2026-03-13,1.50,eur\n2026-03-13,1.50,RMB\n2026-03-13,1.50,KWD\n')).toEqual([
      'EUR CNY KWD',
    ])
    expect(await code('Date,Amount,Ccy\n2026-03-13,1.50,€\n2026-03-13,1.50,ZŁ\n2026-03-13,1,円\n')).toEqual([
      'EUR PLN JPY',
    ])
    expect(await code('Date,Amount,Ccy\n2026-03-13,1.50,$\n2026-03-13,1.50,$\n')).toEqual(['XXX XXX'])
    expect(await code('Date,Amount (SEK)\n2026-03-13,1.50\n')).toEqual(['SEK'])
    expect(await code('Date,Amount\n2026-03-13,1.50 SEK\n2026-03-13,2.50 SEK\n')).toEqual(['SEK SEK'])
    expect(await code('Date,Amount\n2026-03-13,1.50 SEK\n2026-03-13,2.50 EUR\n')).toEqual(['SEK EUR'])
    expect(await code('Account,CHF 12 345\nDate,Amount\n2026-03-13,1.50\n')).toEqual(['CHF'])
    expect(await code('Filter,ALL\nDate,Amount\n2026-03-13,1.50\n')).toEqual(['XXX'])
    expect(await code('Date,Amount,Fee USD,Net EUR\n2026-03-13,1.50,0.10,1.40\n')).toEqual([
      'XXX',
      'currency_ambiguous',
    ])
    expect(await code('Date,Amount,Currency\n2026-03-13,1.50,EUR\n2026-03-13,2.50 USD,EUR\n')).toEqual([
      'EUR',
      'currency',
    ])
  })

  it('in a row with a separator too many is not read, because every cell may be in the wrong column', async () => {
    const { shown, told } = await read(
      'Date,Text,Amount,Currency\n2026-03-13,a,1.50,EUR\n2026-03-13,b, c,1.50,EUR\n2026-03-14,d,2.50,EUR,,\n',
    )

    expect([shown.length, told]).toEqual([2, ['error fields 3:5']])
  })
})

describe('a date of a table', () => {
  it('has the order that one row of the file proves, the last one too', async () => {
    const many = (order: (day: string) => string): string =>
      Array.from(
        { length: 2_500 },
        (_each, index) => `${order(String((index % 12) + 1).padStart(2, '0'))},1.50,EUR\n`,
      ).join('')
    const dmy = await read(`Date,Amount,Currency\n${many((day) => `${day}/03/2026`)}13/03/2026,1.50,EUR\n`)
    const mdy = await read(`Date,Amount,Currency\n${many((day) => `03/${day}/2026`)}03/13/2026,1.50,EUR\n`)

    expect([dmy.lines[1]?.businessDate, dmy.told]).toEqual(['2026-03-02', []])
    expect([mdy.lines[1]?.businessDate, mdy.told]).toEqual(['2026-03-02', []])
  })

  it('that no row proves is no date, and an error', async () => {
    const { shown, told } = await read('Date,Amount,Currency\n03/04/2026,1.50,EUR\n05/06/2026,2.50,EUR\n')

    expect([shown, told]).toEqual([['2 - 150 EUR -', '3 - 250 EUR -'], ['error date_ambiguous 1:1']])
  })

  it('that some rows prove against others is no date, and an error', async () => {
    const { told } = await read('Date,Amount,Currency\n03/14/2026,1.50,EUR\n15/06/2026,2.50,EUR\n')

    expect(told).toEqual(['error date_mixed 1:1'])
  })

  it('with a year of two digits is open in one day, and proven by the days of a month', async () => {
    const one = await read('Date,Amount,Currency\n26-03-04,1.50,EUR\n')
    const month = await read('Date,Amount,Currency\n26-03-04,1.50,EUR\n26-03-31,1.50,EUR\n')
    const other = await read('Date,Amount,Currency\n04-03-26,1.50,EUR\n31-03-26,1.50,EUR\n')

    expect(one.told).toEqual(['error date_ambiguous 1:1'])
    expect([month.lines[0]?.businessDate, month.told]).toEqual(['2026-03-04', []])
    expect([other.lines[0]?.businessDate, other.told]).toEqual(['2026-03-04', []])
  })

  it('that there is not gives a line without one, and a warning', async () => {
    const { shown, told } = await read(
      'Date,Amount,Currency\n28.02.2026,1.50,EUR\n30.02.2026,2.50,EUR\n27.02.2026,3.50,EUR\n26.02.2026,3.50,EUR\n',
    )

    expect(shown[1]).toBe('3 - 250 EUR -')
    expect(told).toEqual(['warning dates_differ 1:1', 'warning date_impossible 3:1'])
  })

  it('that is missing beside an amount makes a row that may be a sum', async () => {
    const { shown, told } = await read('Date,Text,Amount,Currency\n2026-03-13,a,1.50,EUR\n,Итого неизвестно,1.50,EUR\n')

    expect([shown.length, told]).toEqual([1, ['error date 3:1']])
  })

  it('with a time is an instant with a zone or an offset, and in a gap or an overlap a warning', async () => {
    const file =
      'Date,Amount,Currency\n2026-03-29 02:30:00,1.50,EUR\n2026-10-25 02:30:00,1.50,EUR\n2026-03-04 12:00:00,1.50,EUR\n2026-03-04 12:00:00+02:00,1.50,EUR\n'
    const zoned = await read(file, { zone: 'Europe/Berlin' })
    const bare = await read(file)
    const at = (lines: typeof zoned.lines) => lines.map(({ occurredAt }) => occurredAt?.toISOString())

    expect(at(zoned.lines)).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-03-04T11:00:00.000Z',
      '2026-03-04T10:00:00.000Z',
    ])
    expect(zoned.told).toEqual(['warning dst_gap 2:1', 'warning dst_overlap 3:1'])
    expect(at(bare.lines)).toEqual([undefined, undefined, undefined, '2026-03-04T10:00:00.000Z'])
  })

  it('can be seconds since 1970 or a day of a spreadsheet, where its name says that it is one', async () => {
    const epoch = await read('created,Amount,Currency\n1772582400,1.50,EUR\n')
    const excel = await read('Date,Amount,Currency\n46085,1.50,EUR\n')
    const number = await read('Number,Amount,Currency\n46085,45000.50,EUR\n46086,45001.50,EUR\n')

    expect([epoch.lines[0]?.occurredAt?.toISOString(), excel.lines[0]?.businessDate]).toEqual([
      '2026-03-04T00:00:00.000Z',
      '2026-03-04',
    ])
    expect([number.shown[0], number.told]).toEqual(['2 - 4500050 EUR -', ['warning no_date 1']])
  })
})

describe('the balance of a table', () => {
  const rows = ['2026-03-13,1.50,101.50,EUR', '2026-03-14,-2.00,99.50,EUR', '2026-03-15,3.00,102.50,EUR']
  const file = (list: readonly string[]): string => `Date,Amount,Balance,Currency\n${list.join('\n')}\n`

  it('is compared downwards, and upwards where the newest row is first', async () => {
    for (const list of [rows, rows.toReversed()]) {
      const { summary } = await read(file(list))
      expect(summary.statements[0]).toMatchObject({ opening: 10_000n, closing: 10_250n, control: { status: 'pass' } })
    }
  })

  it('says which row is wrong and by how much, when a cent is changed, a row left out, a sign turned', async () => {
    const control = async (list: readonly string[]) => (await read(file(list))).summary.statements[0]?.control
    const [one = '', two = '', three = ''] = rows

    expect(await control([one, two.replace('-2.00', '-2.01'), three])).toMatchObject({
      what: 'the balance of line 3',
      difference: -1n,
    })
    expect(await control([one, three])).toMatchObject({ what: 'the balance of line 3', difference: 200n })
    expect(await control([one, two.replace('-2.00', '2.00'), three])).toMatchObject({ difference: 400n })
    expect(await control(rows.toReversed().toSpliced(1, 1))).toMatchObject({ status: 'fail', difference: 200n })
  })

  it('may be missing in some rows, and says of a single row nothing', async () => {
    const gaps = await read(file([rows[0] ?? '', '2026-03-14,-2.00,,EUR', rows[2] ?? '']))
    const single = await read(file(rows.slice(0, 1)))

    expect(gaps.summary.statements[0]).toMatchObject({
      opening: 10_000n,
      closing: 10_250n,
      control: { status: 'pass' },
    })
    expect(single.summary.statements[0]).toMatchObject({
      opening: undefined,
      closing: 10_150n,
      control: { status: 'none' },
    })
  })

  it('is one for each currency', async () => {
    const { controls } = await read(
      file([
        '2026-03-13,1.50,101.50,EUR',
        '2026-03-13,2.00,12.00,USD',
        '2026-03-14,1.50,103.00,EUR',
        '2026-03-14,1.00,14.00,USD',
      ]),
    )

    expect(controls).toEqual(['EUR pass', 'USD fail'])
  })

  it('stated in rows of its own is compared, and no movement, in minor units and in any currency of the file', async () => {
    const text = (closing: string): string =>
      `Date,Text,Amount cents,Currency\n,Opening balance,10000,EUR\n2026-03-13,a,150,EUR\n,Closing balance,${closing},EUR\n`
    const right = await read(text('10150'))
    const wrong = await read(text('10151'))

    expect([right.shown.length, right.controls, right.told]).toEqual([1, ['EUR pass'], []])
    expect(wrong.summary.statements[0]?.control).toMatchObject({ stated: 10_151n, difference: -1n })
  })
})

describe('a row that is no movement', () => {
  it('is a total, a heading that comes again, or without an amount', async () => {
    const { shown, told } = await read(
      'Date,Text,Amount,Currency\n2026-03-13,a,1.50,EUR\n,Total,1.50,EUR\nDate,Text,Amount,Currency\n2026-03-14,b,2.50,EUR\n2026-03-14,only a text,,EUR\n,,,\n',
    )

    expect(shown).toEqual(['2 2026-03-13 150 EUR -', '5 2026-03-14 250 EUR -'])
    expect(told).toEqual(['warning total_row 3', 'warning row_without_amount 6'])
  })

  it('is one in a table without dates as well', async () => {
    const { shown } = await read('Order ID,Amount (EUR)\na-1,1.50\na-2,2.50\nOrder ID,Amount (EUR)\nTotal,4.00\n')

    expect(shown).toEqual(['2 - 150 EUR a-1', '3 - 250 EUR a-2'])
  })
})

describe('a damaged cell', () => {
  it('makes its row unreadable, with line and column, and no other', async () => {
    const rows = Array.from({ length: 20 }, (_each, index) => `2026-03-13,a-${index},1.50,0.10,EUR`)
    const damaged = rows
      .with(3, '2026-03-13,a-3,1.5O,0.10,EUR')
      .with(7, '2026-03-13,a-7,1.50,,EUR')
      .with(9, '2026-03-13,"a-9,1.50,0.10,EUR')
      .with(11, '2026-03-13,a-11,1.50,0.10,EUX')
    const { shown, told } = await read(`Date,Reference,Amount,Fee,Currency\n${damaged.join('\n')}\n`)

    expect(shown).toHaveLength(17)
    expect(told).toEqual(['error amount 5:3', 'error quotes 11', 'error currency 13:5'])
  })

  it('in the balance does not make a silent zero of it', async () => {
    const { told } = await read(
      'Date,Amount,Balance,Currency\n2026-03-13,1.50,1.50,EUR\n2026-03-13,1.50,3.0O,EUR\n2026-03-14,1.50,4.50,EUR\n2026-03-14,1.50,6.00,EUR\n',
    )

    expect(told).toEqual(['error amount 3:3'])
  })

  it('that lost its digits in a spreadsheet is no reference', async () => {
    const { shown, told } = await read('Date,Reference,Amount,Currency\n2026-03-13,1.23457E+15,1.50,EUR\n')

    expect([shown, told]).toEqual([['2 2026-03-13 150 EUR -'], ['warning reference_cut 2:2']])
  })

  it('never leaves half a character in a text', async () => {
    const { lines } = await read(`Date,Text,Amount,Currency\n2026-03-13,${'x'.repeat(1_023)}😀,1.50,EUR\n`)

    expect(lines[0]?.description?.isWellFormed()).toBe(true)
  })
})

describe('a hostile table', () => {
  it.each([
    ['columns without an end', `${'Amount,'.repeat(9_000)}\n${'1,'.repeat(30_000)}\n`],
    ['rows of columns without an end', `Date,Amount\n${`${'a,'.repeat(30_000)}\n`.repeat(60)}`],
    ['a cell without an end', `Date,Amount\n2026-03-13,${'9'.repeat(500_000)}\n`],
    ['a quote without an end', `Date,Amount,Currency\n2026-03-13,"${'9,'.repeat(100_000)}`],
    ['names of columns that are each other’s second', `${'Amount,Amount (2),'.repeat(3_000)}\n`],
  ])('with %s is told in time', async (_what, text) => {
    const { summary } = await read(text, { kind: 'csv' })

    expect(errorsOf(summary).length).toBeGreaterThan(0)
  })
})
