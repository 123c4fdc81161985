import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckoutBook } from './book.ts'
import { readCheckouts } from './read-file.ts'

let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallystick-csv-'))
})

afterAll(() => rm(folder, { recursive: true }))

type Options = { map?: string; minor?: boolean; decimalComma?: boolean }

async function read(content: string | Buffer, { map, minor = false, decimalComma = false }: Options = {}) {
  const path = join(folder, 'items.csv')
  await writeFile(path, content)
  return readCheckouts({ file: 'items.csv', path, map, minor, decimalComma })
}

const HEADER = 'checkout,seller,amount,currency\n'

const checkoutsIn = (book: CheckoutBook) =>
  Array.from({ length: book.size().checkouts }, (_, index) => {
    const { checkout, currency, orders } = book.checkout(index)
    return `${checkout} ${currency} ${orders.map(({ seller, amount }) => `${seller}=${amount}`).join(' ')}`
  })

describe('a checkout file', () => {
  it('is read in major units, in the decimals of each currency', async () => {
    const { book, lines } = await read(
      `${HEADER}c1,acme,12.5,EUR\nc1,casa,1,EUR\nc2,acme,1250,JPY\nc3,acme,1.234,KWD\n`,
    )

    expect(checkoutsIn(book)).toEqual(['c1 EUR acme=1250 casa=100', 'c2 JPY acme=1250', 'c3 KWD acme=1234'])
    expect(lines).toBe(4)
  })

  it('is read in minor units with --minor', async () => {
    const { book } = await read(`${HEADER}c1,acme,1250,EUR\nc1,acme,-50,EUR\n`, { minor: true })

    expect(checkoutsIn(book)).toEqual(['c1 EUR acme=1200'])
  })

  it.each([
    ['a byte order mark and CRLF', `\ufeff${HEADER}c1,acme,1.00,EUR\n`.replaceAll('\n', '\r\n')],
    ['old Mac line ends', `${HEADER}c1,acme,1.00,EUR\n`.replaceAll('\n', '\r')],
    [
      'mixed line ends and empty lines',
      'checkout,seller,amount,currency\n\nc1,acme,0.50,EUR\r\n\r\nc1,acme,0.50,EUR\n',
    ],
    ['semicolons', 'checkout;seller;amount;currency\nc1;acme;1.00;EUR\n'],
    ['tabs', 'checkout\tseller\tamount\tcurrency\nc1\tacme\t1.00\tEUR\n'],
    ['quotes everywhere', '"checkout","seller","amount","currency"\n"c1","acme","1.00","EUR"\n'],
    ['a comma inside a quoted name', 'checkout,seller,"a note, long",amount,currency\nc1,acme,"x, ""y""",1.00,EUR\n'],
    ['spaces around the cells', ' checkout , seller , amount , currency \n c1 , acme , 1.00 , EUR \n'],
    ['no line end behind the last line', `${HEADER}c1,acme,1.00,EUR`],
  ])('may have %s', async (_what, content) => {
    expect(checkoutsIn((await read(content)).book)).toEqual(['c1 EUR acme=100'])
  })

  it('may have decimal commas with --decimal-comma', async () => {
    const { book } = await read('checkout;seller;amount;currency\nc1;acme;1234,50;EUR\n', { decimalComma: true })

    expect(checkoutsIn(book)).toEqual(['c1 EUR acme=123450'])
  })

  it('may have line breaks inside quotes, and names the line on which a row ends', async () => {
    await expect(read('checkout,seller,amount,currency,note\nc1,a,1,EUR,"x\ny"\nc2,a,z,EUR,n\n')).rejects.toThrow(
      /^items.csv line 4, column "amount"/,
    )
  })

  it.each([
    ['', /cannot be imported: it is empty/],
    [HEADER, /cannot be imported: it has column names and no lines/],
    [`${HEADER}c1,acme,12.505,EUR\n`, /line 2, column "amount": "12.505" has 3 decimals; EUR has 2/],
    [
      `${HEADER}c1,acme,1,EUR\nc2,acme,12.50,JPY\n`,
      /line 3, column "amount": "12.50" has 2 decimals; JPY has no minor/,
    ],
    [`${HEADER}c1,acme,"12,50",EUR\n`, /line 2, column "amount": "12,50" has a decimal comma; write 12.50 or give/],
    [`${HEADER}c1,acme,"1,234.50",EUR\n`, /line 2, column "amount": "1,234.50" has separators/],
    [`${HEADER}c1,acme,$5,EUR\n`, /line 2, column "amount": "\$5" is not a number such as/],
    [`${HEADER}c1,acme,1e3,EUR\n`, /line 2, column "amount": "1e3" has an exponent/],
    [`${HEADER}c1,acme,,EUR\n`, /line 2, column "amount": the amount is empty/],
    [`${HEADER}c1,acme,0,EUR\n`, /line 2, seller acme gets 0 minor units in checkout c1/],
    [`${HEADER}c1,acme,1,EURO\n`, /line 2, column "currency": "EURO" is not an ISO 4217 currency/],
    [`${HEADER}c1,acme,1,EUR\nc1,acme,1,USD\n`, /line 3, checkout c1 is in USD here and in EUR before/],
    [`${HEADER},acme,1,EUR\n`, /line 2, column "checkout": it is empty/],
    [`${HEADER}c1,,1,EUR\n`, /line 2, column "seller": it is empty/],
    [`${HEADER}${'c'.repeat(256)},acme,1,EUR\n`, /line 2, column "checkout": it has 256 characters; 255 at most/],
    [`${HEADER}c1,acme\n`, /line 2 has 2 fields where the first line has another number/],
    [`${HEADER}c1,acme,"1,EUR\n`, /a quote that is open at line 2 is never closed/],
    [`${HEADER}c1,ac"me,1,EUR\n`, /line 2 is not CSV: a quote stands where none may be/],
    [Buffer.from(`${HEADER}c1,caf\u00e9,1,EUR\n`, 'latin1'), /line 2, column "seller": it holds .* is not UTF-8/],
    [Buffer.from(HEADER, 'utf16le'), /it is not UTF-8 text/],
    [Buffer.from('PK\u0003\u0004 and so on'), /it is a spreadsheet or an archive; save it as CSV/],
    ['price,seller\n1,a\n', /^No column is surely the amount.*has the columns price, seller/],
  ])('%j is refused and says why', async (content, message) => {
    await expect(read(content)).rejects.toThrow(
      expect.objectContaining({ name: 'CliFailure', exitCode: 2, message: expect.stringMatching(message) }),
    )
  })

  it.each([
    ['--minor', `${HEADER}c1,acme,12.50,EUR\n`, { minor: true }, /"12.50" is not whole minor units such as 1250/],
    ['--decimal-comma', `${HEADER}c1,acme,12.50,EUR\n`, { decimalComma: true }, /"12.50" has a point/],
  ])('that does not hold what %s says is refused', async (_flag, content, options, message) => {
    await expect(read(content, options)).rejects.toThrow(message)
  })

  it('that is not there, or is a folder, is refused', async () => {
    const options = { file: 'x', map: undefined, minor: false, decimalComma: false }

    await expect(readCheckouts({ ...options, path: join(folder, 'none.csv') })).rejects.toThrow(
      /^x cannot be read: ENOENT/,
    )
    await expect(readCheckouts({ ...options, path: folder })).rejects.toThrow(/^x cannot be imported: it is not a file/)
  })

  it('of 999 real items is 876 checkouts of 456 sellers, to the cent', async ({ annotate }) => {
    const path = fileURLToPath(new URL('../../../../shared/samples/checkouts/olist_order_items.csv', import.meta.url))
    if (!existsSync(path)) {
      await annotate(`not checked: there is no sample at ${path}`)
      return
    }

    const map = 'checkout=order_id,seller=seller_id,amount=price+freight_value,currency=BRL'
    const { book, lines } = await readCheckouts({ file: 'olist', path, map, minor: false, decimalComma: false })

    expect(lines).toBe(999)
    expect(book.size()).toMatchObject({ checkouts: 876, sellers: 456 })
    expect(book.totals()).toEqual(new Map([['BRL', 13_343_697n]]))
  })
})
