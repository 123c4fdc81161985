import type { ApiVerification } from './api-report-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

/** As long as a run of millions of records takes. */
export const COMPUTE_TIMEOUT_MS = 15 * 60_000

/** Whether a run, computed again from what it had read, is the same byte for byte. Exit 1 when it is not. */
export async function runsVerify(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const path = `/v1/recon_runs/${encodeURIComponent(id)}/verify`
  const { body } = await client.post<ApiVerification>(path, {}, { timeoutMs: COMPUTE_TIMEOUT_MS })
  const { outcome, verdict, report } = body
  context.show(body, () =>
    context.output.fields([
      ['run', body.run],
      ['identical', body.identical ? 'yes, byte for byte' : 'NO'],
      ['outcome', compared(outcome)],
      ...(outcome.differing_rows === 0 ? [] : [['differing rows', String(outcome.differing_rows)] as const]),
      ['verdict', compared(verdict)],
      ['report', `${report.sha256}, ${report.intact ? 'as it was written' : 'NOT as it was written'}`],
    ]),
  )
  return body.identical ? EXIT.ok : EXIT.negative
}

const compared = ({ stored_sha256: stored, computed_sha256: computed }: ApiVerification['verdict']): string =>
  stored === computed ? stored : `stored ${stored}, computed ${computed}`
