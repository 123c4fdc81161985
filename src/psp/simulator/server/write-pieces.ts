import type { ServerResponse } from 'node:http'

/** Writes an answer piece by piece, as fast as the reader takes it. When a piece cannot be made the answer has no end. */
export async function writePieces(
  simulator: { readonly durable: () => Promise<void> },
  response: ServerResponse,
  pieces: Iterable<string>,
): Promise<void> {
  try {
    for (const piece of pieces) {
      // What is told must be on disk, so that a crash cannot take it back.
      await simulator.durable()
      if (response.destroyed) return
      if (!response.write(piece)) await drained(response)
    }
    response.end()
  } catch (error) {
    response.destroy()
    throw error
  }
}

/** Resolves when there is room again, or nobody reads any more. Leaves no listener behind: a file has thousands of pieces. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })
}
