import type { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import { parseJson, writeJson } from '../platform/exact-json.ts'
import type { ServerAddress } from './server-address.ts'

/** A limit for one answer: far above any page or batch, far below the memory of a small machine. */
const RESPONSE_LIMIT_BYTES = 256 * 1024 * 1024
/** Longer than any request that does not say otherwise takes on a loaded machine. */
const DEFAULT_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 5_000
/** Behind its last byte a file is read, proven and stored: a gigabyte takes a minute or two. */
const UPLOAD_TIMEOUT_MS = 15 * 60_000

export type Query = Readonly<Record<string, string | number | undefined>>

export type PostOptions = {
  readonly idempotencyKey?: string
  /** Asks the server to hold its answer for a final status. */
  readonly waitSeconds?: number
  readonly timeoutMs?: number
}

export type UploadedFile = { readonly name: string; readonly bytes: Readable; readonly size: number }

/** An answer as it came, whatever its status. */
export type RawAnswer = { readonly status: number; readonly body: unknown; readonly date: Date | undefined }

export type Answer<T> = { readonly body: T; readonly status: number; readonly replayed: boolean }

/** The public API and nothing else. A request is sent once: whoever may repeat it decides so itself. */
export type ApiClient = {
  readonly url: string
  /** Reads; throws `ApiProblem` or `ServerLost`. The caller names the shape that the API documents. */
  readonly get: <T>(path: string, query?: Query, options?: { timeoutMs?: number }) => Promise<T>
  readonly post: <T>(path: string, body: unknown, options?: PostOptions) => Promise<Answer<T>>
  /** Posts JSON text as it is, so that the server judges what was written and not what became of it. */
  readonly postText: <T>(path: string, json: string, options?: PostOptions) => Promise<Answer<T>>
  /** Sends a file as it is, piece by piece. */
  readonly upload: <T>(path: string, query: Query, file: UploadedFile) => Promise<Answer<T>>
  /** Reads bytes of any length piece by piece. Throws `ApiProblem`, `ServerLost`; breaks off with `ServerLost`. */
  readonly download: (path: string, query?: Query) => AsyncGenerator<Buffer>
  /** Reads without judging: for endpoints where a status of 503 is an answer. Throws `ServerLost`. */
  readonly probe: (path: string, options?: { timeoutMs?: number }) => Promise<RawAnswer>
  readonly close: () => Promise<void>
}

/** The server answered, and the answer is no. Fields as in RFC 9457. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly problem: Readonly<Record<string, unknown>>
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, problem: Record<string, unknown>, retryAfterSeconds: number | undefined) {
    super(sentenceOf(status, problem))
    this.name = 'ApiProblem'
    this.status = status
    this.code = typeof problem['code'] === 'string' ? problem['code'] : `http_${status}`
    this.problem = problem
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No answer that can be trusted: refused, reset, timed out, or not from Tallystick. What was asked may have happened. */
export class ServerLost extends Error {
  constructor(url: string, why: string, cause?: unknown) {
    super(`No answer from ${url}: ${why}`, { cause })
    this.name = 'ServerLost'
  }
}

/** Detail, then each field that was wrong with its pointer, unless the detail tells of it already. */
function sentenceOf(status: number, problem: Readonly<Record<string, unknown>>): string {
  const detail = problem['detail'] ?? problem['title'] ?? `The server answered ${status}.`
  const fields = Array.isArray(problem['errors']) ? problem['errors'] : []
  const listed = fields
    .filter((field: { detail?: unknown }) => !String(detail).includes(String(field.detail)))
    .slice(0, 3)
    .map((field: { pointer?: unknown; detail?: unknown }) => `${String(field.pointer)}: ${String(field.detail)}`)
    .join(' ')
  const requestId = status >= 500 && typeof problem['request_id'] === 'string' ? ` (${problem['request_id']})` : ''
  return `${String(detail)}${listed === '' ? '' : ` ${listed}`}${requestId}`
}

export function createApiClient(address: ServerAddress): ApiClient {
  const agent = new Agent({
    // One request at a time on a connection: a dying socket with more behind it would lose them all at once.
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    maxResponseSize: RESPONSE_LIMIT_BYTES,
  })

  // A download is written on as it comes, whatever its length.
  const unlimited = new Agent({ pipelining: 1, connect: { timeout: CONNECT_TIMEOUT_MS } })

  async function* download(path: string, query: Query = {}): AsyncGenerator<Buffer> {
    try {
      const response = await request(address.url + path + queryText(query), {
        dispatcher: unlimited,
        headersTimeout: DEFAULT_TIMEOUT_MS,
        bodyTimeout: DEFAULT_TIMEOUT_MS,
        headers: { authorization: `Bearer ${address.apiKey}` },
      })
      const { statusCode: status, headers, body } = response
      if (status >= 300) acceptedOrThrown({ status, headers, body: jsonIn(await body.text(), status) })
      for await (const piece of body as AsyncIterable<Buffer>) yield piece
    } catch (error) {
      if (error instanceof ApiProblem) throw error
      throw new ServerLost(address.url, reasonOf(error), error)
    }
  }

  async function exchange(method: 'GET' | 'POST', path: string, options: SendOptions): Promise<Received> {
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    try {
      const response = await request(address.url + path, {
        method,
        dispatcher: agent,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        headers: { authorization: `Bearer ${address.apiKey}`, accept: 'application/json', ...options.headers },
        ...(options.body === undefined ? {} : { body: options.body }),
      })
      const text = await response.body.text()
      return { status: response.statusCode, headers: response.headers, body: jsonIn(text, response.statusCode) }
    } catch (error) {
      throw new ServerLost(address.url, reasonOf(error), error)
    }
  }

  const send = async <T>(method: 'GET' | 'POST', path: string, options: SendOptions): Promise<Answer<T>> =>
    acceptedOrThrown<T>(await exchange(method, path, options))

  const postText = <T>(path: string, json: string, options: PostOptions = {}): Promise<Answer<T>> => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey
    if (options.waitSeconds !== undefined) headers['prefer'] = `wait=${options.waitSeconds}`
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS + (options.waitSeconds ?? 0) * 1000
    return send<T>('POST', path, { body: json, headers, timeoutMs })
  }

  return {
    url: address.url,
    postText,
    get: async <T>(path: string, query: Query = {}, options: { timeoutMs?: number } = {}) =>
      (await send<T>('GET', path + queryText(query), options)).body,
    upload: (path, query, { name, bytes, size }) =>
      send('POST', path + queryText(query), {
        body: bytes,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(size),
          'x-filename': encodeURIComponent(name.toWellFormed()),
        },
        timeoutMs: UPLOAD_TIMEOUT_MS,
      }),
    post: (path, body, options) => postText(path, writeJson(body), options),
    probe: async (path, options = {}) => {
      const { status, headers, body } = await exchange('GET', path, options)
      const date = new Date(String(headers['date']))
      return { status, body, date: Number.isNaN(date.getTime()) ? undefined : date }
    },
    download,
    close: async () => void (await Promise.all([agent.close(), unlimited.close()])),
  }
}

type SendOptions = {
  readonly body?: string | Readable
  readonly headers?: Record<string, string>
  readonly timeoutMs?: number
}

type Received = {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly body: unknown
}

function jsonIn(text: string, status: number): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw new Error(`status ${status} with a body that is not JSON`, { cause: error })
  }
}

function acceptedOrThrown<T>({ status, headers, body }: Received): Answer<T> {
  if (status >= 300) {
    const problem: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
    const retryAfter = Number(headers['retry-after'])
    throw new ApiProblem(status, problem, Number.isFinite(retryAfter) ? retryAfter : undefined)
  }
  return { body: body as T, status, replayed: headers['idempotent-replayed'] === 'true' }
}

function queryText(query: Query): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined)
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()
  return text === '' ? '' : `?${text}`
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  ENOTFOUND: 'no such host',
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_CONNECT_TIMEOUT: 'it does not accept connections in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_BODY_TIMEOUT: 'its answer stopped halfway',
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code !== undefined && WORDS[code] !== undefined) return WORDS[code]
  return error instanceof Error ? error.message : String(error)
}

/** True for what the same request, sent again, may get past: no answer, an overloaded or failing server. */
export const isWorthRepeating = (error: unknown): error is ServerLost | ApiProblem =>
  error instanceof ServerLost || (error instanceof ApiProblem && (error.status >= 500 || error.status === 429))
