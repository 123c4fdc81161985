import { connect, createServer, type Socket } from 'node:net'
import type { Random } from './random.ts'

/** What happens to connections that are opened from now on. Rates are between 0 and 1. */
export type NetworkWeather = {
  /** Share of connections that are cut after some bytes of a request. */
  readonly cutRequestRate: number
  /** Share of connections that are cut after some bytes of an answer: the request was delivered. */
  readonly cutAnswerRate: number
}

export const CALM: NetworkWeather = { cutRequestRate: 0, cutAnswerRate: 0 }

export type CuttingProxy = {
  readonly port: number
  readonly setWeather: (weather: NetworkWeather) => void
  /** Resets every connection at this instant and says how many there were. */
  readonly dropAll: () => number
  readonly cuts: () => number
  readonly close: () => Promise<void>
}

/** Requests are a few hundred bytes to some kilobytes: a cut falls into the head, the body or a later request. */
const LONGEST_LIFE_BYTES = 4_000

/** A TCP proxy on the loopback that loses connections as real networks do: in the middle of anything. */
export async function startProxy(options: {
  /** Connections go to each in turn. */
  readonly targetPorts: readonly number[]
  readonly random: Random
}): Promise<CuttingProxy> {
  const { random } = options
  const open = new Set<Socket>()
  let weather: NetworkWeather = CALM
  let cuts = 0
  let turn = 0

  const server = createServer((near) => {
    const port = options.targetPorts[turn % options.targetPorts.length] ?? 0
    turn += 1
    const far = connect({ port, host: '127.0.0.1' })
    open.add(near)
    const cut = (): void => {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
    near.on('close', () => {
      open.delete(near)
      far.destroy()
    })
    far.on('close', () => near.destroy())
    // A dead peer is what this proxy is for; the other side learns of it through `close`.
    near.on('error', () => far.destroy())
    far.on('error', () => near.resetAndDestroy())
    const doomed = random.next()
    const lifeBytes = random.int(0, LONGEST_LIFE_BYTES)
    const cutsRequest = doomed < weather.cutRequestRate
    const cutsAnswer = !cutsRequest && doomed < weather.cutRequestRate + weather.cutAnswerRate
    const limited = (from: Socket, to: Socket, bytes: number): void => {
      let left = bytes
      from.on('data', (chunk: Buffer) => {
        if (chunk.length < left) {
          left -= chunk.length
          to.write(chunk)
          return
        }
        cuts += 1
        to.write(chunk.subarray(0, left), () => cut())
      })
      from.on('end', () => to.end())
    }
    limited(near, far, cutsRequest ? lifeBytes : Number.POSITIVE_INFINITY)
    limited(far, near, cutsAnswer ? lifeBytes : Number.POSITIVE_INFINITY)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  const dropAll = (): number => {
    const count = open.size
    for (const socket of open) socket.resetAndDestroy()
    cuts += count
    return count
  }
  return {
    port: address.port,
    setWeather: (next) => {
      weather = next
    },
    dropAll,
    cuts: () => cuts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
