/** A text with one to four random changes, the same for the same seed: what a line, a disk or an editor does to a file. */
export function mutated(text: string, seed: number): Buffer {
  let state = seed * 2_654_435_761 + 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let bytes = Buffer.from(text)
  for (let change = random(4); change >= 0; change--) {
    const at = random(bytes.length + 1)
    const end = Math.min(bytes.length, at + 1 + random(random(2) === 0 ? 3 : 200))
    const byte = Buffer.from([random(3) === 0 ? random(256) : (LIKELY[random(LIKELY.length)] ?? 0)])
    const parts = [
      [bytes.subarray(0, at), byte, bytes.subarray(at + 1)],
      [bytes.subarray(0, at), byte, bytes.subarray(at)],
      [bytes.subarray(0, at), bytes.subarray(end)],
      [bytes.subarray(0, end), bytes.subarray(at)],
      [bytes.subarray(0, at)],
    ][random(random(4) === 0 ? 5 : 4)]
    bytes = Buffer.concat(parts ?? [])
  }
  return bytes
}

const LIKELY = Buffer.from('0123456789,/.- \n\r"<>:;')
