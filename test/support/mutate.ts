import type { Seeded } from './seeded.ts'

/** What a line, a disk, an editor or a person does to a file: one to four changes of its bytes. */
export function mutated(text: string, seeded: Seeded): Buffer {
  let bytes: Buffer = Buffer.from(text)
  // Often only digits: of a file whose frame is broken no sum is left to be wrong.
  const changes = seeded.chance(0.4) ? [changeDigit] : CHANGES
  for (let left = seeded.integer(1, 4); left > 0; left--) bytes = seeded.pick(changes)(bytes, seeded)
  return bytes
}

type Change = (bytes: Buffer, seeded: Seeded) => Buffer

/** What most formats give a meaning to. */
const LIKELY = Buffer.from('0123456789,./-+ \r\n"<>:;&{}[]\t\0')

const place = (bytes: Buffer, { integer }: Seeded): number => integer(0, bytes.length)

/** Up to `most` bytes of the file: where they begin and where they end. */
function stretch(bytes: Buffer, seeded: Seeded, most: number): readonly [number, number] {
  const begin = place(bytes, seeded)
  return [begin, Math.min(bytes.length, begin + seeded.integer(1, most))]
}

const flipByte: Change = (bytes, seeded) => {
  const changed = Buffer.from(bytes)
  if (changed.length > 0)
    changed[seeded.integer(0, changed.length - 1)] = seeded.chance(0.5)
      ? seeded.integer(0, 255)
      : seeded.pick([...LIKELY])
  return changed
}

const insertByte: Change = (bytes, seeded) => {
  const at = place(bytes, seeded)
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([seeded.pick([...LIKELY])]), bytes.subarray(at)])
}

const cutOut: Change = (bytes, seeded) => {
  const [begin, end] = stretch(bytes, seeded, seeded.chance(0.5) ? 3 : 200)
  return Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)])
}

const cutOff: Change = (bytes, seeded) => bytes.subarray(0, place(bytes, seeded))

const duplicate: Change = (bytes, seeded) => {
  const [begin, end] = stretch(bytes, seeded, seeded.chance(0.5) ? 3 : 400)
  return Buffer.concat([bytes.subarray(0, end), bytes.subarray(begin)])
}

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split(/(?<=\n)/)
const joined = (lines: readonly string[]): Buffer => Buffer.from(lines.join(''), 'latin1')

const duplicateLine: Change = (bytes, seeded) => {
  const lines = linesOf(bytes)
  const at = seeded.integer(0, lines.length - 1)
  return joined([...lines.slice(0, at + 1), ...lines.slice(at)])
}

const swapLines: Change = (bytes, seeded) => {
  const lines = linesOf(bytes)
  const [one, other] = [seeded.integer(0, lines.length - 1), seeded.integer(0, lines.length - 1)]
  return joined(lines.with(one, lines[other] ?? '').with(other, lines[one] ?? ''))
}

const swapStretches: Change = (bytes, seeded) => {
  const [begin, middle] = stretch(bytes, seeded, 60)
  const end = Math.min(bytes.length, middle + seeded.integer(1, 60))
  const parts = [
    bytes.subarray(0, begin),
    bytes.subarray(middle, end),
    bytes.subarray(begin, middle),
    bytes.subarray(end),
  ]
  return Buffer.concat(parts)
}

/** The one that sums are for. */
const changeDigit: Change = (bytes, seeded) => {
  const digits = [...bytes.keys()].filter((at) => /\d/.test(String.fromCharCode(bytes[at] ?? 0)))
  if (digits.length === 0) return bytes
  const changed = Buffer.from(bytes)
  changed[seeded.pick(digits)] = 0x30 + seeded.integer(0, 9)
  return changed
}

const CHANGES: readonly Change[] = [
  flipByte,
  insertByte,
  cutOut,
  cutOff,
  duplicate,
  duplicateLine,
  swapLines,
  swapStretches,
  changeDigit,
]
