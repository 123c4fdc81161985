import { type Static, Type } from 'typebox'
import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../../platform/errors.ts'
import { requireUuid, uuidOf } from '../../platform/ids.ts'
import type { ChangeKind } from '../../reconciliation/index.ts'
import { refuseNoDay } from '../business-day.ts'
import { dryRunBody, ruleSettings } from '../computed-views.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { breakBody, breakDetailBody, runBody } from '../night-views.ts'
import { idParameter, LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, PageOf, refTo, TEXT_MAX } from '../schemas/common.ts'
import { DryRunSchema } from '../schemas/dry-run.ts'
import {
  BreakDetailSchema,
  BreakListQuery,
  BreakSchema,
  NewRunSchema,
  RunListQuery,
  RunSchema,
} from '../schemas/reconciliation.ts'
import type { ReconciliationService, Services } from '../services.ts'

const tags = ['reconciliation']
const RunRef = refTo('ReconRun', RunSchema)
const DryRunRef = refTo('DryRun', DryRunSchema)

export function reconciliationRoutes(app: Api, { reconciliation }: Services, clock: Clock): void {
  newRunRoute(app, reconciliation)
  runRoutes(app, reconciliation)
  breakRoutes(app, reconciliation, clock)
}

function newRunRoute(app: Api, reconciliation: ReconciliationService): void {
  app.post(
    '/v1/recon_runs',
    {
      schema: {
        tags,
        operationId: 'startReconRun',
        summary: 'Ask for the run of a source and a business day',
        description:
          'There is one run for each source and day, so asking again gives the same one. It begins when its file is there and the days before are done. A failed run is tried again. With `dry_run` it is answered at once what a run would say, and nothing is changed: of a day that has its run with what that run read, of the next day with what there is now.',
        body: NewRunSchema,
        response: { 200: DryRunRef, 202: RunRef },
      },
      config: { scope: 'write', refusals: ['source_not_found', 'run_state', 'overloaded'] },
    },
    async ({ body }, reply) => {
      const { source, business_date: businessDate } = body
      refuseNoDay('/business_date', businessDate)
      if (body.dry_run === true)
        return reply.code(200).send(dryRunBody(await reconciliation.dryRun(dryRunOf(source, body))))
      for (const field of ['file', 'settings'] as const) if (body[field] !== undefined) refuseInRun(field)
      const run = await reconciliation.startRun({ source, businessDate })
      reconciliation.hurry()
      return reply.code(202).send(runBody(run))
    },
  )
}

const refuse = (pointer: string, detail: string): never => {
  throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}

const refuseInRun = (field: string): never =>
  refuse(`/${field}`, 'A run takes the file and the settings that count: send `dry_run` with it.')

function dryRunOf(source: string, { business_date: businessDate, file, settings }: Static<typeof NewRunSchema>) {
  const fileId = file === undefined ? undefined : uuidOf('sf', file)
  if (file !== undefined && fileId === undefined) refuse('/file', 'It must be the id of a settlement file (sf_…).')
  return { source, businessDate, fileId, settings: settings && ruleSettings(settings) }
}

function runRoutes(app: Api, reconciliation: ReconciliationService): void {
  app.get(
    '/v1/recon_runs',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listReconRuns',
        summary: 'List reconciliation runs, newest business day first',
        querystring: RunListQuery,
        response: { 200: PageOf(RunRef) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const page = await reconciliation.listRuns({
        source: query.source,
        status: query.status,
        limit: query.limit ?? LIMIT_DEFAULT,
        after: uuidCursor(query.cursor),
      })
      return pageBody(page, runBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/recon_runs/:id',
    {
      schema: {
        tags,
        operationId: 'getReconRun',
        summary: 'Read a reconciliation run and its proof',
        params: paramsOf('Id of the run (`run_…`).'),
        response: { 200: RunRef },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => {
      const run = await reconciliation.getRun(requireUuid('run', params.id))
      if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${params.id}.`)
      return runBody(run)
    },
  )
}

function breakRoutes(app: Api, reconciliation: ReconciliationService, clock: Clock): void {
  app.get(
    '/v1/breaks',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listBreaks',
        summary: 'List breaks, newest first',
        querystring: BreakListQuery,
        response: { 200: PageOf(BreakSchema) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const page = await reconciliation.listBreaks({
        state: query.state,
        class: query.class,
        code: query.code,
        source: query.source,
        assignee: query.assignee,
        tag: query.tag,
        snoozed: query.snoozed && { on: clock.now().toISOString().slice(0, 10), is: query.snoozed === 'true' },
        proposed: query.proposed && query.proposed === 'true',
        runId: idParameter({ name: 'run', prefix: 'run', what: 'a run' }, query.run),
        change: changeOf(query),
        limit: query.limit ?? LIMIT_DEFAULT,
        after: uuidCursor(query.cursor),
      })
      return pageBody(page, breakBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/breaks/:id',
    {
      schema: {
        tags,
        operationId: 'getBreak',
        summary: 'Read a break and what happened to it',
        params: paramsOf('Id of the break (`brk_…`).'),
        response: { 200: BreakDetailSchema },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => {
      const found = await reconciliation.getBreak(requireUuid('brk', params.id))
      if (found === undefined) throw new Refusal('not_found', `There is no break ${params.id}.`)
      return breakDetailBody(found)
    },
  )
}

function changeOf({ run, change }: { readonly run?: string; readonly change?: ChangeKind }): ChangeKind | undefined {
  if (change === undefined || run !== undefined) return change
  const detail = 'Name the `run` whose change it is.'
  throw new Refusal('invalid_parameter', `?change: ${detail}`, { errors: [{ pointer: '?change', detail }] })
}

const paramsOf = (description: string) => Type.Object({ id: Type.String({ maxLength: TEXT_MAX, description }) }, closed)
