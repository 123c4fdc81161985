import { Webhook as Signer } from 'standardwebhooks'
import { nextDueAt } from './due.ts'
import { ApiError, invalid } from './errors.ts'
import type { Exchange } from './http.ts'
import { onlyFields, record, text } from './input.ts'
import { changeSettings } from './settings.ts'
import type { Simulator } from './simulator.ts'
import { bookView, instant } from './views.ts'
import { writePieces } from './write-pieces.ts'

/** The part of the API with which a test or an operator looks at the simulator and steers it. */

const BOOK_PIECE_CHARGES = 256 // about 100 KB of text: large enough to be quick, small enough to wait for the reader

/** The whole book as JSON, written as fast as the reader takes it. */
export function getBook(simulator: Simulator, { response }: Exchange): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' })
  return writePieces(simulator, response, bookPieces(simulator))
}

function* bookPieces(simulator: Simulator): Generator<string> {
  const count = simulator.charges.count()
  yield '{"charges":['
  for (let start = 0; start < count; start += BOOK_PIECE_CHARGES) {
    const views: string[] = []
    for (let index = start; index < Math.min(start + BOOK_PIECE_CHARGES, count); index++) {
      const charge = simulator.charges.at(index)
      if (charge !== undefined) views.push(bookView(simulator, charge))
    }
    yield `${start === 0 ? '' : ',\n'}${views.join(',\n')}`
  }
  yield '],"refunds":[]}\n'
}

export async function putSettings(simulator: Simulator, exchange: Exchange): Promise<void> {
  const change = await exchange.json()
  // A file whose day is over is produced under the settings that held until now.
  simulator.catchUp()
  const settings = changeSettings(simulator.settings(), change)
  simulator.commit({ t: 'settings', settings })
  simulator.random.reseed(settings.seed)
  await simulator.durable()
  exchange.send(200, settings)
}

const FLUSH_MS = 60_000 // bounds the answer when the endpoint hangs; what is left goes on with its back-off
const MAX_OFFSET_MS = 100 * 366 * 86_400_000 // a century is further than any test looks

/** Moves the business clock, and answers when everything that came due is done and its webhooks were tried. */
export async function postClock(simulator: Simulator, exchange: Exchange): Promise<void> {
  const body = record(await exchange.json(), 'the body')
  onlyFields(body, ['offset_ms'])
  const offset = body['offset_ms']
  if (typeof offset !== 'number' || !Number.isInteger(offset) || offset < 0 || offset > MAX_OFFSET_MS)
    throw invalid('invalid_offset', `offset_ms must be an integer from 0 to ${MAX_OFFSET_MS}`, 'offset_ms')
  if (offset < simulator.clock.offsetMs())
    throw new ApiError(
      409,
      'invalid_request',
      'clock_backwards',
      `The clock is ${simulator.clock.offsetMs()} ms ahead already and never goes back`,
      { param: 'offset_ms' },
    )
  if (offset > simulator.clock.offsetMs()) simulator.commit({ t: 'clock', offset_ms: offset })
  simulator.catchUp()
  await simulator.durable()
  await simulator.sender.flush(FLUSH_MS)
  exchange.send(200, clockView(simulator))
}

export async function getClock(simulator: Simulator, exchange: Exchange): Promise<void> {
  simulator.catchUp()
  await simulator.durable()
  exchange.send(200, clockView(simulator))
}

function clockView(simulator: Simulator): Record<string, unknown> {
  return {
    now: instant(simulator.clock.now()),
    offset_ms: simulator.clock.offsetMs(),
    next_due_at: instant(nextDueAt(simulator)),
    webhooks_waiting: simulator.webhooks.counts().waiting,
  }
}

export async function putEndpoint(simulator: Simulator, exchange: Exchange): Promise<void> {
  const body = record(await exchange.json(), 'the body')
  onlyFields(body, ['url', 'secret'])
  const endpoint = { url: endpointUrl(text(body, 'url')), secret: endpointSecret(text(body, 'secret')) }
  const current = simulator.endpoint()
  if (current?.url !== endpoint.url || current.secret !== endpoint.secret)
    simulator.commit({ t: 'endpoint', ...endpoint })
  await simulator.durable()
  // Whoever registers is up now, so nothing that waits for it needs to wait longer.
  simulator.webhooks.hurry(Date.now())
  simulator.sender.wake()
  exchange.send(200, { url: endpoint.url })
}

function endpointUrl(given: string): string {
  const url = URL.parse(given)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return given
  throw invalid('invalid_url', 'url must be an absolute http or https URL', 'url')
}

const MIN_SECRET_LENGTH = 'whsec_'.length + 32 // 24 bytes in base64, the least that Standard Webhooks allows

function endpointSecret(given: string): string {
  try {
    if (given.startsWith('whsec_') && given.length >= MIN_SECRET_LENGTH && new Signer(given)) return given
  } catch {
    // Not base64: refused below like every other secret that is not right.
  }
  throw invalid('invalid_secret', 'secret must be "whsec_" and 24 to 64 bytes in base64', 'secret')
}

const MAX_LISTED = 1_000

export function webhooksView(simulator: Simulator, exchange: Exchange): Record<string, unknown> {
  const limit = Number(exchange.query.get('limit') ?? 100)
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LISTED)
    throw new ApiError(400, 'invalid_request', 'invalid_parameter', `limit must be from 1 to ${MAX_LISTED}`)
  const data = simulator.webhooks.list(limit).map((webhook) => ({
    id: simulator.webhookId(webhook.number),
    type: `charge.${webhook.status}`,
    charge: simulator.chargeId(webhook.charge),
    state: webhook.state,
    attempts: webhook.attempts,
    ...(webhook.state === 'waiting' ? { next_attempt_at: instant(webhook.dueAt) } : {}),
    ...(webhook.lastError === undefined ? {} : { last_error: webhook.lastError }),
  }))
  return { ...simulator.webhooks.counts(), data }
}
