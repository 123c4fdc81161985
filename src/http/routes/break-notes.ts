import { type Static, Type } from 'typebox'
import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId, requireUuid } from '../../platform/ids.ts'
import type { BulkItem, BulkOutcome } from '../../reconciliation/index.ts'
import { actorOf } from '../actor.ts'
import { refuseNoDay } from '../business-day.ts'
import type { Api } from '../fastify.ts'
import { idIn, resolutionFieldsOf } from '../new-resolution.ts'
import { breakBody } from '../night-views.ts'
import { problemOf } from '../problem.ts'
import { previewBody, resolutionBody } from '../resolution-views.ts'
import {
  AgeingQuery,
  AgeingSchema,
  BulkBodySchema,
  BulkSchema,
  NoteBodySchema,
  NotedBreakSchema,
} from '../schemas/break-note.ts'
import { closed, TEXT_MAX } from '../schemas/common.ts'
import type { Services } from '../services.ts'

const tags = ['reconciliation']
const params = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the break (`brk_…`).' }) },
  closed,
)

export function breakNoteRoutes(app: Api, services: Services, clock: Clock): void {
  noteRoute(app, services)
  bulkRoute(app, services)
  ageingRoute(app, services, clock)
}

const refuseWrongDay = (pointer: string, day: string | null | undefined): void => {
  if (typeof day === 'string') refuseNoDay(pointer, day)
}

function noteRoute(app: Api, { resolutions, reconciliation }: Services): void {
  app.post(
    '/v1/breaks/:id/notes',
    {
      schema: {
        tags,
        operationId: 'annotateBreak',
        summary: 'Assign, comment, tag or snooze a break',
        description: 'Moves no money and hides nothing: a snoozed break still counts.',
        params,
        body: NoteBodySchema,
        response: { 200: NotedBreakSchema },
      },
      config: { scope: 'write', refusals: ['not_found', 'break_state'] },
    },
    async (request) => {
      const { assignee, comment, add_tags: addTags, remove_tags: removeTags, snooze_until: snoozeUntil } = request.body
      refuseWrongDay('/snooze_until', snoozeUntil)
      const id = requireUuid('brk', request.params.id)
      await resolutions.annotate([id], { assignee, comment, addTags, removeTags, snoozeUntil }, actorOf(request))
      const found = await reconciliation.getBreak(id)
      if (found === undefined) throw new Refusal('not_found', `There is no break ${request.params.id}.`)
      return breakBody(found)
    },
  )
}

function bulkRoute(app: Api, { resolutions }: Services): void {
  app.post(
    '/v1/breaks/bulk',
    {
      schema: {
        tags,
        operationId: 'changeBreaks',
        summary: 'Assign, tag, snooze, comment or resolve up to 200 breaks',
        description: 'Each is dealt with on its own; what is left out of an item stays as it is.',
        body: BulkBodySchema,
        response: { 200: BulkSchema },
      },
      config: { scope: 'write' },
    },
    async (request): Promise<Static<typeof BulkSchema>> => {
      const { items, dry_run: dryRun = false } = request.body
      const asked = items.map(itemOf)
      const outcomes = await resolutions.bulk(asked, dryRun, actorOf(request))
      const count = (outcome: BulkOutcome['outcome']): number =>
        outcomes.filter((each) => each.outcome === outcome).length
      return {
        object: 'bulk',
        dry_run: dryRun,
        changed: count('changed'),
        unchanged: count('unchanged'),
        refused: count('refused'),
        data: outcomes.map((each, index) => outcomeBody(each, asked[index], request.id)),
      }
    },
  )
}

function itemOf(item: Static<typeof BulkBodySchema>['items'][number], index: number): BulkItem {
  const { version, assignee, comment, resolution, snooze_until: snoozeUntil } = item
  refuseWrongDay(`/items/${index}/snooze_until`, snoozeUntil)
  return {
    breakId: idIn(`/items/${index}/break`, 'brk', item.break),
    version,
    assignee,
    tags: item.tags,
    snoozeUntil,
    comment,
    resolution: resolution && resolutionFieldsOf(resolution, `/items/${index}/resolution`),
  }
}

const outcomeBody = (
  { breakId, outcome, version, resolution, preview, refusal }: BulkOutcome,
  asked: BulkItem | undefined,
  requestId: string,
) => ({
  break: publicId('brk', breakId),
  outcome,
  ...(version !== undefined && { version }),
  ...(resolution !== undefined && { resolution: resolutionBody(resolution) }),
  ...(preview !== undefined &&
    asked?.resolution !== undefined && { preview: previewBody(asked.resolution.verb, preview) }),
  ...(refusal !== undefined && { problem: { ...problemOf(refusal, requestId), errors: [...refusal.errors] } }),
})

function ageingRoute(app: Api, { reconciliation }: Services, clock: Clock): void {
  app.get(
    '/v1/breaks/ageing',
    {
      schema: {
        tags,
        operationId: 'getAgeing',
        summary: 'Count the open breaks by age, class and currency',
        querystring: AgeingQuery,
        response: { 200: AgeingSchema },
      },
      config: { scope: 'read' },
    },
    async ({ query }): Promise<Static<typeof AgeingSchema>> => {
      const today = clock.now().toISOString().slice(0, 10)
      const lines = await reconciliation.ageing({ source: query.source, today })
      return {
        object: 'ageing',
        as_of: today,
        data: lines.map(({ minDays, maxDays, oldestOn, count, snoozed, amounts, ...line }) => ({
          min_days: minDays,
          ...(maxDays !== null && { max_days: maxDays }),
          class: line.class,
          count: Number(count),
          snoozed: Number(snoozed),
          oldest_on: oldestOn,
          amounts: [...amounts],
        })),
      }
    },
  )
}
