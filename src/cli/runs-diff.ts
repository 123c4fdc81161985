import type { ApiBreak } from './api-night-types.ts'
import type { ApiChanges } from './api-report-types.ts'
import type { ApiPage } from './api-types.ts'
import { money } from './breaks-list.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import type { Output } from './output.ts'

// Enough to see what a night was about; `breaks list --run` has them all.
const EXAMPLES = 5
const SHOWN = ['opened', 'reopened', 'promoted', 'cleared'] as const

/** Breaks by what became of them, code and currency. */
export const showChanges = (output: Output, title: string, changes: ApiChanges['changes']): void =>
  output.table(
    [
      { title },
      { title: 'code' },
      { title: 'class' },
      { title: 'breaks', align: 'right' },
      { title: 'difference', align: 'right' },
    ],
    changes.map(({ change, code, class: isClass, count, amount, currency }) => [
      change,
      code,
      isClass,
      String(count),
      money(amount ?? undefined, currency ?? undefined),
    ]),
  )

/** What a run changed since the one before, and some of the breaks. */
export async function runsDiff(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const { output } = context
  const found = await client.get<ApiChanges>(`/v1/recon_runs/${encodeURIComponent(id)}/changes`)
  if (context.json) {
    output.document(found)
    return EXIT.ok
  }
  if (found.changes.length === 0) output.note('nothing changed, and nothing is open')
  showChanges(output, 'change', found.changes)
  for (const change of SHOWN) {
    if (!found.changes.some((each) => each.change === change)) continue
    const query = { run: id, change, limit: EXAMPLES }
    const { data } = await client.get<ApiPage<ApiBreak>>('/v1/breaks', query)
    output.line('')
    output.line(change)
    for (const each of data) output.line(`  ${each.id}  ${each.explanation}`)
  }
  return EXIT.ok
}
