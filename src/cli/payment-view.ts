import { inMajorUnits } from './amounts.ts'
import type { ApiPayment, ApiWhereabouts } from './api-types.ts'
import type { Output } from './output.ts'

/** The payment in fields, then its payment orders in a table. */
export function printPayment(output: Output, payment: ApiPayment): void {
  output.fields([
    ['payment', payment.id],
    ['status', payment.status],
    ['amount', `${inMajorUnits(payment.amount, payment.currency)} ${payment.currency}`],
    ...(payment.checkout_id === undefined ? [] : [['checkout', payment.checkout_id] as const]),
    ['created', payment.created_at],
  ])
  output.line('')
  output.table(
    [
      { title: 'order' },
      { title: 'seller' },
      { title: 'status' },
      { title: 'amount', align: 'right' },
      { title: 'fee', align: 'right' },
      { title: 'psp' },
      { title: 'psp reference' },
      { title: 'note' },
    ],
    payment.orders.map((order) => [
      order.id,
      order.seller,
      order.status,
      inMajorUnits(order.amount, payment.currency),
      inMajorUnits(order.platform_fee, payment.currency),
      order.psp,
      order.psp_reference ?? '',
      order.decline?.code ?? order.next_action?.url ?? '',
    ]),
  )
}

/** The sentence, then the steps from event to bank. */
export function printWhereabouts(output: Output, whereabouts: ApiWhereabouts): void {
  output.line(whereabouts.sentence)
  output.line('')
  output.table(
    [{ title: 'step' }, { title: 'state' }, { title: 'at' }, { title: 'detail' }],
    whereabouts.steps.map((step) => [step.step, step.state, step.at ?? '', step.detail]),
  )
}
