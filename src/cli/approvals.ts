import type { ApiApproval } from './api-resolution-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type ApprovalsOptions = { readonly state?: string; readonly kind?: string; readonly limit: number }

export async function approvalsList(context: Context, { state, kind, limit }: ApprovalsOptions): Promise<number> {
  const page = await readPages<ApiApproval>(await context.client(), '/v1/approvals', { state, kind }, limit)
  context.show(page, () => {
    context.output.table(
      ['approval', 'kind', 'subject', 'state', 'asked by', 'at', 'decided by', 'note'].map((title) => ({ title })),
      page.data.map((each) => [
        each.id,
        each.kind,
        each.subject,
        each.state,
        each.maker,
        each.requested_at,
        each.checker ?? '',
        each.note ?? '',
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}

/** Says yes or no to what somebody else asked for. */
export async function approvalsDecide(
  context: Context,
  id: string,
  answer: 'approve' | 'reject',
  note: string | undefined,
): Promise<number> {
  const path = `/v1/approvals/${encodeURIComponent(id)}/${answer}`
  const { body } = await (await context.client()).post<ApiApproval>(path, note === undefined ? {} : { note })
  context.show(body, () => {
    context.output.fields([
      ['approval', body.id],
      ['about', `${body.kind} ${body.subject}`],
      ['state', body.state],
      ['asked by', body.maker],
      ['decided by', body.checker ?? ''],
    ])
  })
  return EXIT.ok
}
