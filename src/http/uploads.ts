import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Refusal } from '../platform/errors.ts'

/** A file as a request's body: larger than memory should hold, and longer under way than other requests may be. */
export type Uploads = {
  /** The bytes as they come. Throws a `Refusal` when they are none, too many, too slow or end too early. */
  readonly read: (body: Readable, socket: Socket) => AsyncGenerator<Uint8Array>
  /** True while a file comes over this connection: it has a patience of its own. */
  readonly has: (socket: Socket) => boolean
}

export type UploadLimits = {
  readonly maxBytes: number
  /** Between two pieces. */
  readonly idleMs: number
}

export const UPLOAD_LIMITS: UploadLimits = {
  maxBytes: 1024 ** 3, // about eight million lines of a settlement file
  idleMs: 30_000, // as long as any other request may take as a whole
}

export function createUploads({ maxBytes, idleMs }: UploadLimits = UPLOAD_LIMITS): Uploads {
  const sockets = new WeakSet<Socket>()

  async function* read(body: Readable, socket: Socket): AsyncGenerator<Uint8Array> {
    sockets.add(socket)
    const idle = setTimeout(() => body.destroy(new Refusal('request_timeout', 'The upload stood still.')), idleMs)
    let received = 0
    try {
      // Not destroyed when reading ends early: the caller is to read why.
      for await (const piece of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        received += piece.length
        if (received > maxBytes) throw tooLarge(maxBytes)
        yield piece
        idle.refresh()
      }
      if (received === 0) throw emptyUpload()
    } catch (error) {
      if (error instanceof Refusal || !body.destroyed) throw error
      throw new Refusal('malformed_request', 'The upload ended before its last byte.', { cause: error })
    } finally {
      clearTimeout(idle)
      sockets.delete(socket)
    }
  }

  return { read, has: (socket) => sockets.has(socket) }
}

/** Refuses what says of itself that it is too large, before a byte of it is read. */
export function refuseTooLarge(contentLength: string | undefined, maxBytes = UPLOAD_LIMITS.maxBytes): void {
  if (Number(contentLength ?? 0) > maxBytes) throw tooLarge(maxBytes)
}

const tooLarge = (maxBytes: number): Refusal =>
  new Refusal('payload_too_large', `A settlement file has at most ${maxBytes / 1024 ** 2} MiB here.`)

export function emptyUpload(): Refusal {
  const detail = 'The body is empty; send the bytes of the file as they are.'
  return new Refusal('invalid_request', detail, { errors: [{ pointer: '', detail }] })
}
