import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError, describe, StartRefusal } from './errors.ts'

/** One request and the ways to end it. Each is ended exactly once. */
export type Exchange = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** The body as text; refuses one that is too large. */
  readonly text: () => Promise<string>
  /** The body as JSON, or undefined when there is none. */
  readonly json: () => Promise<unknown>
  readonly send: (status: number, body: unknown, headers?: Record<string, string>) => void
  readonly sendHtml: (status: number, page: string) => void
  /** For an answer that is written piece by piece. */
  readonly response: ServerResponse
  /** Cuts the connection instead of answering. */
  readonly cut: () => void
  /** Never answers; the connection is cut after a while, or when the program stops. */
  readonly hang: () => void
}

export type HttpServer = {
  readonly port: number
  /** Takes no new connections, lets requests in flight finish, and closes. */
  readonly stop: () => Promise<void>
}

const MAX_BODY_BYTES = 65_536 // the largest body there is, the settings, is under 1 KB
const MAX_CONNECTIONS = 4_096
const MAX_IN_FLIGHT = 4_096 // more than 64 clients with a full pool each
const KEEP_ALIVE_MS = 75_000 // longer than clients keep an idle connection, so that they are the ones to close it
const HANG_MS = 60_000 // longer than any client's time-out
const DRAIN_MS = 5_000 // requests in flight take milliseconds; what takes longer is cut

/** Serves `handle` on host and port (0 = any free one). Refuses the start when the port cannot be had. */
export async function serve(
  address: { readonly host: string; readonly port: number },
  handle: (exchange: Exchange) => Promise<void>,
): Promise<HttpServer> {
  const hanging = new Set<ServerResponse>()
  let inFlight = 0
  let draining = false
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 30_000 }, (request, response) => {
    inFlight++
    response.once('close', () => {
      inFlight--
      hanging.delete(response)
    })
    if (draining) response.setHeader('connection', 'close')
    const exchange = createExchange(request, response, hanging)
    if (inFlight > MAX_IN_FLIGHT)
      sendError(exchange, new ApiError(503, 'overloaded', 'overloaded', 'Too many requests at once'))
    else handle(exchange).catch((error: unknown) => sendError(exchange, error))
  })
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, address)
  const { port } = server.address() as AddressInfo // a TCP server's address is never a text
  return {
    port,
    async stop() {
      draining = true
      const closed = new Promise((resolve) => server.close(resolve))
      for (const response of hanging) response.destroy()
      const end = performance.now() + DRAIN_MS
      while (inFlight > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: Error & { code?: string }) => {
      const reason = error.code === 'EADDRINUSE' ? 'it is taken by another program' : error.message
      reject(new StartRefusal(`Port ${port} of ${host} cannot be used: ${reason}.`, error))
    })
    // The default backlog of 511 is cut to the system's; a burst of new connections must not be refused.
    server.listen({ host, port, backlog: 1_024 }, resolve)
  })
}

const NO_QUERY = new URLSearchParams()

function createExchange(request: IncomingMessage, response: ServerResponse, hanging: Set<ServerResponse>): Exchange {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  const text = (): Promise<string> => readBody(request)
  return {
    method: request.method ?? 'GET',
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? NO_QUERY : new URLSearchParams(target.slice(mark + 1)),
    headers: request.headers,
    response,
    text,
    json: async () => parseJson(await text(), request.headers['content-type']),
    send: (status, body, headers) => end(response, status, 'application/json', JSON.stringify(body), headers),
    sendHtml: (status, page) => end(response, status, 'text/html; charset=utf-8', page, PAGE_HEADERS),
    cut: () => request.socket.destroy(),
    hang() {
      hanging.add(response)
      setTimeout(() => response.destroy(), HANG_MS).unref()
    },
  }
}

const PAGE_HEADERS = { 'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'" }

function end(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Record<string, string> = {},
): void {
  // The client may be gone, or the answer may have begun; neither can be told any more.
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  response.end(body)
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_BODY_BYTES) chunks.push(chunk)
      else
        reject(new ApiError(413, 'invalid_request', 'body_too_large', `A body holds at most ${MAX_BODY_BYTES} bytes`))
    })
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    request.once('close', () => {
      // Asked first: an error with its stack for every request was 4 % of the simulator's time.
      if (request.complete) return
      reject(new ApiError(400, 'invalid_request', 'body_incomplete', 'The body has no end'))
    })
  })
}

function parseJson(text: string, contentType: string | undefined): unknown {
  if (text === '') return undefined
  if (contentType === undefined || !/^application\/json(;|$)/i.test(contentType))
    throw new ApiError(415, 'invalid_request', 'unsupported_media_type', 'The body must be application/json')
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ApiError(400, 'invalid_request', 'malformed_json', `The body is not JSON: ${describe(error)}`)
  }
}

/** Answers with the reason. An error that nobody foresaw is told on stderr, because it is a bug. */
export function sendError(exchange: Exchange, error: unknown): void {
  const known =
    error instanceof ApiError ? error : new ApiError(500, 'api_error', 'internal', 'Something failed inside')
  if (known !== error) console.error(error)
  const retry = known.type === 'overloaded' || known.type === 'rate_limited' ? { 'retry-after': '1' } : {}
  const { type, code, message, param, facts } = known
  exchange.send(
    known.status,
    { error: { type, code, message, ...(param === undefined ? {} : { param }), ...facts } },
    retry,
  )
}
