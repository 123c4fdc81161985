/**
 * Signs and names that stand for a currency where no code does. Empty for those that several currencies have: they are part of
 * an amount, and say nothing.
 */
export const SIGNS: ReadonlyMap<string, string> = new Map([
  ['€', 'EUR'],
  ['£', 'GBP'],
  ['₹', 'INR'],
  ['₩', 'KRW'],
  ['₺', 'TRY'],
  ['₽', 'RUB'],
  ['₴', 'UAH'],
  ['₪', 'ILS'],
  ['₫', 'VND'],
  ['฿', 'THB'],
  ['₱', 'PHP'],
  ['₦', 'NGN'],
  ['₸', 'KZT'],
  ['zł', 'PLN'],
  ['Kč', 'CZK'],
  ['Ft', 'HUF'],
  ['円', 'JPY'],
  ['R$', 'BRL'],
  ['US$', 'USD'],
  ['CA$', 'CAD'],
  ['A$', 'AUD'],
  ['AU$', 'AUD'],
  ['NZ$', 'NZD'],
  ['HK$', 'HKD'],
  ['S$', 'SGD'],
  ['NT$', 'TWD'],
  ['$', ''],
  ['¥', ''],
  ['kr', ''],
])

/** What a cell names beside codes, in capital letters. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['RMB', 'CNY'], // what the renminbi is called in everyday use
  ['EURO', 'EUR'],
  ['EUROS', 'EUR'],
  ...[...SIGNS].filter(([, code]) => code !== '').map(([sign, code]) => [sign.toUpperCase(), code] as const),
])

/** The code that a cell names otherwise, whatever the case of its letters. Undefined for a code, and for everything else. */
export const currencyNamed = (text: string): string | undefined => NAMES.get(text.toUpperCase())
