import { type FileHandle, open } from 'node:fs/promises'

const PIECE_BYTES = 1024 ** 2

/**
 * The bytes of a file, in order. Each piece lies where the one before the last lay, and is good until the next one is asked for: a new
 * place for each costs as much time as to read it.
 */
export async function* piecesOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  const places = [Buffer.allocUnsafeSlow(PIECE_BYTES), Buffer.allocUnsafeSlow(PIECE_BYTES)] as const
  let ahead = read(file, places[0])
  try {
    for (let piece = await ahead, turn = 1; piece.length > 0; piece = await ahead, turn = 1 - turn) {
      ahead = read(file, places[turn === 1 ? 1 : 0])
      yield piece
    }
  } finally {
    await Promise.allSettled([ahead])
    await file.close()
  }
}

/** Fails when it is waited for, and not before. */
function read(file: FileHandle, place: Buffer): Promise<Buffer> {
  const piece = file.read(place, 0, place.length).then(({ bytesRead }) => place.subarray(0, bytesRead))
  piece.catch(() => undefined)
  return piece
}
