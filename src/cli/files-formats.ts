import type { ApiFormat } from './api-night-types.ts'
import type { ApiPage } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

export async function filesFormats(context: Context): Promise<number> {
  const client = await context.client()
  const page = await client.get<ApiPage<ApiFormat>>('/v1/settlement_formats')
  context.show(page, () =>
    context.output.table(
      [{ title: 'format' }, { title: 'sources' }, { title: 'what it is' }],
      page.data.map(({ format, sources, title }) => [format, sources.join(', '), title]),
    ),
  )
  return EXIT.ok
}
