import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Refusal } from '../../platform/errors.ts'
import { requireUuid } from '../../platform/ids.ts'
import type { Approval, Decision, Resolutions } from '../../reconciliation/index.ts'
import { actorOf } from '../actor.ts'
import { scopeMissing } from '../authenticate.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { approvalBody } from '../resolution-views.ts'
import { closed, PageOf, TEXT_MAX } from '../schemas/common.ts'
import { ApprovalListQuery, ApprovalSchema, ApproveSchema, RejectSchema } from '../schemas/resolution.ts'
import type { Services } from '../services.ts'

const tags = ['governance']
const params = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the approval (`apr_…`).' }) },
  closed,
)

export function approvalRoutes(app: Api, { resolutions }: Services): void {
  readRoutes(app, resolutions)
  decisionRoutes(app, resolutions)
}

function readRoutes(app: Api, resolutions: Resolutions): void {
  app.get(
    '/v1/approvals',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listApprovals',
        summary: 'List what waits for a second person, and what was decided, newest first',
        querystring: ApprovalListQuery,
        response: { 200: PageOf(ApprovalSchema) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const { state, kind, limit, cursor } = query
      const filter = { state, kind, limit: limit ?? LIMIT_DEFAULT, after: uuidCursor(cursor) }
      return pageBody(await resolutions.listApprovals(filter), approvalBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/approvals/:id',
    {
      schema: {
        tags,
        operationId: 'getApproval',
        summary: 'Read an approval',
        params,
        response: { 200: ApprovalSchema },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params: { id } }) => {
      const found = await resolutions.getApproval(requireUuid('apr', id))
      if (found === undefined) throw new Refusal('not_found', `There is no approval ${id}.`)
      return approvalBody(found)
    },
  )
}

function decisionRoutes(app: Api, resolutions: Resolutions): void {
  app.post(
    '/v1/approvals/:id/approve',
    {
      schema: {
        tags,
        operationId: 'approve',
        summary: 'Agree to what somebody else asked for: it is done',
        description:
          'Refused for whoever asked, by key and by name. When what it is about has changed meanwhile, the request lapses.',
        params,
        body: ApproveSchema,
        response: { 200: ApprovalSchema },
      },
      config: {
        scope: 'write',
        refusals: [
          'not_found',
          'approval_state',
          'approval_of_own',
          'run_in_progress',
          'period_closed',
          'period_state',
        ],
      },
    },
    async (request): Promise<Static<typeof ApprovalSchema>> => {
      const decision = { decision: 'approved', note: request.body.note } as const
      return approvalBody(await decide(resolutions, request, decision))
    },
  )

  app.post(
    '/v1/approvals/:id/reject',
    {
      schema: {
        tags,
        operationId: 'reject',
        summary: 'Say no to what somebody else asked for',
        params,
        body: RejectSchema,
        response: { 200: ApprovalSchema },
      },
      config: { scope: 'write', refusals: ['not_found', 'approval_state', 'approval_of_own', 'run_in_progress'] },
    },
    async (request): Promise<Static<typeof ApprovalSchema>> => {
      const decision = { decision: 'rejected', note: request.body.note } as const
      return approvalBody(await decide(resolutions, request, decision))
    },
  )
}

type Request = Pick<FastifyRequest, 'principal' | 'id'> & { readonly params: Static<typeof params> }

/** A reopening is decided with the scope that asking for it takes. */
async function decide(resolutions: Resolutions, request: Request, decision: Omit<Decision, 'id'>): Promise<Approval> {
  const id = requireUuid('apr', request.params.id)
  const approval = await resolutions.getApproval(id)
  const missing =
    approval?.kind === 'period_reopening' && request.principal !== undefined
      ? scopeMissing(request.principal, 'admin')
      : undefined
  if (missing !== undefined) throw missing
  return resolutions.decide({ id, ...decision }, actorOf(request))
}
