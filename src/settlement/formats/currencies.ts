import { decimalsOf } from '../../money/index.ts'
import { UnreadableRow } from './diagnostics.ts'

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

/** As `decimalsOfAny`. Throws `UnreadableRow` for a code that is neither. */
export function decimalsIn(code: string, column = 0): number {
  const decimals = decimalsOfAny(code)
  if (decimals !== undefined) return decimals
  throw new UnreadableRow('currency', column, `"${code.slice(0, 16)}" is not a currency`)
}

/** A currency in use or withdrawn as its code, whatever the case of its letters. Undefined for what is none. */
export function currencyIn(text: string): string | undefined {
  const code = text.trim().toUpperCase()
  return decimalsOfAny(code) === undefined ? undefined : code
}
