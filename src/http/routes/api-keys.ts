import { Type } from 'typebox'
import { type ApiKeys, SCOPES, type Scope } from '../../platform/auth/index.ts'
import { Refusal } from '../../platform/errors.ts'
import { requireUuid } from '../../platform/ids.ts'
import { actorOf } from '../actor.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, Instant, OneOf, PageOf, pageParameters, TEXT_MAX, Text } from '../schemas/common.ts'
import { apiKeyBody } from '../views.ts'

const tags = ['API keys']
const ScopeSchema = OneOf(SCOPES, '`write` includes `read`, `admin` includes both.')

const apiKeyFields = {
  id: Type.String({ examples: ['key_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
  name: Type.String(),
  prefix: Type.String({ description: 'The first characters of the key.' }),
  scopes: Type.Array(ScopeSchema),
  mode: OneOf(['test', 'live'], 'The mode of the deployment.'),
  created_at: Instant('When it was made.'),
  revoked_at: Type.Optional(Instant('When it was revoked.')),
  last_used_at: Type.Optional(Instant('When it was last used, to the day.')),
}
const ApiKeySchema = Type.Object(apiKeyFields)

const NewApiKeySchema = Type.Object(
  {
    name: Text('What the key is for.'),
    scopes: Type.Unsafe<Scope[]>({
      type: 'array',
      items: ScopeSchema,
      minItems: 1,
      maxItems: SCOPES.length,
      uniqueItems: true,
      description: 'What the key may do.',
    }),
  },
  closed,
)

export function apiKeyRoutes(app: Api, auth: ApiKeys): void {
  app.post(
    '/v1/api_keys',
    {
      schema: {
        tags,
        operationId: 'createApiKey',
        summary: 'Make an API key',
        description: 'The answer is the only time that the key is shown.',
        body: NewApiKeySchema,
        response: { 201: Type.Object({ ...apiKeyFields, key: Type.String({ description: 'The key. Shown once.' }) }) },
      },
      config: { scope: 'admin' },
    },
    async (request, reply) => {
      const { key, apiKey } = await auth.create(request.body, actorOf(request))
      return reply.code(201).send({ ...apiKeyBody(apiKey), key })
    },
  )

  app.get(
    '/v1/api_keys',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listApiKeys',
        summary: 'List API keys, newest first',
        querystring: Type.Object(pageParameters, closed),
        response: { 200: PageOf(ApiKeySchema) },
      },
      config: { scope: 'admin', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const after = uuidCursor(query.cursor)
      const page = await auth.list({ limit: query.limit ?? LIMIT_DEFAULT, ...(after !== undefined && { after }) })
      return pageBody(page, apiKeyBody, ({ id }) => id)
    },
  )

  app.delete(
    '/v1/api_keys/:id',
    {
      schema: {
        tags,
        operationId: 'revokeApiKey',
        summary: 'Revoke an API key',
        description: 'At once on the node that answers, within two seconds on others. The key stays in the list.',
        params: Type.Object(
          { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the key (`key_…`).' }) },
          closed,
        ),
        response: { 200: ApiKeySchema },
      },
      config: { scope: 'admin', refusals: ['not_found'] },
    },
    async (request) => {
      const { id } = request.params
      const apiKey = await auth.revoke(requireUuid('key', id), actorOf(request))
      if (apiKey === undefined) throw new Refusal('not_found', `There is no API key ${id}.`)
      return apiKeyBody(apiKey)
    },
  )
}
