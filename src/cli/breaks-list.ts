import { inMajorUnits } from './amounts.ts'
import type { ApiBreak } from './api-night-types.ts'
import type { ApiPage, Integer } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type BreaksOptions = {
  readonly state?: string
  readonly class?: string
  readonly code?: string
  readonly source?: string
  readonly run?: string
  readonly assignee?: string
  readonly tag?: string
  readonly limit: number
}

/** The breaks that options name. */
export async function breaksPage(context: Context, { limit, ...options }: BreaksOptions): Promise<ApiPage<ApiBreak>> {
  const { state, code, source, run, assignee, tag } = options
  const filter = { state, class: options.class, code, source, run, assignee, tag }
  return readPages<ApiBreak>(await context.client(), '/v1/breaks', filter, limit)
}

export async function breaksList(context: Context, options: BreaksOptions): Promise<number> {
  const page = await breaksPage(context, options)
  context.show(page, () => {
    context.output.table(
      [
        { title: 'break' },
        { title: 'business date' },
        { title: 'source' },
        { title: 'class' },
        { title: 'code' },
        { title: 'state' },
        { title: 'due' },
        { title: 'ours', align: 'right' },
        { title: 'theirs', align: 'right' },
        { title: 'difference', align: 'right' },
        { title: 'reference' },
      ],
      page.data.map((each) => [
        each.id,
        each.business_date,
        each.source,
        each.class,
        each.code,
        each.state,
        each.due_on ?? '',
        money(each.ours?.amount, each.ours?.currency),
        money(each.theirs?.amount, each.theirs?.currency),
        money(each.difference, each.currency),
        each.ours?.reference ?? each.theirs?.psp_reference ?? each.theirs?.reference ?? each.file ?? '',
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}

/** `12.50 EUR`, or nothing where there is none. */
export const money = (amount: Integer | undefined, currency: string | undefined): string =>
  amount === undefined || currency === undefined ? '' : `${inMajorUnits(amount, currency)} ${currency}`
