import { decimalsOfAny } from '../../money/index.ts'
import { UnreadableRow } from './diagnostics.ts'

/** Decimals of a currency in use or withdrawn. Throws `UnreadableRow` for a code that is neither. */
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
