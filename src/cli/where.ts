import type { ApiWhereabouts } from './api-types.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import { findPayments } from './find-payment.ts'
import { printWhereabouts } from './payment-view.ts'

export async function where(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const { payments } = await findPayments(client, id)
  const [payment, ...others] = payments
  if (payment === undefined || others.length > 0) {
    throw new CliFailure({
      message: `${id} belongs to ${payments.length === 0 ? 'no payment' : `${payments.length} payments`}`,
      next: `npx tallystick trace ${id}`,
      exitCode: EXIT.negative,
      code: 'not_one_payment',
    })
  }
  const whereabouts = await client.get<ApiWhereabouts>(`/v1/payments/${encodeURIComponent(payment)}/whereabouts`)
  context.show({ payment, ...whereabouts }, () => printWhereabouts(context.output, whereabouts))
  return EXIT.ok
}
