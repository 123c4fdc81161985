import type { Integer } from './api-types.ts'
import { money } from './breaks-list.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

type ApiAgeing = {
  readonly as_of: string
  readonly data: readonly {
    readonly min_days: number
    readonly max_days?: number
    readonly class: string
    readonly count: number
    readonly snoozed: number
    readonly oldest_on: string
    readonly amounts: readonly { readonly currency: string; readonly amount: Integer }[]
  }[]
}

/** Open breaks by age. */
export async function breaksAgeing(context: Context, { source }: { readonly source?: string }): Promise<number> {
  const found = await (await context.client()).get<ApiAgeing>('/v1/breaks/ageing', { source })
  context.show(found, () =>
    context.output.table(
      [
        { title: 'days' },
        { title: 'class' },
        { title: 'breaks', align: 'right' },
        { title: 'snoozed', align: 'right' },
        { title: 'oldest' },
        { title: 'amounts' },
      ],
      found.data.map((line) => [
        line.max_days === undefined ? `over ${line.min_days - 1}` : `${line.min_days} to ${line.max_days}`,
        line.class,
        String(line.count),
        String(line.snoozed),
        line.oldest_on,
        line.amounts.map(({ amount, currency }) => money(amount, currency)).join(', '),
      ]),
    ),
  )
  return EXIT.ok
}
