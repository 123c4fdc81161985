import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that plays a PSP which misbehaves, for tests of adapters. */
export type PretendedPsp = {
  readonly url: string
  /** How many requests arrived. */
  readonly requests: () => number
  /** What to do with every request from now on; its body was read. */
  readonly behave: (behaviour: Behaviour) => void
  readonly close: () => Promise<void>
}

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

export async function startPretendedPsp(): Promise<PretendedPsp> {
  let behaviour: Behaviour = (_request, response) => response.writeHead(500).end()
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    request.resume().once('end', () => behaviour(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a text
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    behave: (next) => {
      behaviour = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Answers with a status and a body. */
export const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  }

/**
 * The ways in which an answer can fail to be one. Each may have moved money, so each must be `unknown`.
 * `body` is a good answer to the request.
 */
export const MISBEHAVIOURS: Readonly<Record<string, (body: string) => Behaviour>> = {
  'cuts the connection': () => (request) => request.socket.destroy(),
  'resets the connection': () => (request) => request.socket.resetAndDestroy(),
  'never answers': () => () => undefined,
  'sends its answer a byte at a time, for ever': () => dribble,
  'cuts the connection in the middle of the body': (body) => (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.write(body.slice(0, -1), () => request.socket.destroy())
  },
  'says that the answer is longer than it is': (body) => (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length + 10 })
    response.write(body)
  },
  'answers with half of the JSON': (body) => answer(200, body.slice(0, body.length / 2)),
  'answers without a body': () => answer(200, ''),
  'answers with a page': () => answer(200, '<!doctype html><h1>Welcome</h1>', { 'content-type': 'text/html' }),
  'answers with JSON that is no object': () => answer(200, '[null]'),
  'answers with an empty object': () => answer(200, '{}'),
  'answers with a body without a bound': () => flood,
  'answers 204': () => (_request, response) => response.writeHead(204).end(),
  redirects: (body) => answer(302, body, { location: '/elsewhere' }),
  'answers 408': (body) => answer(408, body),
  'answers 500': (body) => answer(500, body),
  'answers 502 like a proxy': () => answer(502, '<h1>Bad gateway</h1>', { 'content-type': 'text/html' }),
  'answers 503 like a proxy': () => answer(503, '<h1>Unavailable</h1>', { 'content-type': 'text/html' }),
  'answers 504': () => answer(504, '{"error":"timeout"}'),
  'answers with a status that does not exist': (body) => answer(799, body),
  'does not speak HTTP': () => (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
}

function dribble(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(timer))
}

function flood(_request: IncomingMessage, response: ServerResponse): void {
  const piece = ' '.repeat(65_536)
  response.writeHead(200, { 'content-type': 'application/json' })
  const pour = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', pour)
  pour()
}
