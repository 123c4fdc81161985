import { inMajorUnits } from './amounts.ts'
import type { ApiPage, ApiPayment } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

export type ListOptions = {
  readonly status?: string
  readonly seller?: string
  readonly checkoutId?: string
  readonly limit: number
  readonly cursor?: string
}

export async function paymentsList(context: Context, options: ListOptions): Promise<number> {
  const client = await context.client()
  const page = await client.get<ApiPage<ApiPayment>>('/v1/payments', {
    status: options.status,
    seller: options.seller,
    checkout_id: options.checkoutId,
    limit: options.limit,
    cursor: options.cursor,
  })
  context.show(page, () => {
    context.output.table(
      [
        { title: 'payment' },
        { title: 'status' },
        { title: 'amount', align: 'right' },
        { title: 'currency' },
        { title: 'orders', align: 'right' },
        { title: 'checkout' },
        { title: 'created' },
      ],
      page.data.map((payment) => [
        payment.id,
        payment.status,
        inMajorUnits(payment.amount, payment.currency),
        payment.currency,
        String(payment.orders.length),
        payment.checkout_id ?? '',
        payment.created_at,
      ]),
    )
    if (page.has_more) context.output.note(`more: add --cursor ${page.next_cursor}`)
  })
  return EXIT.ok
}
