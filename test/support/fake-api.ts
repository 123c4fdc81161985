import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A request as the fake API saw it. */
export type SeenRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** What the JSON says; the text of a file. */
  readonly body: unknown
}

/** What a route of a test answers: a status and a JSON body. */
export type FakeAnswer = { readonly status?: number; readonly body: unknown; readonly headers?: Record<string, string> }

export type FakeRoute = (request: SeenRequest) => FakeAnswer

export type FakeApi = {
  readonly url: string
  readonly apiKey: string
  readonly requests: SeenRequest[]
  /** Payments that were created, oldest first. */
  readonly payments: () => readonly FakePayment[]
  /** Before each request: `drop` closes the connection without an answer, a number is answered as that status. */
  fault: ((request: SeenRequest) => 'drop' | 'drop_after' | number | undefined) | undefined
  /** How often a payment is read before it is final. */
  readsUntilFinal: number
  /** Further routes, by `METHOD /path`; they win over the built-in ones. */
  readonly routes: Map<string, FakeRoute>
  readonly close: () => Promise<void>
}

export type FakePayment = Record<string, unknown> & {
  readonly id: string
  readonly checkout_id?: string
  readonly currency: string
  readonly orders: readonly { readonly seller: string; readonly amount: number }[]
}

/**
 * A small in-memory stand-in for the API, on a free loopback port: payments with idempotency keys
 * and one payment a checkout, and whatever routes a test adds. It knows nothing of money.
 */
export async function startFakeApi(port = 0): Promise<FakeApi> {
  const book = createFakeBook()
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ title: String(error) }))
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const api: FakeApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'sk_test_fake',
    requests: [],
    payments: book.payments,
    fault: undefined,
    readsUntilFinal: 1,
    routes: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', api.url)
    const content = await text(request)
    const isFile = request.headers['content-type'] === 'application/octet-stream'
    const seen: SeenRequest = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: content === '' || isFile ? content || undefined : (JSON.parse(content) as unknown),
    }
    api.requests.push(seen)
    const fault = api.fault?.(seen)
    if (fault === 'drop') {
      response.destroy()
      return
    }
    const answer = typeof fault === 'number' ? problem(fault, `fault_${fault}`) : answerTo(seen)
    if (fault === 'drop_after') {
      response.destroy()
      return
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
    response.end(JSON.stringify(answer.body))
  }

  function answerTo(seen: SeenRequest): FakeAnswer {
    const route = api.routes.get(`${seen.method} ${seen.path}`)
    if (route !== undefined) return route(seen)
    if (seen.headers.authorization !== `Bearer ${api.apiKey}`) return problem(401, 'unauthorized')
    if (seen.method === 'POST' && seen.path === '/v1/payments/batch') return book.batch(seen)
    if (seen.method === 'POST' && seen.path === '/v1/payments') return book.create(seen)
    const id = /^\/v1\/payments\/(pay_\w+)$/.exec(seen.path)?.[1]
    if (seen.method === 'GET' && id !== undefined) return book.read(id, api.readsUntilFinal)
    return problem(404, 'not_found', `There is no ${seen.path}.`)
  }

  return api
}

export const problem = (status: number, code: string, detail = `It is ${code}.`): FakeAnswer => ({
  status,
  body: { status, code, title: code, detail, retryable: status >= 500 },
})

type Item = Record<string, unknown> & { orders: { seller: string; amount: number }[] }
type Stored = { readonly body: string; readonly payment: FakePayment; reads: number }

function createFakeBook() {
  const byKey = new Map<string, Stored>()

  function accept(key: string, item: Item): FakeAnswer & { replayed: boolean } {
    const body = JSON.stringify({ ...item, idempotency_key: undefined })
    const known = byKey.get(key)
    if (known !== undefined) {
      if (known.body !== body) return { ...problem(422, 'idempotency_key_reused'), replayed: false }
      return { status: 201, body: current(known, 1), replayed: true }
    }
    const sibling = [...byKey.values()].find(({ payment }) => payment.checkout_id === item['checkout_id'])
    if (item['checkout_id'] !== undefined && sibling !== undefined) {
      const exists = problem(409, 'checkout_exists')
      return { ...exists, body: { ...(exists.body as object), payment: sibling.payment.id }, replayed: false }
    }
    const stored = { body, payment: newPayment(item), reads: 0 }
    byKey.set(key, stored)
    return { status: 201, body: stored.payment, replayed: false }
  }

  function newPayment(item: Item): FakePayment {
    const id = `pay_${String(byKey.size + 1).padStart(32, '0')}`
    const orders = item.orders.map((order, index) => ({
      id: `po_${id.slice(4)}${index}`,
      ...order,
      platform_fee: 0,
      status: 'executing',
      psp: 'simulator',
    }))
    const amount = orders.reduce((sum, order) => sum + order.amount, 0)
    const created_at = '2026-11-22T00:00:00.000Z'
    const currency = String(item['currency'])
    const checkout = typeof item['checkout_id'] === 'string' ? { checkout_id: item['checkout_id'] } : {}
    return { id, object: 'payment', status: 'processing', ...checkout, amount, currency, orders, created_at }
  }

  function current(stored: Stored, readsUntilFinal: number): FakePayment {
    if (stored.reads < readsUntilFinal) return stored.payment
    const orders = stored.payment.orders.map((order) => ({ ...order, status: 'captured' }))
    return { ...stored.payment, status: 'succeeded', orders }
  }

  return {
    payments: () => [...byKey.values()].map(({ payment }) => payment),
    create: (seen: SeenRequest): FakeAnswer => {
      const key = seen.headers['idempotency-key']
      if (typeof key !== 'string') return problem(400, 'idempotency_key_required')
      const { replayed, ...answer } = accept(key, seen.body as Item)
      return replayed ? { ...answer, headers: { 'idempotent-replayed': 'true' } } : answer
    },
    batch: (seen: SeenRequest): FakeAnswer => {
      const { payments } = seen.body as { payments: Item[] }
      const data = payments.map((item) => {
        const { body, replayed } = accept(String(item['idempotency_key']), item)
        return replayed ? { ...(body as object), replayed: true } : body
      })
      return { status: 200, body: { data } }
    },
    read: (id: string, readsUntilFinal: number): FakeAnswer => {
      const stored = [...byKey.values()].find(({ payment }) => payment.id === id)
      if (stored === undefined) return problem(404, 'not_found', `There is no payment ${id}.`)
      stored.reads += 1
      return { body: current(stored, readsUntilFinal) }
    },
  }
}
