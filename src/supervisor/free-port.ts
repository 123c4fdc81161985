import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the range that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections. A port
// inside that range can be taken by any client while its server restarts, even by a client of that very
// server that connects to itself.
const LOWEST = 20_000
const HIGHEST = 32_000
const TRIES = 50 // Ports in a row that are taken; in practice the first or second is free.

/** Whether a server could listen on this port now. */
export async function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(false))
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

/** A free port on 127.0.0.1 that no outgoing connection is given, so that a server can keep it over restarts. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isFree(port)) return port
  }
  throw new Error(`none of ${TRIES} random ports between ${LOWEST} and ${HIGHEST} is free`)
}
