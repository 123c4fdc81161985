import { type Static, Type } from 'typebox'
import { publicId } from '../../platform/ids.ts'
import type { Period } from '../../reconciliation/index.ts'
import { actorOf } from '../actor.ts'
import { refuseNoDay } from '../business-day.ts'
import type { Api } from '../fastify.ts'
import { given } from '../night-views.ts'
import { approvalBody } from '../resolution-views.ts'
import { closed, PageOf, TEXT_MAX } from '../schemas/common.ts'
import { ClosePeriodSchema, PeriodSchema, ReopenPeriodSchema } from '../schemas/period.ts'
import { ApprovalSchema } from '../schemas/resolution.ts'
import type { Services } from '../services.ts'

const tags = ['governance']
const params = Type.Object(
  { source: Type.String({ maxLength: TEXT_MAX, description: 'A source that is reconciled.' }) },
  closed,
)

const periodBody = ({ source, closedThrough, events }: Period) => ({
  source,
  object: 'period' as const,
  ...given({ closed_through: closedThrough }),
  events: events.map(({ kind, by, reason, approvalId, at, ...event }) => ({
    kind,
    by,
    reason,
    at: at.toISOString(),
    ...given({
      closed_through: event.closedThrough,
      approval: approvalId === null ? null : publicId('apr', approvalId),
    }),
  })),
})

export function periodRoutes(app: Api, { periods }: Services): void {
  app.get(
    '/v1/periods',
    {
      schema: {
        tags,
        operationId: 'listPeriods',
        summary: 'List how far each source is closed, and how it came to that',
        response: { 200: PageOf(PeriodSchema) },
      },
      config: { scope: 'read' },
    },
    async () => ({ data: (await periods.list()).map(periodBody), has_more: false, next_cursor: null }),
  )

  app.post(
    '/v1/periods/:source/close',
    {
      schema: {
        tags,
        operationId: 'closePeriod',
        summary: 'Close the business days of a source: nothing of them changes any more',
        description:
          'Refused while runs are missing, corrections are due, a resolution waits, or the receivable is not explained.',
        params,
        body: ClosePeriodSchema,
        response: { 200: PeriodSchema },
      },
      config: { scope: 'admin', refusals: ['source_not_found', 'period_state', 'run_in_progress'] },
    },
    async (request): Promise<Static<typeof PeriodSchema>> => {
      const { through, reason } = request.body
      refuseNoDay('/through', through)
      return periodBody(await periods.close({ source: request.params.source, through, reason }, actorOf(request)))
    },
  )

  app.post(
    '/v1/periods/:source/reopen',
    {
      schema: {
        tags,
        operationId: 'reopenPeriod',
        summary: 'Ask a second person to open closed days again',
        description: 'Nothing is open before somebody else approves.',
        params,
        body: ReopenPeriodSchema,
        response: { 202: ApprovalSchema },
      },
      config: { scope: 'admin', refusals: ['source_not_found', 'period_state'] },
    },
    async (request, reply) => {
      const { closed_through: closedThrough, reason } = request.body
      if (closedThrough !== undefined) refuseNoDay('/closed_through', closedThrough)
      const asked = { source: request.params.source, closedThrough: closedThrough ?? null, reason }
      return reply.code(202).send(approvalBody(await periods.reopen(asked, actorOf(request))))
    },
  )
}
