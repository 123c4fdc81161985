import type { ApiSource } from './api-night-types.ts'
import type { ApiPage } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

/** Every source with what came last and what is late; exit 1 when something is late or cannot be reached. */
export async function filesSources(context: Context): Promise<number> {
  const client = await context.client()
  const page = await client.get<ApiPage<ApiSource>>('/v1/settlement_sources')
  context.show(page, () => {
    context.output.table(
      [
        { title: 'source' },
        { title: 'kind' },
        { title: 'last file' },
        { title: 'received' },
        { title: 'last look' },
        { title: 'next expected' },
        { title: 'late since' },
      ],
      page.data.map((source) => [
        source.name,
        source.kind,
        source.last_file === undefined ? '' : `${source.last_file.name} (${source.last_file.status})`,
        source.last_file?.received_at ?? '',
        source.last_look_at ?? '',
        source.next_expected === undefined ? '' : `${source.next_expected.business_date} by ${source.next_expected.by}`,
        source.late_since ?? '',
      ]),
    )
    for (const { name, look_problem: problem } of page.data)
      if (problem !== undefined) context.output.note(`${name}: the last look could not be finished: ${problem}`)
  })
  const isWell = page.data.every(
    ({ late_since, look_problem }) => late_since === undefined && look_problem === undefined,
  )
  return isWell ? EXIT.ok : EXIT.negative
}
