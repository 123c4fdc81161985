import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Refusal, type RefusalCode } from '../platform/errors.ts'
import { PROBLEM_JSON, problemOf, problemText } from './problem.ts'
import { newRequestId } from './request-id.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import type { Uploads } from './uploads.ts'

const KNOWN: Readonly<Record<string, { readonly code: RefusalCode; readonly reason: string }>> = {
  HPE_HEADER_OVERFLOW: { code: 'headers_too_large', reason: 'Request Header Fields Too Large' },
  ERR_HTTP_REQUEST_TIMEOUT: { code: 'request_timeout', reason: 'Request Timeout' },
}

/** Answers bytes that are no HTTP request, on the bare socket: there is no request to reply to. */
export function answerBrokenRequest(
  error: Error & { readonly code?: string },
  socket: Socket,
  uploads: Pick<Uploads, 'has'>,
): void {
  // A file may be under way for as long as it moves; left alone here, the connection goes on.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && uploads.has(socket)) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { code, reason } = KNOWN[error.code ?? ''] ?? { code: 'malformed_request', reason: 'Bad Request' }
  endWith(socket, new Refusal(code, 'The request could not be read as HTTP.'), reason)
}

/** Answers what Node would close, or answer without a body, before a request reaches any route. */
export function answerOddRequests(server: Server): void {
  server.on('connect', (_request, socket) => {
    // Node lets go of this socket: an error on it that nobody hears ends the process, and it stays open until somebody ends it.
    socket.on('error', () => socket.destroy())
    socket.on('finish', () => socket.destroy())
    endWith(socket, new Refusal('malformed_request', 'CONNECT is for proxies, and this is none.'), 'Bad Request')
  })
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const refusal = new Refusal('malformed_request', 'The only Expect that is known is 100-continue.')
    const { status, headers, body } = answerOf(refusal)
    response.writeHead(status, headers).end(body)
  })
}

function endWith(socket: Duplex, refusal: Refusal, reason: string): void {
  const { status, headers, body } = answerOf(refusal)
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${reason}\r\n${head.join('')}\r\n${body}`)
}

function answerOf(refusal: Refusal) {
  const requestId = newRequestId()
  const problem = problemOf(refusal, requestId)
  const body = problemText(problem)
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_JSON,
    'content-length': Buffer.byteLength(body),
    'request-id': requestId,
    connection: 'close',
  }
  return { status: problem.status, headers, body }
}
