/**
 * JSON without rounding. A total can pass 2^53 even though no single amount does, and the built-in
 * parser would round it in silence. Integers that do not fit a number are read as bigint here, and
 * bigints are written as plain digits.
 */
declare global {
  interface JSON {
    /** Text that `stringify` writes as it is. */
    rawJSON(text: string): object
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
  }
}

/** The reviver costs ten times the plain parser, so it runs only where a number of 16 or more digits may be. */
const LONG_NUMBER = /[:[,\s]-?\d{16}/
const INTEGER = /^-?\d+$/

/** Parses JSON; integers beyond ±(2^53−1) come out as bigint. Throws SyntaxError like `JSON.parse`. */
export function parseJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
    return context.source !== undefined && INTEGER.test(context.source) ? BigInt(context.source) : value
  })
}

/** Writes JSON; a bigint becomes plain digits. */
export function writeJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'bigint' ? JSON.rawJSON(String(item)) : item),
    indent,
  )
}
