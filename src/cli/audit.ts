import type { ApiAuditRow, ApiAuditVerification } from './api-resolution-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

/** The whole log is read again. */
const TIMEOUT_MS = 15 * 60_000

export type AuditOptions = {
  readonly subject?: string
  readonly actor?: string
  readonly action?: string
  readonly limit: number
}

export async function auditList(context: Context, { limit, subject, actor, action }: AuditOptions): Promise<number> {
  const page = await readPages<ApiAuditRow>(await context.client(), '/v1/audit_log', { subject, actor, action }, limit)
  context.show(page, () => {
    context.output.table(
      ['seq', 'at', 'actor', 'action', 'subject', 'detail'].map((title) => ({ title })),
      page.data.map((row) => [String(row.seq), row.at, row.actor, row.action, row.subject, JSON.stringify(row.detail)]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}

/** Recomputes the chain of the log; a log with a finding is not verified. */
export async function auditVerify(context: Context): Promise<number> {
  const client = await context.client()
  const result = await client.get<ApiAuditVerification>('/v1/audit_log/verification', {}, { timeoutMs: TIMEOUT_MS })
  context.show(result, () => {
    context.output.fields([
      ['state', result.ok ? 'ok' : 'broken'],
      ['rows', String(result.rows)],
      ['last hash', result.head],
    ])
    for (const { seq, detail } of result.findings) context.output.line(`row ${seq}: ${detail}`)
  })
  return result.ok ? EXIT.ok : EXIT.negative
}
