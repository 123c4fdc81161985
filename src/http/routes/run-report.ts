import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { publicId, requireUuid } from '../../platform/ids.ts'
import { changeBodies, verificationBody } from '../computed-views.ts'
import type { Api } from '../fastify.ts'
import { given } from '../night-views.ts'
import { closed, TEXT_MAX } from '../schemas/common.ts'
import { RunVerificationSchema } from '../schemas/dry-run.ts'
import { ChangesSchema, ReportText } from '../schemas/run-report.ts'
import type { Services } from '../services.ts'

const tags = ['reconciliation']
const params = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the run (`run_…`).' }) },
  closed,
)

/** What a completed run says of its day. */
export function runReportRoutes(app: Api, { reconciliation }: Services): void {
  app.get(
    '/v1/recon_runs/:id/report',
    {
      schema: {
        tags,
        operationId: 'getReconRunReport',
        summary: 'Read the report of a day, byte for byte as it was written when its run completed',
        description: 'The `ETag` is the SHA-256 of the bytes.',
        params,
      },
      config: { scope: 'read', refusals: ['not_found', 'run_state'], documented: { response: ReportText } },
    },
    async ({ params: { id } }, reply) => {
      const { sha256, bytes } = await reconciliation.report(requireUuid('run', id))
      // Without a length: when the bytes turn out not to be those that were stored, the answer breaks off visibly.
      return reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('etag', `"${sha256.toString('hex')}"`)
        .send(Readable.from(bytes, { objectMode: false }))
    },
  )

  app.get(
    '/v1/recon_runs/:id/changes',
    {
      schema: {
        tags,
        operationId: 'getReconRunChanges',
        summary: 'What a run changed since the run before: breaks by what became of them, code and currency',
        params,
        response: { 200: ChangesSchema },
      },
      config: { scope: 'read', refusals: ['not_found', 'run_state'] },
    },
    async ({ params: { id } }) => {
      const { previousRunId, changes } = await reconciliation.changes(requireUuid('run', id))
      return {
        object: 'recon_run_changes' as const,
        run: id,
        changes: changeBodies(changes),
        ...given({ previous_run: previousRunId === undefined ? null : publicId('run', previousRunId) }),
      }
    },
  )
  app.post(
    '/v1/recon_runs/:id/verify',
    {
      schema: {
        tags,
        operationId: 'verifyReconRun',
        summary: 'Compute a completed run again from the same inputs, and say whether it is the same byte for byte',
        description: 'Changes nothing. One run at a time is computed on a node.',
        params,
        response: { 200: RunVerificationSchema },
      },
      config: { scope: 'read', refusals: ['not_found', 'run_state', 'overloaded'] },
    },
    async ({ params: { id } }) => {
      const uuid = requireUuid('run', id)
      return verificationBody(uuid, await reconciliation.verify(uuid))
    },
  )
}
