import { Type } from 'typebox'
import { CURRENCIES } from '../../money/index.ts'
import type { Api } from '../fastify.ts'
import { closed, PageOf } from '../schemas/common.ts'
import type { Services } from '../services.ts'

const CurrencySchema = Type.Object({
  code: Type.String({ description: 'ISO 4217 code.', examples: ['EUR'] }),
  decimals: Type.Integer({ description: 'Decimals of the minor unit: EUR 2, JPY 0, KWD 3.', examples: [2] }),
})

/** What is the same for everybody (currencies), and finding a thing by any of its names. */
export function referenceRoutes(app: Api, { search }: Services): void {
  app.get(
    '/v1/currencies',
    {
      schema: {
        tags: ['reference'],
        operationId: 'listCurrencies',
        summary: 'List the currencies and their decimals',
        response: { 200: PageOf(CurrencySchema) },
      },
      config: { scope: 'read' },
    },
    async () => ({ data: [...CURRENCIES], has_more: false, next_cursor: null }),
  )

  app.get(
    '/v1/search',
    {
      schema: {
        tags: ['reference'],
        operationId: 'search',
        summary: 'Find what an id or a reference belongs to',
        querystring: Type.Object(
          { q: Type.String({ minLength: 1, maxLength: 255, description: 'The whole id or reference.' }) },
          closed,
        ),
        response: {
          200: Type.Object({
            data: Type.Array(
              Type.Object({
                object: Type.String({ examples: ['payment_order'] }),
                id: Type.String(),
                payment: Type.Optional(Type.String({ description: 'The payment it belongs to.' })),
              }),
            ),
          }),
        },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const hits = await search(query.q)
      return {
        data: hits.map(({ object, id, paymentId }) => ({
          object,
          id,
          ...(paymentId === undefined ? {} : { payment: paymentId }),
        })),
      }
    },
  )
}
