import { adyenAccounting } from './adyen/accounting.ts'
import { adyenSettlement } from './adyen/settlement.ts'
import { bai2 } from './bai2/bai2.ts'
import { camtFormats } from './camt/camt.ts'
import { checkoutcomPayouts } from './checkoutcom/payouts.ts'
import { checkoutcomSettlement } from './checkoutcom/settlement.ts'
import { coda } from './coda/coda.ts'
import type { AnyFormat, Format } from './format.ts'
import { mt940, mt942 } from './mt940/mt940.ts'
import { ofx } from './ofx/ofx.ts'
import { paypalStl, paypalTrr } from './paypal/paypal.ts'
import { simulatorCsv } from './simulator-csv.ts'
import { stripe } from './stripe/stripe.ts'
import { TABLES } from './table/table.ts'

/** The formats whose rules are published: no two detect the same file. */
export const PUBLISHED_FORMATS: readonly Format[] = [
  simulatorCsv,
  ...camtFormats,
  mt940,
  mt942,
  bai2,
  coda,
  ofx,
  paypalStl,
  paypalTrr,
  stripe,
  adyenSettlement,
  adyenAccounting,
  checkoutcomSettlement,
  checkoutcomPayouts,
]

/** Every format that can be read, in the order in which a file is offered to them: tables take what nobody else knows. */
export const FORMATS: readonly AnyFormat[] = [...PUBLISHED_FORMATS, ...TABLES]

/** The format of a file by its first few kilobytes, if it is a known one. */
export const detectFormat = (beginning: Uint8Array): AnyFormat | undefined =>
  FORMATS.find((format) => format.detects(beginning))
