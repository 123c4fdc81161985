import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answer, type Behaviour, type PretendedPsp, startPretendedPsp } from '../pretended-psp.ts'
import type { Psp, SettlementFiles } from '../psp.ts'
import { createSimulatorPsp } from './adapter.ts'

const SECRET = `whsec_${Buffer.alloc(24, 4).toString('base64')}`
const DATE = '2026-03-03'
const NOT_FOUND = '{"error":{"type":"not_found","code":"settlement_file_not_found","message":"Not yet."}}'

describe('A settlement file that the adapter fetches', () => {
  let pretended: PretendedPsp
  let psp: Psp
  let files: SettlementFiles
  beforeEach(async () => {
    pretended = await startPretendedPsp()
    psp = createSimulatorPsp({ name: 'simulator', url: pretended.url, webhookSecret: SECRET, fileTimeoutMs: 300 })
    if (psp.settlementFiles === undefined) throw new Error('the adapter has no settlement files')
    files = psp.settlementFiles
  })
  afterEach(async () => {
    await psp.close()
    await pretended.close()
  })

  async function lengthOf(bytes: AsyncIterable<Uint8Array> | undefined): Promise<number> {
    let length = 0
    for await (const piece of bytes ?? []) length += piece.length
    return length
  }

  it('has the name that it was given, and its bytes', async () => {
    const disposition = { 'content-disposition': 'attachment; filename="settlement_x.csv"' }
    pretended.behave(answer(200, 'a,b\n', { 'content-type': 'text/csv', ...disposition }))

    const file = await files.fetch(DATE)

    expect(file?.name).toBe('settlement_x.csv')
    expect(await lengthOf(file?.bytes)).toBe(4)
  })

  it('may be far larger than any other answer', async () => {
    const piece = Buffer.alloc(65_536, 'x')
    pretended.behave((_request, response) => {
      response.writeHead(200)
      for (let count = 0; count < 160; count++) response.write(piece)
      response.end()
    })

    expect(await lengthOf((await files.fetch(DATE))?.bytes)).toBe(160 * 65_536)
  })

  it('is undefined while there is none', async () => {
    pretended.behave(answer(404, NOT_FOUND))

    expect(await files.fetch(DATE)).toBeUndefined()
  })

  it.each([
    ['another 404', answer(404, '<h1>Not found</h1>')],
    ['a 500', answer(500, NOT_FOUND)],
    ['a redirection', answer(302, '', { location: '/elsewhere' })],
    ['an empty answer', answer(204, '')],
  ])('throws for %s', async (_name, behaviour) => {
    pretended.behave(behaviour)

    await expect(files.fetch(DATE)).rejects.toThrow('refused the file')
  })

  it('throws when nobody answers', async () => {
    pretended.behave(() => undefined)

    await expect(files.fetch(DATE)).rejects.toThrow(/timeout/i)
  })

  it('throws when the connection is refused', async () => {
    await pretended.close()

    await expect(files.fetch(DATE)).rejects.toThrow('ECONNREFUSED')
    await expect(files.firstBusinessDate()).rejects.toThrow('ECONNREFUSED')
    pretended = await startPretendedPsp()
  })

  it('throws when its end cannot be told', async () => {
    pretended.behave((request) => request.socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\na,b\n'))

    await expect(files.fetch(DATE)).rejects.toThrow('where it ends')
  })

  const EARLY: Readonly<Record<string, Behaviour>> = {
    'when the connection is cut between two pieces': (request, response) => {
      response.writeHead(200)
      response.write('a,b\n', () => request.socket.destroy())
    },
    'when it ends before the length that was told': (request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('a,b\n', () => request.socket.end())
    },
    'when no more of it comes': (_request, response) => {
      response.writeHead(200)
      response.write('a,b\n')
    },
  }
  it.each(Object.entries(EARLY))('throws while it is read %s', async (_name, behaviour) => {
    pretended.behave(behaviour)

    const file = await files.fetch(DATE)

    await expect(lengthOf(file?.bytes)).rejects.toThrow()
  })

  it('waits for a reader that takes its time', async () => {
    const total = 64 * 65_536
    pretended.behave((_request, response) => {
      response.writeHead(200, { 'content-length': total }).end(Buffer.alloc(total))
    })
    const file = await files.fetch(DATE)
    const started = performance.now()
    let length = 0

    for await (const piece of file?.bytes ?? []) {
      // Longer than the silence that is allowed, once: it is the reader's own.
      while (length === 0 && performance.now() - started < 700) await new Promise((resolve) => setImmediate(resolve))
      length += piece.length
    }

    expect(length).toBe(total)
  })

  it.each(['{}', '{"first_business_date":"yesterday"}', '[]'])('has no first day in %s', async (body) => {
    pretended.behave(answer(200, body))

    await expect(files.firstBusinessDate()).rejects.toThrow('The PSP simulator')
  })
})
