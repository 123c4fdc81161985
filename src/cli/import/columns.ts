export type Column<T> = {
  readonly at: (index: number) => T
  /** Sets a value; the column grows to hold it. */
  readonly set: (index: number, value: T) => void
}

/** The smallest buffer worth having. */
const FIRST_BYTES = 4_096

/** Whole numbers from −2^31 to 2^31−1, 4 bytes each; 0 where nothing was set. */
export function createIntegerColumn(maxLength: number): Column<number> {
  const buffer = new ArrayBuffer(0, { maxByteLength: maxLength * Int32Array.BYTES_PER_ELEMENT })
  // Without a length of its own the view grows with its buffer.
  const values = new Int32Array(buffer)
  return {
    at: (index) => values[index] ?? 0,
    set: (index, value) => {
      grow(buffer, (index + 1) * Int32Array.BYTES_PER_ELEMENT)
      values[index] = value
    },
  }
}

/** Whole numbers from −2^63 to 2^63−1, 8 bytes each; 0 where nothing was set. */
export function createAmountColumn(maxLength: number): Column<bigint> {
  const buffer = new ArrayBuffer(0, { maxByteLength: maxLength * BigInt64Array.BYTES_PER_ELEMENT })
  const values = new BigInt64Array(buffer)
  return {
    at: (index) => values[index] ?? 0n,
    set: (index, value) => {
      grow(buffer, (index + 1) * BigInt64Array.BYTES_PER_ELEMENT)
      values[index] = value
    },
  }
}

/** Grows in place, by half, so that growing costs little and needs no second copy. Throws RangeError past the maximum. */
function grow(buffer: ArrayBuffer, bytes: number): void {
  if (buffer.byteLength >= bytes) return
  const half = Math.ceil(buffer.byteLength / 8) * 12
  buffer.resize(Math.max(bytes, Math.min(buffer.maxByteLength, Math.max(half, FIRST_BYTES))))
}
