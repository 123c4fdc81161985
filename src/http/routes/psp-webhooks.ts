import { Type } from 'typebox'
import { Refusal } from '../../platform/errors.ts'
import type { Api } from '../fastify.ts'
import { closed, Text } from '../schemas/common.ts'
import type { Services } from '../services.ts'

// PSPs send single events of a few kilobytes.
const WEBHOOK_MAX_BYTES = 256 * 1024

/**
 * What PSPs send us: no API key but a signature over the very bytes, so the body is read by nobody before the adapter
 * has verified it. It is stored and answered; the work comes afterwards.
 */
export function pspWebhookRoutes(app: Api, { webhooks }: Services): void {
  app.register(async (scope: Api) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
    scope.post(
      '/webhooks/psp/:psp',
      {
        bodyLimit: WEBHOOK_MAX_BYTES,
        schema: {
          tags: ['operations'],
          operationId: 'receivePspWebhook',
          summary: 'Take the webhook of a PSP',
          params: Type.Object({ psp: Text('The PSP account.') }, closed),
          response: { 200: Type.Object({ received: Type.Boolean() }) },
        },
        config: { refusals: ['unauthorized', 'not_found', 'payload_too_large', 'unavailable'] },
      },
      async ({ params, headers, body }) => {
        const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
        const result = await webhooks.receive(params.psp, singleHeaders(headers), bytes)
        if (result === 'unknown_psp') throw new Refusal('not_found', 'There is no PSP account of this name.')
        if (result === 'bad_signature') {
          throw new Refusal('unauthorized', 'The signature of the webhook is missing, wrong or too old.')
        }
        return { received: true }
      },
    )
  })
}

const singleHeaders = (headers: NodeJS.Dict<string | string[]>): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
