import { type Dispatcher, Pool } from 'undici'

/** What came back from one HTTP request, or why nothing did. */
export type Exchange =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Proven: not one byte of the request left this process. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  /** The request may have been processed. */
  | { readonly kind: 'lost'; readonly cause: string }

export type Answer = { readonly status: number; readonly retryAfter: string | undefined; readonly body: string }

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly timeoutMs: number
  readonly key?: string
  /** JSON. */
  readonly body?: string
}

/** HTTP towards one PSP: one request at a time on a connection, nothing is ever sent twice. Never throws. */
export type Client = {
  readonly send: (request: HttpRequest) => Promise<Exchange>
  readonly close: () => Promise<void>
}

const MAX_BODY_BYTES = 262_144 // a charge is under 1 KB; a look-up answers at most a hundred of them
const KEEP_ALIVE_MS = 10_000 // shorter than servers keep an idle connection, so that we are the ones to close it

export function createClient(options: {
  readonly url: string
  readonly connections: number
  readonly connectTimeoutMs: number
}): Client {
  const base = new URL(options.url)
  const prefix = base.pathname.replace(/\/$/, '')
  const pool = new Pool(base.origin, {
    connections: options.connections,
    // With several requests on one connection a dying socket would send the ones behind the first again.
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs },
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    maxResponseSize: MAX_BODY_BYTES,
    // One timer for the whole exchange stands in `exchange`; undici's own start anew with each piece.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return {
    send: (request) => exchange(pool, { ...request, path: prefix + request.path }),
    close: () => pool.destroy(),
  }
}

/**
 * Errors with which a connection could not be made. They prove that nothing was sent only together with
 * the fact that undici never gave the request to a socket: the same code later says nothing.
 */
const CONNECT_ERRORS: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
])

/**
 * One request and its answer. Written on undici's dispatch handler, because only that tells whether the
 * request was given to a socket; `onRequestStart` comes before the first byte is written.
 */
function exchange(pool: Pool, request: HttpRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let started = false
    let finished = false
    let controller: Dispatcher.DispatchController | undefined
    let status = 0
    let retryAfter: string | undefined

    function finish(result: Exchange): void {
      if (finished) return
      finished = true
      clearTimeout(deadline)
      resolve(result)
    }
    function fail(error: unknown): void {
      finish(started ? { kind: 'lost', cause: words(error) } : beforeStart(error))
    }
    const deadline = setTimeout(() => {
      const words = `no answer within ${request.timeoutMs} ms`
      finish(started ? { kind: 'lost', cause: words } : { kind: 'not_sent', reason: `no connection: ${words}` })
      controller?.abort(new Error(words))
    }, request.timeoutMs)

    try {
      pool.dispatch(dispatchOptions(request), {
        onRequestStart(next) {
          // Too late, or a second time: what was sent before must not be sent again behind our back.
          if (finished || started) return next.abort(new Error('a request is sent once'))
          started = true
          controller = next
        },
        onResponseStart(_controller, code, headers) {
          status = code
          const header = headers['retry-after']
          retryAfter = typeof header === 'string' ? header : undefined
        },
        onResponseData(_controller, piece) {
          pieces.push(piece)
        },
        onResponseEnd() {
          finish({
            kind: 'answer',
            answer: { status, retryAfter, body: Buffer.concat(pieces).toString('utf8') },
          })
        },
        onResponseError(_controller, error) {
          fail(error)
        },
      })
    } catch (error) {
      fail(error)
    }
  })
}

function dispatchOptions({ method, path, key, body }: HttpRequest): Dispatcher.DispatchOptions {
  const headers = ['accept', 'application/json']
  if (body !== undefined) headers.push('content-type', 'application/json')
  if (key !== undefined) headers.push('idempotency-key', key)
  return { method, path, headers, body: body ?? null, idempotent: false }
}

function beforeStart(error: unknown): Exchange {
  // Several addresses of one name may each have failed with a reason of their own.
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
  return errors.every((each) => CONNECT_ERRORS.has(codeOf(each)))
    ? { kind: 'not_sent', reason: words(error) }
    : { kind: 'lost', cause: words(error) }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined

function words(error: unknown): string {
  const code = codeOf(error)
  const message = error instanceof Error && error.message !== '' ? error.message : 'connection failed'
  return (typeof code === 'string' && !message.includes(code) ? `${code}: ${message}` : message).slice(0, 200)
}
