import { Type } from 'typebox'
import { requireUuid } from '../../platform/ids.ts'
import { actorOf } from '../actor.ts'
import { refuseNoDay } from '../business-day.ts'
import { ruleSettings } from '../computed-views.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { ruleBody } from '../rule-views.ts'
import { closed, PageOf, refTo, TEXT_MAX } from '../schemas/common.ts'
import { ActivationBody, NewRuleSchema, RuleListQuery, RuleTestBody, RuleVersionSchema } from '../schemas/recon-rule.ts'
import type { Services } from '../services.ts'

const tags = ['reconciliation']
const RuleRef = refTo('ReconRule', RuleVersionSchema)
const params = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the version (`rul_…`).' }) },
  closed,
)
const DAYS_DEFAULT = 7

type Rules = Services['reconciliation']['rules']

/** Rules of sources as versions. */
export function reconRuleRoutes(app: Api, { reconciliation: { rules } }: Services): void {
  readRoutes(app, rules)
  changeRoutes(app, rules)
}

function readRoutes(app: Api, rules: Rules): void {
  app.get(
    '/v1/recon_rules',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listReconRules',
        summary: 'List versions of the rules of sources, newest first',
        querystring: RuleListQuery,
        response: { 200: PageOf(RuleRef) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const { source, limit = LIMIT_DEFAULT, cursor } = query
      return pageBody(await rules.list({ source, limit, after: uuidCursor(cursor) }), ruleBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/recon_rules/:id',
    {
      schema: {
        tags,
        operationId: 'getReconRule',
        summary: 'Read a version of rules, with what its test on history came to',
        params,
        response: { 200: RuleRef },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params: { id } }) => ruleBody(await rules.get(requireUuid('rul', id))),
  )
}

function changeRoutes(app: Api, rules: Rules): void {
  app.post(
    '/v1/recon_rules',
    {
      schema: {
        tags,
        operationId: 'draftReconRule',
        summary: 'Draft a version of the rules of a source',
        description: 'It decides nothing before it is tested on history and activated by a second person.',
        body: NewRuleSchema,
        response: { 201: RuleRef },
      },
      config: { scope: 'write', refusals: ['source_not_found'] },
    },
    async (request, reply) => {
      const { source, settings, reason } = request.body
      const draft = { source, settings: ruleSettings(settings), reason, actor: actorOf(request) }
      return reply.code(201).send(ruleBody(await rules.draft(draft)))
    },
  )

  app.post(
    '/v1/recon_rules/:id/test',
    {
      schema: {
        tags,
        operationId: 'testReconRule',
        summary: 'Try a version of rules on the last days that are done',
        description:
          'Each day is computed again from what its run had read. The answer says how many breaks the rules would have closed, and how many right matches they would have broken. One at a time on a node.',
        params,
        body: RuleTestBody,
        response: { 200: RuleRef },
      },
      config: { scope: 'write', refusals: ['not_found', 'rule_state', 'run_state', 'overloaded'] },
    },
    async ({ params: { id }, body }) =>
      ruleBody(await rules.test({ id: requireUuid('rul', id), days: body.days ?? DAYS_DEFAULT })),
  )

  app.post(
    '/v1/recon_rules/:id/activate',
    {
      schema: {
        tags,
        operationId: 'activateReconRule',
        summary: 'Let a tested version of rules decide from a business day on',
        description:
          'Somebody else than who drafted it: with another key, of another name. Days that have their run keep theirs.',
        params,
        body: ActivationBody,
        response: { 200: RuleRef },
      },
      config: { scope: 'write', refusals: ['not_found', 'rule_state', 'approval_of_own'] },
    },
    async (request) => {
      const { effective_on: effectiveOn } = request.body
      refuseNoDay('/effective_on', effectiveOn)
      const activation = { id: requireUuid('rul', request.params.id), actor: actorOf(request), effectiveOn }
      return ruleBody(await rules.activate(activation))
    },
  )
}
