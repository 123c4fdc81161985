import type { ApiFile } from './api-night-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type FilesOptions = { readonly source?: string; readonly limit: number }

export async function filesList(context: Context, { source, limit }: FilesOptions): Promise<number> {
  const client = await context.client()
  const page = await readPages<ApiFile>(client, '/v1/settlement_files', { source }, limit)
  context.show(page, () => {
    context.output.table(
      [
        { title: 'file' },
        { title: 'source' },
        { title: 'business date' },
        { title: 'status' },
        { title: 'control' },
        { title: 'lines', align: 'right' },
        { title: 'received' },
        { title: 'name' },
      ],
      page.data.map((file) => [
        file.id,
        file.source,
        file.business_date ?? '',
        file.status,
        file.control,
        String(file.lines),
        file.received_at,
        file.name,
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}
