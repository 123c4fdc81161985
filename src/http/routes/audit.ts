import { cursorOf, positionCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { auditBody, auditVerificationBody } from '../resolution-views.ts'
import { PageOf } from '../schemas/common.ts'
import { AuditListQuery, AuditRowSchema, AuditVerificationSchema } from '../schemas/resolution.ts'
import type { Services } from '../services.ts'

const tags = ['governance']

export function auditRoutes(app: Api, { resolutions }: Services): void {
  app.get(
    '/v1/audit_log',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listAuditLog',
        summary: 'List what people did, newest first',
        querystring: AuditListQuery,
        response: { 200: PageOf(AuditRowSchema) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const { subject, actor, action, limit, cursor } = query
      const before = positionCursor(cursor)
      const filter = { object: subject, actor, action, limit: limit ?? LIMIT_DEFAULT, before }
      const { data, hasMore } = await resolutions.auditLog(filter)
      const last = data.at(-1)
      return {
        data: data.map(auditBody),
        has_more: hasMore,
        next_cursor: hasMore && last !== undefined ? cursorOf(last.seq.toString()) : null,
      }
    },
  )

  app.get(
    '/v1/audit_log/verification',
    {
      schema: {
        tags,
        operationId: 'verifyAuditLog',
        summary: 'Recompute the chain of the audit log',
        response: { 200: AuditVerificationSchema },
      },
      config: { scope: 'read' },
    },
    async () => auditVerificationBody(await resolutions.verifyAudit()),
  )
}
