import { formatMinor, isCurrency } from '../money/index.ts'
import type { Integer } from './api-types.ts'

/** Minor units as people write them: 1250 EUR → `12.50`, 1250 JPY → `1250`. The currency stands in a column of its own. */
export const inMajorUnits = (amount: Integer, currency: string): string =>
  // A file that names no currency has hundredths of XXX, which is none.
  formatMinor(BigInt(amount), isCurrency(currency) ? currency : 'USD')
