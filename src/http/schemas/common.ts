import { type Static, type TSchema, Type } from 'typebox'

/** Strings are at most this long, in characters; the database's columns take as many. */
export const TEXT_MAX = 255

export const MAX_SAFE_AMOUNT = Number.MAX_SAFE_INTEGER

/** Text of the caller's own. Control characters, halves of surrogate pairs and card numbers are refused everywhere. */
export const Text = (
  description: string,
  options: { readonly maxLength?: number; readonly pattern?: string; readonly examples?: string[] } = {},
) => Type.String({ minLength: 1, maxLength: TEXT_MAX, description, ...options })

/** An amount in a request: a plain JSON integer. */
export const AmountIn = (description: string, minimum: 0 | 1 = 1) =>
  Type.Integer({ minimum, maximum: MAX_SAFE_AMOUNT, description, examples: [1250] })

/** An amount in an answer. `bigint` with us, a JSON integer on the wire. */
export const AmountOut = (description: string) =>
  Type.Unsafe<bigint>({ type: 'integer', description, examples: [1250] })

/** One of a few words; the type of the answer is the union of them. */
export const OneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description })

/**
 * A currency in a request. The pattern stands for the table of ISO 4217, because 170 codes in each schema would bury
 * the documentation; the handlers ask the table.
 */
export const CurrencyIn = () =>
  Type.String({
    pattern: '^[A-Z]{3}$',
    description: 'The ISO 4217 code in capital letters, e.g. EUR; see GET /v1/currencies.',
    examples: ['EUR'],
  })

export const CurrencyOut = () => Type.String({ description: 'ISO 4217 code.', examples: ['EUR'] })

/** Beside an item of a batch's answer; a single request has the header `Idempotent-Replayed` for it. */
export const Replayed = Type.Boolean({
  description: 'In the answer to a batch: true when this key had stored it before.',
})

/** An instant: RFC 3339, UTC, milliseconds. */
export const Instant = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-03-03T14:01:58.120Z'] })

/** Our limits for the caller's own facts: 50 names of 40 characters, values of 500. */
export const Metadata = () =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    maxProperties: 50,
    propertyNames: { minLength: 1, maxLength: 40 },
    additionalProperties: { type: 'string', maxLength: 500 },
    description: 'Facts of your own: up to 50 names of up to 40 characters, with texts of up to 500.',
    examples: [{ cart: '8123' }],
  })

/** A schema that refuses names it does not know. */
export const closed = { additionalProperties: false } as const

/** A reference to a schema that the server registers once under its `$id`. */
export const refTo = <T extends TSchema>(id: string, _schema: T) => Type.Unsafe<Static<T>>({ $ref: `${id}#` })

/** The answer of a list: what `?limit=&cursor=` walks through. */
export const PageOf = <T extends TSchema>(item: T) =>
  Type.Object({
    data: Type.Array(item),
    has_more: Type.Boolean(),
    next_cursor: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Send it as `cursor` for the next page; null on the last one.',
    }),
  })

/** The parameters that every list takes. */
export const pageParameters = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'How many, 1 to 200.' })),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: '`next_cursor` of the page before.' }),
  ),
}

export const NoQuery = Type.Object({}, closed)

/** A POST that needs no body takes none, or an empty object. */
export const NoBody = Type.Unsafe<Record<string, never> | null>({
  type: ['object', 'null'],
  additionalProperties: false,
  description: 'No body, or an empty object.',
})
