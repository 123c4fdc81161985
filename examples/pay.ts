/**
 * A checkout as a shop would write it: one stable key, and the same request again until a whole answer stands.
 * Run it beside a server that was started with `npm start`:
 *
 *     npx node examples/pay.ts
 */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

type Payment = {
  readonly id: string
  readonly status: string
  readonly orders: readonly { readonly seller: string; readonly amount: number; readonly status: string }[]
}

const TRIES = 10

/** Creates the payment, or finds the one that an earlier try created. Throws what the server refuses for good. */
async function pay(server: { url: string; apiKey: string }, checkout: string, body: object): Promise<Payment> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${server.url}/v1/payments`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.apiKey}`,
        'content-type': 'application/json',
        // The checkout names the request: a retry, a double click and a crash of ours all send the same key.
        'idempotency-key': checkout,
        prefer: 'wait=10',
      },
      body: JSON.stringify({ ...body, checkout_id: checkout }),
      // No answer at all: it may have arrived. The same key makes sending it again safe.
    }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    if (answer instanceof Response) {
      const document = await answer.json()
      if (answer.ok) return document as Payment
      const { retryable, code, detail } = document as { retryable: boolean; code: string; detail: string }
      if (!retryable || tries === TRIES) throw new Error(`${code}: ${detail}`)
    } else if (tries === TRIES) throw answer
    await delay(200 * tries)
  }
}

const home = process.env['TALLYSTICK_HOME'] ?? new URL('../.tallystick', import.meta.url).pathname
const { url, api_key: apiKey } = JSON.parse(readFileSync(`${home}/run.json`, 'utf8')) as {
  url: string
  api_key: string
}

const payment = await pay({ url, apiKey }, 'example-pay', {
  buyer: { reference: 'buyer-7' },
  currency: 'EUR',
  payment_method: 'pm_test_visa',
  orders: [
    { seller: 'anna', amount: 1250, platform_fee: 125 },
    { seller: 'ben', amount: 3000, platform_fee: 300 },
  ],
})

console.log(`${payment.id} ${payment.status}`)
for (const { seller, amount, status } of payment.orders) console.log(`  ${seller} ${amount} ${status}`)
