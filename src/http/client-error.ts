import type { Socket } from 'node:net'
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
  const requestId = newRequestId()
  const problem = problemOf(new Refusal(code, 'The request could not be read as HTTP.'), requestId)
  const body = problemText(problem)
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_JSON,
    'content-length': Buffer.byteLength(body),
    'request-id': requestId,
    connection: 'close',
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${problem.status} ${reason}\r\n${head.join('')}\r\n${body}`)
}
