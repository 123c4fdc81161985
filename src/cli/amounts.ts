import { formatStated } from '../money/index.ts'
import { isCount } from '../platform/control-words.ts'
import type { Integer } from './api-types.ts'

/** Minor units as people write them: 1250 EUR → `12.50`, 1250 JPY → `1250`. The currency stands in a column of its own. */
export const inMajorUnits = (amount: Integer, currency: string): string => formatStated(BigInt(amount), currency)

/** A number of a control: money, unless it counts something. */
export const controlNumber =
  (what: string, currency: string) =>
  (value: Integer): string =>
    isCount(what) ? String(value) : inMajorUnits(value, currency)
