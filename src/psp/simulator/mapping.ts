import { declineOf } from '../declines.ts'
import type { ChargeRequest, Decline, FollowUpRequest, LookUp, Outcome } from '../psp.ts'
import type { Answer, Exchange } from './client.ts'

/** Pure: from what the simulator said to an `Outcome`. The table is in MAPPING.md. */

/** What an answer must speak of to be an answer to this request. */
type Asked = {
  readonly reference: string
  readonly amount?: bigint
  readonly currency?: string
  readonly pspReference?: string
}

type Fields = Readonly<Record<string, unknown>>

export const chargeOutcome = (exchange: Exchange, request: ChargeRequest): Outcome => outcomeOf(exchange, request)

export const followUpOutcome = (exchange: Exchange, request: FollowUpRequest): Outcome => outcomeOf(exchange, request)

function outcomeOf(exchange: Exchange, asked: Asked): Outcome {
  if (exchange.kind === 'not_sent') return { outcome: 'not_executed', reason: exchange.reason }
  if (exchange.kind === 'lost') return unknown(exchange.cause)
  const { answer } = exchange
  const body = parse(answer.body)
  if (body === undefined) return unknown(`status ${answer.status} with a body that is not a JSON object`)
  if (answer.status === 200 || answer.status === 201 || answer.status === 402) return chargeFact(body, asked)
  const error = fields(body['error'])
  if (error === undefined) return unknown(`status ${answer.status} without an error that is documented`)
  return refusal(answer, error, asked)
}

/** By `error.type` and not by the status alone, which a proxy between us may have set. */
function refusal(answer: Answer, error: Fields, asked: Asked): Outcome {
  const words = `${answer.status} ${text(error['code']) ?? ''}: ${text(error['message']) ?? ''}`.slice(0, 200)
  switch (`${answer.status} ${text(error['type'])}`) {
    case '429 rate_limited':
    case '503 overloaded':
      return { outcome: 'not_executed', reason: words, ...retryAfter(answer) }
    case '400 invalid_request':
    case '413 invalid_request':
    case '415 invalid_request':
    case '422 invalid_request':
    case '404 not_found':
      return { outcome: 'declined', decline: rejection(error) }
    case '409 state': {
      // The request was refused, and the answer says what the charge is instead.
      const charge = fields(error['charge'])
      return charge === undefined ? unknown(words) : chargeFact(charge, asked)
    }
    default:
      return unknown(words)
  }
}

/** What the PSP found wrong with the request itself. It says the same again when asked again. */
function rejection(error: Fields): Decline {
  const byParameter: Readonly<Record<string, string>> = {
    amount: 'invalid_amount',
    currency: 'currency_not_supported',
    payment_method: 'invalid_account',
  }
  const code = byParameter[text(error['param']) ?? ''] ?? 'no_action_taken'
  const message = text(error['message'])
  return {
    ...declineOf(code, text(error['code']) ?? 'invalid_request'),
    advice: 'do_not_try_again',
    ...(message === undefined ? {} : { message: `The PSP rejected the request: ${message.slice(0, 200)}` }),
  }
}

/** A look-up is definitive only when the PSP answered it with exactly one charge, or none, under our reference. */
export function lookUpOutcome(exchange: Exchange, reference: string): LookUp {
  if (exchange.kind === 'not_sent') return { outcome: 'unknown', cause: `look-up not sent: ${exchange.reason}` }
  if (exchange.kind === 'lost') return unknown(`look-up: ${exchange.cause}`)
  const body = parse(exchange.answer.body)
  const data = body?.['data']
  if (exchange.answer.status !== 200 || !Array.isArray(data) || body?.['has_more'] !== false)
    return unknown(`look-up: status ${exchange.answer.status}, not a list of charges`)
  if (data.length === 0) return { outcome: 'not_found' }
  const charge = fields(data[0])
  if (data.length > 1 || charge === undefined) return unknown(`look-up: ${data.length} charges under one reference`)
  return chargeFact(charge, { reference })
}

/** The reference and the outcome that a webhook's body tells. */
export function eventOutcome(body: string): { readonly reference: string | undefined; readonly outcome: Outcome } {
  const event = parse(body)
  const charge = fields(event?.['data'])
  const reference = text(charge?.['reference'])
  if (charge === undefined || reference === undefined)
    return { reference: undefined, outcome: unknown('a webhook that speaks of no charge') }
  if (event?.['type'] !== `charge.${text(charge['status'])}`)
    return { reference, outcome: unknown('a webhook of a type that is not known') }
  return { reference, outcome: chargeFact(charge, { reference }) }
}

/** A charge as the simulator shows it. Anything that is not as expected makes it unknown, never a guess. */
function chargeFact(charge: Fields, asked: Asked): Outcome {
  const pspReference = text(charge['id'])
  const amount = minorUnits(charge['amount'])
  const currency = text(charge['currency'])
  const occurredAt = instant(charge['occurred_at'])
  if (pspReference === undefined || amount === undefined || currency === undefined || occurredAt === undefined)
    return unknown('an answer without the fields of a charge')
  const other = difference({ reference: text(charge['reference']), amount, currency, pspReference }, charge, asked)
  if (other !== undefined) return unknown(`the answer speaks of another ${other}`)
  switch (charge['status']) {
    case 'captured':
      return captured(charge, { pspReference, currency, occurredAt }, asked)
    case 'authorised':
      return { outcome: 'authorised', pspReference, occurredAt, amount, currency }
    case 'voided':
      return { outcome: 'voided', pspReference, occurredAt }
    case 'pending':
      return { outcome: 'pending', pspReference }
    case 'requires_action':
      return requiresAction(charge, pspReference)
    case 'declined':
      return { outcome: 'declined', pspReference, decline: declineFact(charge) }
    default:
      return unknown(`a status that is not known: ${JSON.stringify(charge['status'])?.slice(0, 50)}`)
  }
}

/** The first thing in which the answer is not about what was asked. A capture is compared by what it captured. */
function difference(
  said: { reference: string | undefined; amount: bigint; currency: string; pspReference: string },
  charge: Fields,
  asked: Asked,
): string | undefined {
  if (said.reference !== asked.reference) return 'reference'
  if (asked.pspReference !== undefined && said.pspReference !== asked.pspReference) return 'charge'
  if (asked.currency !== undefined && said.currency !== asked.currency) return 'currency'
  if (asked.amount === undefined || charge['status'] === 'captured') return undefined
  // A part of an authorisation may be captured, so a follow-up may ask for less than the charge.
  const fits = asked.pspReference === undefined ? said.amount === asked.amount : said.amount >= asked.amount
  return fits ? undefined : 'amount'
}

function captured(
  charge: Fields,
  fact: { readonly pspReference: string; readonly currency: string; readonly occurredAt: Date },
  asked: Asked,
): Outcome {
  const amount = minorUnits(charge['amount_captured'])
  if (amount === undefined) return unknown('a captured charge without a captured amount')
  if (asked.amount !== undefined && amount !== asked.amount) return unknown('the answer speaks of another amount')
  return { outcome: 'captured', amount, ...fact }
}

function requiresAction(charge: Fields, pspReference: string): Outcome {
  const url = text(charge['action_url'])
  return url !== undefined && /^https?:\/\//.test(url)
    ? { outcome: 'requires_action', pspReference, url }
    : unknown('an action without an address')
}

function declineFact(charge: Fields): Decline {
  const decline = fields(charge['decline'])
  return declineOf(text(decline?.['code']) ?? 'generic_decline', text(decline?.['network_code']))
}

function retryAfter(answer: Answer): { readonly retryAfterMs?: number } {
  const seconds = answer.retryAfter
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? { retryAfterMs: Number(seconds) * 1_000 } : {}
}

export function parse(body: string): Fields | undefined {
  try {
    return fields(JSON.parse(body))
  } catch {
    return undefined // Not JSON: the caller says what that means.
  }
}

export const fields = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined)

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const minorUnits = (value: unknown): bigint | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? BigInt(value) : undefined

function instant(value: unknown): Date | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

const unknown = (cause: string): { readonly outcome: 'unknown'; readonly cause: string } => ({
  outcome: 'unknown',
  cause,
})
