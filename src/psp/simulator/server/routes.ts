import { getBankStatement } from './bank-files.ts'
import { getBook, getClock, postClock, putEndpoint, putSettings, webhooksView } from './controls.ts'
import { ApiError } from './errors.ts'
import type { Exchange } from './http.ts'
import { createMerchant, type Merchant } from './merchant.ts'
import { getSettlementFile, listSettlementFiles } from './settlement-files.ts'
import type { Simulator } from './simulator.ts'
import { threeDsAnswer, threeDsPage } from './three-ds-page.ts'

type Route = (exchange: Exchange, id: string) => Promise<void> | void

/** Paths as texts; `*` stands for the one part that is an identifier. */
type Routes = ReadonlyMap<string, Readonly<Record<string, Route>>>

/** Finds the route of each request. */
export function createHandler(simulator: Simulator): (exchange: Exchange) => Promise<void> {
  const merchant = createMerchant(simulator)
  const routes: Routes = new Map(Object.entries({ ...merchantRoutes(merchant), ...controlRoutes(simulator) }))
  return async (exchange) => {
    const { pattern, id } = patternOf(exchange.path)
    const methods = routes.get(pattern)
    if (methods === undefined)
      throw new ApiError(404, 'not_found', 'no_such_path', `There is no path ${exchange.path.slice(0, 100)}`)
    const route = methods[exchange.method]
    if (route === undefined)
      throw new ApiError(405, 'invalid_request', 'method_not_allowed', `It takes ${Object.keys(methods).join(', ')}`)
    await route(exchange, id)
  }
}

const merchantRoutes = (merchant: Merchant): Record<string, Record<string, Route>> => ({
  '/charges': { POST: merchant.create, GET: merchant.find },
  '/charges/*': { GET: merchant.get },
  '/charges/*/capture': { POST: merchant.capture },
  '/charges/*/void': { POST: merchant.void },
})

const controlRoutes = (simulator: Simulator): Record<string, Record<string, Route>> => ({
  '/3ds/*': {
    GET: (exchange, id) => threeDsPage(simulator, exchange, id),
    POST: (exchange, id) => threeDsAnswer(simulator, exchange, id),
  },
  '/book': { GET: (exchange) => getBook(simulator, exchange) },
  '/clock': {
    GET: (exchange) => getClock(simulator, exchange),
    POST: (exchange) => postClock(simulator, exchange),
  },
  '/settlement_files': { GET: (exchange) => listSettlementFiles(simulator, exchange) },
  '/settlement_files/*': { GET: (exchange, day) => getSettlementFile(simulator, exchange, day) },
  '/bank_statements/*': { GET: (exchange, day) => getBankStatement(simulator, exchange, day) },
  '/settings': {
    GET: (exchange) => exchange.send(200, simulator.settings()),
    PUT: (exchange) => putSettings(simulator, exchange),
  },
  '/webhook_endpoint': {
    GET: (exchange) => exchange.send(200, { url: simulator.endpoint()?.url ?? null }),
    PUT: (exchange) => putEndpoint(simulator, exchange),
  },
  '/webhooks': { GET: (exchange) => exchange.send(200, webhooksView(simulator, exchange)) },
  '/healthz': {
    GET: (exchange) =>
      exchange.send(200, {
        status: 'ok',
        book: simulator.bookId(),
        pid: process.pid,
        charges: simulator.charges.count(),
      }),
  },
})

// `/charges/ch_1/void` is the pattern `/charges/*/void` with the identifier `ch_1`.
function patternOf(path: string): { readonly pattern: string; readonly id: string } {
  const second = path.indexOf('/', 1)
  if (second === -1) return { pattern: path, id: '' }
  const third = path.indexOf('/', second + 1)
  const id = path.slice(second + 1, third === -1 ? undefined : third)
  return { pattern: `${path.slice(0, second)}/*${third === -1 ? '' : path.slice(third)}`, id }
}
