import type { Entry, OrderSeen, OrderStatus, PaymentSeen } from './snapshot.ts'

/** Reading JSON whose shape is the server's word: each reader says what was wrong instead of guessing. */
export type Json = Readonly<Record<string, unknown>>

export function asObject(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is not an object`)
  return value as Json
}

export function asArray(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is not a list`)
  return value
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Error(`${what} is not text`)
  return value
}

/** An amount: a JSON integer that a double holds exactly. */
export function asAmount(value: unknown, what: string): bigint {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error(`${what} is not a safe integer`)
  return BigInt(value)
}

const optionalText = (value: unknown, what: string): string | undefined =>
  value === undefined || value === null ? undefined : asText(value, what)

const ORDER_STATUSES: readonly string[] = [
  'pending',
  'executing',
  'requires_action',
  'authorised',
  'captured',
  'failed',
  'voided',
  'unknown',
] satisfies readonly OrderStatus[]

const isOrderStatus = (text: string): text is OrderStatus => ORDER_STATUSES.includes(text)

export function asOrderStatus(value: unknown, what: string): OrderStatus {
  const status = asText(value, what)
  if (!isOrderStatus(status)) throw new Error(`${what} is "${status}", which is no status of an order`)
  return status
}

export function readPayment(value: unknown): PaymentSeen {
  const payment = asObject(value, 'payment')
  const id = asText(payment['id'], 'payment id')
  return {
    id,
    status: asText(payment['status'], `status of ${id}`),
    amount: asAmount(payment['amount'], `amount of ${id}`),
    currency: asText(payment['currency'], `currency of ${id}`),
    orders: asArray(payment['orders'], `orders of ${id}`).map((order) => readOrder(order, id)),
  }
}

function readOrder(value: unknown, paymentId: string): OrderSeen {
  const order = asObject(value, `order of ${paymentId}`)
  const id = asText(order['id'], `id of an order of ${paymentId}`)
  return {
    id,
    seller: asText(order['seller'], `seller of ${id}`),
    amount: asAmount(order['amount'], `amount of ${id}`),
    platformFee: asAmount(order['platform_fee'], `platform_fee of ${id}`),
    status: asOrderStatus(order['status'], `status of ${id}`),
    psp: asText(order['psp'], `psp of ${id}`),
    pspReference: optionalText(order['psp_reference'], `psp_reference of ${id}`),
  }
}

export function readEntry(value: unknown): Entry {
  const entry = asObject(value, 'journal entry')
  const id = asText(entry['id'], 'journal entry id')
  return {
    id,
    kind: asText(entry['kind'], `kind of ${id}`),
    orderId: optionalText(entry['order'] ?? entry['order_id'], `order of ${id}`),
    fact: undefined,
    lateChargeId: undefined,
    reference: optionalText(entry['reference'], `reference of ${id}`),
    reverses: optionalText(entry['reverses'], `reverses of ${id}`),
    postings: asArray(entry['postings'], `postings of ${id}`).map((line) => {
      const posting = asObject(line, `posting of ${id}`)
      const amount = asAmount(posting['amount'], `amount of a posting of ${id}`)
      return {
        account: asText(posting['account'], `account of a posting of ${id}`),
        amount: asText(posting['direction'], `direction of a posting of ${id}`) === 'credit' ? -amount : amount,
        currency: asText(posting['currency'], `currency of a posting of ${id}`),
      }
    }),
  }
}
