/**
 * Money: amounts are `bigint` minor units beside an ISO 4217 code. Pure, and below every other module: it imports
 * nothing of ours. Never a float, never an amount without its currency. `docs/adr` says why the table is our own.
 */
export { allocate } from './allocate.ts'
export { formatMinor, formatStated, MAX_AMOUNT, MAX_SUM, parseMajor, parseSignedMajor } from './amount.ts'
export { AmountError, CURRENCIES, type Currency, decimalsOf, isCurrency, minorUnits } from './currency.ts'
export { decimalsOfAny, NO_CURRENCY } from './withdrawn.ts'
