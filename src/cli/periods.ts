import type { ApiApproval } from './api-resolution-types.ts'
import type { ApiPage } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

type ApiPeriod = {
  readonly source: string
  readonly closed_through?: string
  readonly events: readonly {
    readonly kind: string
    readonly closed_through?: string
    readonly by: string
    readonly reason: string
    readonly at: string
  }[]
}

export async function periodsList(context: Context): Promise<number> {
  const page = await (await context.client()).get<ApiPage<ApiPeriod>>('/v1/periods')
  context.show(page, () => {
    const rows = page.data.flatMap(({ source, events }) =>
      events.map(({ at, kind, closed_through, by, reason }) => [source, at, kind, closed_through ?? '', by, reason]),
    )
    context.output.fields(
      page.data.map(({ source, closed_through }) => [source, `closed through ${closed_through ?? 'no day'}`]),
    )
    if (rows.length > 0)
      context.output.table(
        ['source', 'at', 'what', 'closed through', 'by', 'reason'].map((title) => ({ title })),
        rows,
      )
  })
  return EXIT.ok
}

export type PeriodOptions = { readonly through?: string; readonly closedThrough?: string; readonly reason: string }

export async function periodsClose(
  context: Context,
  source: string,
  { through, reason }: PeriodOptions,
): Promise<number> {
  const path = `/v1/periods/${encodeURIComponent(source)}/close`
  const { body } = await (await context.client()).post<ApiPeriod>(path, { through, reason })
  context.show(body, () => context.output.line(`${body.source} is closed through ${body.closed_through ?? 'no day'}.`))
  return EXIT.ok
}

/** Asks a second person. */
export async function periodsReopen(
  context: Context,
  source: string,
  { closedThrough, reason }: PeriodOptions,
): Promise<number> {
  const path = `/v1/periods/${encodeURIComponent(source)}/reopen`
  const { body } = await (await context.client()).post<ApiApproval>(path, {
    ...(closedThrough !== undefined && { closed_through: closedThrough }),
    reason,
  })
  context.show(body, () => context.output.line(`It waits for a second person: approvals approve ${body.id}`))
  return EXIT.ok
}
