import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { liveBody, liveItemBody } from '../live-views.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { PageOf } from '../schemas/common.ts'
import { LiveItemSchema, LiveItemsQuery, LiveQuery, LiveSchema } from '../schemas/recon-live.ts'
import type { Services } from '../services.ts'

const tags = ['reconciliation']

export function reconLiveRoutes(app: Api, { live }: Pick<Services, 'live'>): void {
  app.get(
    '/v1/recon_live',
    {
      schema: {
        tags,
        operationId: 'getReconLive',
        summary: 'See how a source stands now, before its night',
        description:
          'What was booked and what the PSP told by webhook is matched as it comes. It books nothing: the nightly run decides by the file, and takes its place.',
        querystring: LiveQuery,
        response: { 200: LiveSchema },
      },
      config: { scope: 'read', refusals: ['invalid_parameter', 'source_not_found'] },
    },
    async ({ query }) => liveBody(await live.summary(query.source)),
  )

  app.get(
    '/v1/recon_live/items',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listReconLiveItems',
        summary: 'List the records of a source that stand in a state, the oldest first',
        querystring: LiveItemsQuery,
        response: { 200: PageOf(LiveItemSchema) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter', 'source_not_found'] },
    },
    async ({ query }) => {
      const page = await live.list(query.source, {
        state: query.state,
        limit: query.limit ?? LIMIT_DEFAULT,
        after: uuidCursor(query.cursor),
      })
      return pageBody(page, liveItemBody, ({ id }) => id)
    },
  )
}
