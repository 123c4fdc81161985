import { Type } from 'typebox'
import type { Api } from '../fastify.ts'
import type { Services } from '../services.ts'

const tags = ['operations']

/** What machines ask: is the process alive, may it get traffic, what does it count. No API key. */
export function healthRoutes(app: Api, { readiness, metrics }: Services): void {
  app.get(
    '/healthz',
    {
      schema: {
        tags,
        operationId: 'getHealth',
        summary: 'Whether the process answers',
        response: { 200: Type.Object({ status: Type.String() }) },
      },
    },
    async () => ({ status: 'ok' }),
  )

  const ReadinessSchema = Type.Object({
    ready: Type.Boolean(),
    detail: Type.Unsafe<Readonly<Record<string, string>>>({ type: 'object', additionalProperties: { type: 'string' } }),
  })
  app.get(
    '/readyz',
    {
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'Whether the server may get traffic',
        description: '503 while it starts, stops or cannot reach its database.',
        response: { 200: ReadinessSchema, 503: ReadinessSchema },
      },
    },
    async (_request, reply) => {
      const { ready, detail } = await readiness.check()
      return reply.code(ready ? 200 : 503).send({ ready, detail })
    },
  )

  app.get(
    '/metrics',
    {
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Metrics in the text format of Prometheus',
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => reply.header('content-type', metrics.contentType).send(await metrics.render()),
  )
}
