import { toColumns } from './columns.ts'

/** How a column goes out. `text` is for everything that has no form of its own here. */
export type ColumnType = 'uuid' | 'bytea' | 'timestamptz' | 'text'

/**
 * Columns as `toColumns` makes them, and those of the other types as PostgreSQL's binary arrays: the driver sends a
 * `Buffer` as what it is. For 300 elements PostgreSQL reads a UUID in 0.22 µs instead of 0.50 and a hash of 32 bytes in
 * 0.23 µs instead of 0.53, and making them is no slower here. The parameter's type must be that of the column.
 */
export function typedColumns(
  types: readonly ColumnType[],
  rows: readonly (readonly unknown[])[],
): readonly (string | Buffer)[] {
  return types.flatMap((type, index): readonly (string | Buffer)[] => {
    if (type === 'text')
      return toColumns(
        1,
        rows.map((row) => [row[index]]),
      )
    return [
      arrayOf(
        FORMS[type],
        rows.map((row) => row[index] ?? null),
      ),
    ]
  })
}

type Form = {
  /** The type's number in PostgreSQL's catalogue, which is the same everywhere. */
  readonly oid: number
  readonly lengthOf: (value: unknown) => number
  readonly write: (value: unknown, into: Buffer, at: number) => void
}

const HEADER_BYTES = 20
const LENGTH_BYTES = 4

/** The form that `array_recv` reads: dimensions, whether there are nulls, element type, length, lower bound; elements. */
function arrayOf(form: Form, values: readonly unknown[]): Buffer {
  let size = HEADER_BYTES
  for (const value of values) size += LENGTH_BYTES + (value === null ? 0 : form.lengthOf(value))
  const array = Buffer.allocUnsafe(size)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(values.includes(null) ? 1 : 0, 4)
  array.writeInt32BE(form.oid, 8)
  array.writeInt32BE(values.length, 12)
  array.writeInt32BE(1, 16)
  let at = HEADER_BYTES
  for (const value of values) {
    const length = value === null ? -1 : form.lengthOf(value)
    array.writeInt32BE(length, at)
    at += LENGTH_BYTES
    if (value === null) continue
    form.write(value, array, at)
    at += length
  }
  return array
}

const UUID_BYTES = 16
const UUID_LENGTH = 36
const INSTANT_BYTES = 8
const YEAR_2000_MS = 946_684_800_000

const FORMS: Readonly<Record<Exclude<ColumnType, 'text'>, Form>> = {
  uuid: {
    oid: 2950,
    lengthOf: () => UUID_BYTES,
    write(value, into, at) {
      if (typeof value !== 'string' || value.length !== UUID_LENGTH) throw notUuid()
      let all = 0
      for (let digit = 0, byte = at; digit < UUID_LENGTH; digit += 2) {
        if (digit === 8 || digit === 13 || digit === 18 || digit === 23) {
          if (value.charCodeAt(digit) !== DASH) throw notUuid()
          digit += 1
        }
        const both = (digitOf(value.charCodeAt(digit)) << 4) | digitOf(value.charCodeAt(digit + 1))
        into[byte++] = both
        all |= both
      }
      if (all < 0) throw notUuid()
    },
  },
  bytea: {
    oid: 17,
    lengthOf: (value) => bytesOf(value).length,
    write: (value, into, at) => into.set(bytesOf(value), at),
  },
  timestamptz: {
    oid: 1184,
    lengthOf: () => INSTANT_BYTES,
    write(value, into, at) {
      const ms = value instanceof Date ? value.getTime() : Number.NaN
      if (Number.isNaN(ms)) throw new TypeError('an element of a timestamptz column is no instant')
      into.writeBigInt64BE(BigInt(ms - YEAR_2000_MS) * 1_000n, at)
    },
  },
}

const DASH = 0x2d

/** The value of a lower-case hexadecimal digit, negative for anything else. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)))
const digitOf = (code: number): number => VALUES[code] ?? -1

const notUuid = (): TypeError => new TypeError('an element of a uuid column is no UUID')

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new TypeError('an element of a bytea column is no bytes')
}
