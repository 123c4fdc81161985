import { decimalsOfAny, formatMinor, NO_CURRENCY } from '../money/index.ts'
import type { Integer } from './api-types.ts'

/** Minor units as people write them: 1250 EUR → `12.50`, 1250 JPY → `1250`. The currency stands in a column of its own. */
export const inMajorUnits = (amount: Integer, currency: string): string =>
  // A statement without lines may name no currency at all.
  formatMinor(BigInt(amount), decimalsOfAny(currency) === undefined ? NO_CURRENCY : currency)
