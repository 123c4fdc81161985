/** What formats are recognised by. */
const BEGINNING_BYTES = 4_096

/** The first few kilobytes of a file, or all of it when it is shorter. Closes what it reads from. */
export async function beginningOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    pieces.push(piece)
    length += piece.length
    if (length >= BEGINNING_BYTES) break
  }
  return Buffer.concat(pieces).subarray(0, BEGINNING_BYTES)
}
