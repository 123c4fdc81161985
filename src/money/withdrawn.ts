import { AmountError, decimalsOf } from './currency.ts'

/**
 * Withdrawn codes (ISO 4217 list three) that statements of their time are in: a file of an archive is read as well. No
 * payment can be made in them.
 */
const WITHDRAWN_BY_DECIMALS = {
  0: 'ADP BEF BYR ESP ITL LUF MGF PTE TPE',
  2: `ANG ATS AZM BGN CSD CUC CYP DEM EEK FIM FRF GHC GRD HRK IEP LTL LVL MRO MTL MZM NLG ROL RUR SDD SIT SKK SLL STD TMM
      TRL VEB VEF XEU YUM ZMK ZWL`,
} as const

const withdrawn: ReadonlyMap<string, number> = new Map(
  Object.entries(WITHDRAWN_BY_DECIMALS).flatMap(([decimals, codes]) =>
    codes.split(/\s+/).map((code) => [code, Number(decimals)] as const),
  ),
)

/** Decimals of a currency in use or withdrawn, or undefined for a code that is neither. */
export const decimalsOfAny = (code: string): number | undefined => decimalsOf(code) ?? withdrawn.get(code)

/** What ISO 4217 writes where no currency is known. Its amounts are hundredths. */
export const NO_CURRENCY = 'XXX'

/** As `decimalsOfAny`, and of no currency too: of whatever an amount may be shown in. Throws `AmountError` for all else. */
export function shownDecimals(code: string): number {
  const decimals = code === NO_CURRENCY ? 2 : decimalsOfAny(code)
  if (decimals === undefined)
    throw new AmountError(`"${code.slice(0, 16)}" is no ISO 4217 currency code, past or present`)
  return decimals
}
