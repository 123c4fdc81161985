import type { ApiFileDetail } from './api-night-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { printFile } from './files-get.ts'

/** Takes a whole file back. What its lines caused is undone by the next run of its source. */
export async function filesWithdraw(context: Context, id: string, reason: string): Promise<number> {
  const client = await context.client()
  const path = `/v1/settlement_files/${encodeURIComponent(id)}/withdraw`
  const { body: file } = await client.post<ApiFileDetail>(path, { reason })
  context.show(file, () => printFile(context.output, file))
  return EXIT.ok
}
