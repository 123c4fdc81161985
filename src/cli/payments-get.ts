import type { ApiPayment } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { printPayment } from './payment-view.ts'

export async function paymentsGet(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const payment = await client.get<ApiPayment>(`/v1/payments/${encodeURIComponent(id)}`)
  context.show(payment, () => printPayment(context.output, payment))
  return EXIT.ok
}
