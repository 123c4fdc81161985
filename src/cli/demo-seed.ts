import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from './api-client.ts'
import { ApiProblem } from './api-client.ts'
import type { ApiPayment } from './api-types.ts'
import { type DemoPayment, demoPayments } from './demo-data.ts'
import { CliFailure } from './failure.ts'

export type DemoResult = {
  readonly created: number
  /** Payments that an earlier seeding made. */
  readonly existing: number
  readonly refused: readonly { readonly name: string; readonly code: string; readonly detail: string }[]
}

/** How long an authorisation may take before its capture or cancellation is left to the next seeding. */
const AUTHORISED_WITHIN_MS = 10_000
const POLL_MS = 50

/**
 * Seeds the demo through the public API, once: every payment has a key of its own, so that a second
 * call creates nothing. Throws `CliFailure` when the server is not in test mode.
 */
export async function seedDemo(client: ApiClient): Promise<DemoResult> {
  await requireTestMode(client)
  const wanted = demoPayments()
  const { body } = await client.post<{ data: readonly Record<string, unknown>[] }>(
    '/v1/payments/batch',
    { payments: wanted.map(requestOf) },
    { idempotencyKey: 'demo' },
  )
  const result = { created: 0, existing: 0, refused: [] as DemoResult['refused'][number][] }
  for (const [index, payment] of wanted.entries()) {
    const item = body.data[index] ?? {}
    if (item['object'] !== 'payment') result.refused.push(refusalOf(payment.name, item))
    else if (item['replayed'] === true) result.existing += 1
    else result.created += 1
    if (item['object'] === 'payment' && payment.then !== undefined) {
      await followUp(client, payment.name, payment.then, String(item['id']))
    }
  }
  return result
}

function requestOf({ name, body }: DemoPayment) {
  return {
    idempotency_key: `demo:${name}`,
    checkout_id: `demo-${name}`,
    buyer: { reference: `demo-buyer-${name}` },
    metadata: { demo: name },
    ...body,
  }
}

const refusalOf = (name: string, item: Record<string, unknown>) => ({
  name,
  code: String(item['code'] ?? 'no_answer'),
  detail: String(item['detail'] ?? 'the server gave no answer for this payment'),
})

async function requireTestMode(client: ApiClient): Promise<void> {
  try {
    await client.get('/v1/test/clock')
  } catch (error) {
    if (!(error instanceof ApiProblem && error.code === 'test_mode_only')) throw error
    throw new CliFailure({
      message: `The server at ${client.url} is in live mode and takes no demo data`,
      next: 'npx tallystick doctor',
      code: 'test_mode_only',
      cause: error,
    })
  }
}

/** Captures or cancels once authorised. A payment that is past that state had its follow-up in an earlier seeding. */
async function followUp(client: ApiClient, name: string, verb: 'capture' | 'cancel', id: string): Promise<void> {
  const end = performance.now() + AUTHORISED_WITHIN_MS
  for (;;) {
    const payment = await client.get<ApiPayment>(`/v1/payments/${id}`)
    if (payment.status === 'authorised') break
    if (payment.status !== 'processing' || performance.now() > end) return
    await delay(POLL_MS)
  }
  await client.post(`/v1/payments/${id}/${verb}`, {}, { idempotencyKey: `demo:${name}:${verb}` })
}
