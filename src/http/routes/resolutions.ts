import { Type } from 'typebox'
import { Refusal } from '../../platform/errors.ts'
import { requireUuid } from '../../platform/ids.ts'
import type { Resolutions } from '../../reconciliation/index.ts'
import { actorOf } from '../actor.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { idIn, newResolutionOf } from '../new-resolution.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { previewBody, resolutionBody } from '../resolution-views.ts'
import { closed, PageOf, refTo, TEXT_MAX } from '../schemas/common.ts'
import {
  NewResolutionSchema,
  NewUnmatchSchema,
  PreviewSchema,
  ResolutionListQuery,
  ResolutionSchema,
  UndoSchema,
} from '../schemas/resolution.ts'
import type { Services } from '../services.ts'

const tags = ['reconciliation']
const ResolutionRef = refTo('Resolution', ResolutionSchema)
const paramsOf = (description: string) => Type.Object({ id: Type.String({ maxLength: TEXT_MAX, description }) }, closed)

export function resolutionRoutes(app: Api, { resolutions }: Services): void {
  newResolutionRoute(app, resolutions)
  unmatchRoute(app, resolutions)
  readRoutes(app, resolutions)
  undoRoute(app, resolutions)
}

function newResolutionRoute(app: Api, resolutions: Resolutions): void {
  app.post(
    '/v1/breaks/:id/resolutions',
    {
      schema: {
        tags,
        operationId: 'resolveBreak',
        summary: 'Resolve a break, or ask for a second person to agree',
        description:
          'Books the entry that `dry_run` shows, and the break is resolved. Where a second person is needed, nothing is booked until one approves. Asked again by the same key with the same body, it answers the same resolution.',
        params: paramsOf('Id of the break (`brk_…`).'),
        body: NewResolutionSchema,
        response: { 200: PreviewSchema, 201: ResolutionRef },
      },
      config: {
        scope: 'write',
        refusals: ['not_found', 'break_state', 'break_not_resolvable', 'run_in_progress', 'period_closed'],
      },
    },
    async (request, reply) => {
      const { dry_run: dryRun = false, ...body } = request.body
      const asked = newResolutionOf(request.params.id, body)
      if (dryRun)
        return reply.code(200).send(previewBody(asked.verb, await resolutions.preview(asked, actorOf(request))))
      const { resolution, replayed } = await resolutions.propose(asked, actorOf(request))
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(201).send(resolutionBody(resolution))
    },
  )
}

function unmatchRoute(app: Api, resolutions: Resolutions): void {
  app.post(
    '/v1/recon_runs/:id/unmatches',
    {
      schema: {
        tags,
        operationId: 'unmatchPair',
        summary: 'Take a pair of a run apart, or ask for a second person to agree',
        description:
          'The charge, or at a bank all payouts that are in the line, and the line are open again, each in a break of its own, and what the run had booked for the line is taken back. The run and its outcome stay as they are. No run puts the line of a PSP into a pair again, or these payouts into the line of a bank, until the resolution that this answers is undone. Asked again by the same key with the same body, it answers the same resolution.',
        params: paramsOf('Id of the run (`run_…`).'),
        body: NewUnmatchSchema,
        response: { 200: PreviewSchema, 201: ResolutionRef },
      },
      config: {
        scope: 'write',
        refusals: ['not_found', 'run_state', 'break_state', 'break_not_resolvable', 'run_in_progress', 'period_closed'],
      },
    },
    async (request, reply) => {
      const { dry_run: dryRun = false, file, line, reason, note } = request.body
      const asked = {
        runId: requireUuid('run', request.params.id),
        fileId: idIn('/file', 'sf', file),
        line,
        reason,
        ...(note !== undefined && { note }),
      }
      if (dryRun)
        return reply.code(200).send(previewBody('unmatch', await resolutions.previewUnmatch(asked, actorOf(request))))
      const { resolution, replayed } = await resolutions.unmatch(asked, actorOf(request))
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(201).send(resolutionBody(resolution))
    },
  )
}

function readRoutes(app: Api, resolutions: Resolutions): void {
  app.get(
    '/v1/resolutions',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listResolutions',
        summary: 'List what people decided about breaks, newest first',
        querystring: ResolutionListQuery,
        response: { 200: PageOf(ResolutionRef) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const { state, source, limit, cursor } = query
      const page = await resolutions.list({ state, source, limit: limit ?? LIMIT_DEFAULT, after: uuidCursor(cursor) })
      return pageBody(page, resolutionBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/resolutions/:id',
    {
      schema: {
        tags,
        operationId: 'getResolution',
        summary: 'Read a resolution',
        params: paramsOf('Id of the resolution (`res_…`).'),
        response: { 200: ResolutionRef },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => {
      const found = await resolutions.get(requireUuid('res', params.id))
      if (found === undefined) throw new Refusal('not_found', `There is no resolution ${params.id}.`)
      return resolutionBody(found)
    },
  )
}

function undoRoute(app: Api, resolutions: Resolutions): void {
  app.post(
    '/v1/resolutions/:id/undo',
    {
      schema: {
        tags,
        operationId: 'undoResolution',
        summary: 'Take a resolution back',
        description:
          'Its entry gets its reversal and its breaks are open again. What sellers got of their orders stays theirs.',
        params: paramsOf('Id of the resolution (`res_…`).'),
        body: UndoSchema,
        response: { 200: ResolutionRef },
      },
      config: { scope: 'write', refusals: ['not_found', 'resolution_state', 'run_in_progress', 'period_closed'] },
    },
    async (request) => {
      const id = requireUuid('res', request.params.id)
      return resolutionBody(await resolutions.undo({ id, reason: request.body.reason }, actorOf(request)))
    },
  )
}
