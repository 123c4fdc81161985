import { Type } from 'typebox'
import { publicId, requireUuid } from '../../platform/ids.ts'
import type { PayoutWaterfall } from '../../reconciliation/index.ts'
import type { Api } from '../fastify.ts'
import { given, idOf } from '../night-views.ts'
import { closed, TEXT_MAX } from '../schemas/common.ts'
import { PayoutWaterfallSchema } from '../schemas/payout-waterfall.ts'
import type { Services } from '../services.ts'

/** From the sales of a day to what the PSP paid out. */
export function payoutWaterfallRoutes(app: Api, { reconciliation }: Services): void {
  app.get(
    '/v1/recon_runs/:id/payout_waterfall',
    {
      schema: {
        tags: ['reconciliation'],
        operationId: 'getPayoutWaterfall',
        summary: 'Read what led from the sales of a day to the payout: charges, refunds, disputes, fees, the rest',
        params: Type.Object(
          { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the run (`run_…`).' }) },
          closed,
        ),
        response: { 200: PayoutWaterfallSchema },
      },
      config: { scope: 'read', refusals: ['not_found', 'run_state'] },
    },
    async ({ params: { id } }) => waterfallBody(await reconciliation.payoutWaterfall(requireUuid('run', id))),
  )
}

const waterfallBody = ({ run, fileId, statements, payouts }: PayoutWaterfall) => ({
  object: 'payout_waterfall' as const,
  run: publicId('run', run.id),
  source: run.source,
  business_date: run.businessDate,
  file: publicId('sf', fileId),
  statements: statements.map(({ account, currency, opening, closing, steps, settled, paidOut, unexplained }) => ({
    account,
    currency,
    steps: steps.map(({ lines, ...step }) => ({ ...step, lines: Number(lines) })),
    settled,
    paid_out: paidOut,
    ...given({ opening, closing, unexplained }),
  })),
  payouts: payouts.map(({ pspReference, line, amount, currency, bank, arrivedOn, arrived, breakId }) => ({
    line,
    amount,
    currency,
    ...given({
      psp_reference: pspReference,
      bank:
        bank === null || arrivedOn === null || arrived === null
          ? null
          : { source: bank, on: arrivedOn, amount: arrived },
      break: idOf('brk', breakId),
    }),
  })),
})
