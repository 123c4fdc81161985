/**
 * ISO 4217 list one: the alphabetic codes in use, grouped by how many decimals their minor unit has. Kept here and
 * not taken from `Intl`, whose digits are those of everyday display: it shows 16 currencies (IQD, HUF, COP, …) with
 * fewer decimals than banks settle them in.
 *
 * Left out are the codes that are not money of account for a sale: metals (XAU, XAG, XPD, XPT), bond market units
 * (XBA to XBD), the units of banks among themselves (XDR, XSU, XUA), testing (XTS) and none (XXX).
 */
const CODES_BY_DECIMALS = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
      COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
      INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
      MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
      STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
} as const

/** A currency and the number of decimals of its minor unit: EUR 2, JPY 0, KWD 3, CLF 4. */
export type Currency = { readonly code: string; readonly decimals: number }

/** Every currency, by code in alphabetical order. */
export const CURRENCIES: readonly Currency[] = Object.entries(CODES_BY_DECIMALS)
  .flatMap(([decimals, codes]) => codes.split(/\s+/).map((code) => ({ code, decimals: Number(decimals) })))
  .sort((a, b) => (a.code < b.code ? -1 : 1))

const decimalsByCode: ReadonlyMap<string, number> = new Map(CURRENCIES.map(({ code, decimals }) => [code, decimals]))

/** Whether the text is the upper-case code of a currency in use. */
export const isCurrency = (code: string): boolean => decimalsByCode.has(code)

/** Decimals of the currency's minor unit, or undefined for a code that is no currency. */
export const decimalsOf = (code: string): number | undefined => decimalsByCode.get(code)

/** Decimals of the currency's minor unit. Throws `AmountError` for a code that is no currency. */
export function minorUnits(code: string): number {
  const decimals = decimalsByCode.get(code)
  if (decimals === undefined) throw new AmountError(`"${code.slice(0, 16)}" is not an ISO 4217 currency code`)
  return decimals
}

/** Why a text is no amount, as the end of a sentence: `"12.505" has 3 decimals; EUR has 2`. */
export class AmountError extends Error {
  override readonly name = 'AmountError'
}
