import { type Dispatcher, Pool } from 'undici'

/** Files from one PSP, of any size: read as fast as the reader takes them, and never more of them in memory than a piece. */
export type Downloads = {
  /** Throws when no answer comes. */
  readonly get: (path: string) => Promise<Download>
  readonly close: () => Promise<void>
}

export type Download =
  /** `bytes` throws when the body stalls, is too large, or ends before its end. */
  | { readonly kind: 'file'; readonly name: string | undefined; readonly bytes: AsyncIterable<Uint8Array> }
  | { readonly kind: 'refused'; readonly status: number; readonly body: string }

const MAX_FILE_BYTES = 4 * 1024 ** 3 // thirty million lines; a PSP that sends more has sent something else
const MAX_REFUSAL_BYTES = 65_536
const CONNECTIONS = 4 // files are fetched one after the other

export function createDownloads(options: {
  readonly url: string
  readonly connectTimeoutMs: number
  /** Longest wait for the next piece. Does not run while the reader is the one who waits. */
  readonly silenceTimeoutMs: number
}): Downloads {
  const base = new URL(options.url)
  const prefix = base.pathname.replace(/\/$/, '')
  const pool = new Pool(base.origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs },
    maxResponseSize: MAX_FILE_BYTES,
    headersTimeout: options.silenceTimeoutMs,
    bodyTimeout: options.silenceTimeoutMs,
  })
  return {
    async get(path) {
      const answer = await pool.request({ method: 'GET', path: prefix + path, headers: { accept: 'text/csv' } })
      if (answer.statusCode !== 200)
        return { kind: 'refused', status: answer.statusCode, body: await beginning(answer.body) }
      if (!saysItsEnd(answer.headers)) {
        answer.body.destroy()
        throw new Error('The answer does not say where it ends, so that half of it would look whole')
      }
      return { kind: 'file', name: fileName(answer.headers['content-disposition']), bytes: answer.body }
    },
    close: () => pool.destroy(),
  }
}

type Headers = Dispatcher.ResponseData['headers']

const saysItsEnd = (headers: Headers): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] === 'chunked'

/** The name that the sender gives the file, when it is a plain one. */
function fileName(disposition: string | string[] | undefined): string | undefined {
  return typeof disposition === 'string' ? /filename="([\w.-]{1,128})"/.exec(disposition)?.[1] : undefined
}

async function beginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of body) {
    pieces.push(piece)
    length += piece.length
    if (length > MAX_REFUSAL_BYTES) break
  }
  return Buffer.concat(pieces).subarray(0, MAX_REFUSAL_BYTES).toString('utf8')
}
