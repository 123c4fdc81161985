import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { CALM, type CuttingProxy, startProxy } from './proxy.ts'
import { createRandom } from './random.ts'

describe('proxy', () => {
  let server: Server
  let proxy: CuttingProxy
  let delivered = 0

  beforeAll(async () => {
    server = createServer((incoming, answer) => {
      incoming.resume()
      incoming.on('end', () => {
        delivered += 1
        answer.end('x'.repeat(2_000))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    proxy = await startProxy({ targetPorts: [address.port], random: createRandom('proxy') })
  })

  afterAll(async () => {
    await proxy.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const post = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${proxy.port}/`, {
      method: 'POST',
      body: 'y'.repeat(3_000),
      headers: { connection: 'close' },
    })
    return (await answer.text()).length
  }
  const outcomes = async (count: number) => {
    const settled = await Promise.allSettled(Array.from({ length: count }, post))
    return settled.filter((one) => one.status === 'fulfilled').length
  }

  it('passes everything on a calm day', async () => {
    proxy.setWeather(CALM)

    expect(await post()).toBe(2_000)
    expect(await outcomes(20)).toBe(20)
  })

  it('loses requests before they were delivered', async () => {
    proxy.setWeather({ cutRequestRate: 1, cutAnswerRate: 0 })
    const before = delivered

    const answered = await outcomes(40)

    expect(answered).toBeLessThan(40)
    expect(delivered - before).toBeLessThan(40)
  })

  it('loses answers of requests that were delivered', async () => {
    proxy.setWeather({ cutRequestRate: 0, cutAnswerRate: 1 })
    const before = delivered

    const answered = await outcomes(40)

    expect(delivered - before).toBe(40)
    expect(answered).toBeLessThan(40)
  })

  it('drops what is open', async () => {
    proxy.setWeather(CALM)
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    const other = await startProxy({ targetPorts: [address.port], random: createRandom('drop') })
    const waiting = fetch(`http://127.0.0.1:${other.port}/`).then(
      () => 'answered',
      () => 'dropped',
    )

    await waitFor(() => other.dropAll() > 0, { what: 'a connection to drop' })

    expect(await waiting).toBe('dropped')
    await other.close()
    silent.closeAllConnections()
    await new Promise((resolve) => silent.close(resolve))
  })
})
