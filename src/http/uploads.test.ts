import { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { answerBrokenRequest } from './client-error.ts'
import { createUploads, refuseTooLarge } from './uploads.ts'

const limits = { maxBytes: 10, idleMs: 60_000 }

describe('an upload', () => {
  it('is read as it is, up to its largest size', async () => {
    const { read } = createUploads(limits)

    expect(await buffer(read(Readable.from([Buffer.from('01234'), Buffer.from('56789')]), new Socket()))).toEqual(
      Buffer.from('0123456789'),
    )
  })

  it('that is larger is refused, and its rest can still be taken from the line', async () => {
    const body = Readable.from([Buffer.alloc(11), Buffer.alloc(5)])

    await expect(buffer(createUploads(limits).read(body, new Socket()))).rejects.toMatchObject({
      code: 'payload_too_large',
    })
    expect(body.destroyed).toBe(false)
  })

  it('that says it is larger is refused before a byte is read', () => {
    expect(() => refuseTooLarge('11', 10)).toThrow('at most')
    expect(() => refuseTooLarge('10', 10)).not.toThrow()
    expect(() => refuseTooLarge(undefined, 10)).not.toThrow()
  })

  it('of nothing is refused', async () => {
    await expect(buffer(createUploads(limits).read(Readable.from([]), new Socket()))).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '' }],
    })
  })

  it('that stands still is ended', async () => {
    const { read } = createUploads({ ...limits, idleMs: 5 })

    await expect(buffer(read(new PassThrough(), new Socket()))).rejects.toMatchObject({ code: 'request_timeout' })
  })

  it('has its connection to itself until it ends', async () => {
    const uploads = createUploads(limits)
    const socket = new Socket()
    const body = new PassThrough()

    const reading = buffer(uploads.read(body, socket))
    body.write('x')
    const during = uploads.has(socket)
    body.end()
    await reading

    expect({ during, afterwards: uploads.has(socket) }).toEqual({ during: true, afterwards: false })
  })

  it.each([
    ['is left alone while it moves, however long it takes', true, ''],
    ['has the usual time-out once it has ended', false, 'HTTP/1.1 408 Request Timeout'],
  ])('%s', (_, under, answered) => {
    const socket = new PassThrough()
    const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })

    answerBrokenRequest(late, Object.assign(new Socket(), { end: socket.end.bind(socket) }), { has: () => under })

    expect(String(socket.read() ?? '').split('\r\n')[0]).toBe(answered)
  })
})
