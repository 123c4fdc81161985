import type { ApiRun } from './api-night-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'
import { countText } from './runs-get.ts'

export type RunsOptions = { readonly source?: string; readonly status?: string; readonly limit: number }

export async function runsList(context: Context, { source, status, limit }: RunsOptions): Promise<number> {
  const client = await context.client()
  const page = await readPages<ApiRun>(client, '/v1/recon_runs', { source, status }, limit)
  context.show(page, () => {
    context.output.table(
      [
        { title: 'run' },
        { title: 'source' },
        { title: 'business date' },
        { title: 'status' },
        { title: 'ours', align: 'right' },
        { title: 'theirs', align: 'right' },
        { title: 'matched', align: 'right' },
        { title: 'breaks', align: 'right' },
        { title: 'completed' },
      ],
      page.data.map((run) => [
        run.id,
        run.source,
        run.business_date,
        run.status,
        ...[run.ours, run.theirs, run.matched, run.breaks].map(countText),
        run.completed_at ?? '',
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}
