/**
 * Which identifiers were there before, for files of millions of them: each is kept as 53 bits of a hash, so that two
 * different ones among a million are taken for the same once in 18,000 such files. It only makes a warning.
 */
export type Seen = {
  /** Whether it was there before. Always false once the table is full. */
  readonly has: (scope: string, id: string) => boolean
}

const FIRST_SLOTS = 1_024
/** 32 MiB: half of it is used. */
const MAX_SLOTS = 4_194_304
/** Far more than a good hash needs; a file made to fill one place of the table must not take for ever. */
const MAX_PROBES = 256

export function createSeen(): Seen {
  let slots = new Float64Array(FIRST_SLOTS)
  let count = 0

  /** Index of the hash, or of the free slot for it; −1 when there is none near. */
  function find(table: Float64Array, hash: number): number {
    const mask = table.length - 1
    let at = hash & mask
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const there = table[at]
      if (there === 0 || there === hash) return at
      at = (at + 1) & mask
    }
    return -1
  }

  function grow(): void {
    const larger = new Float64Array(slots.length * 2)
    for (const hash of slots) {
      const at = hash === 0 ? -1 : find(larger, hash)
      if (at !== -1) larger[at] = hash
    }
    slots = larger
  }

  return {
    has(scope, id) {
      if (count * 2 >= slots.length && slots.length < MAX_SLOTS) grow()
      const hash = hashOf(scope, id)
      const at = find(slots, hash)
      if (at === -1) return false
      if (slots[at] === hash) return true
      if (count * 2 < slots.length) {
        slots[at] = hash
        count++
      }
      return false
    },
  }
}

/** Two lanes of multiply and mix, joined to an integer of 53 bits that is never 0. */
function hashOf(scope: string, id: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (const text of [scope, id]) {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      a = Math.imul(a ^ code, 0x9e3779b1)
      b = Math.imul(b ^ code, 0x5f356495)
    }
    a = Math.imul(a ^ 0x1_0000, 0x85ebca77)
    b = Math.imul(b ^ 0x1_0000, 0xc2b2ae3d)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return 4_294_967_296 * (b & 0x1f_ffff) + (a >>> 0) || 1
}
