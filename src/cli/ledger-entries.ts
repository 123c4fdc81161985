import type { ApiEntry } from './api-types.ts'
import type { Context } from './context.ts'
import { printEntries } from './entries-view.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type EntriesOptions = { readonly payment: string; readonly limit: number }

export async function ledgerEntries(context: Context, options: EntriesOptions): Promise<number> {
  const client = await context.client()
  const page = await readPages<ApiEntry>(client, '/v1/ledger/entries', { payment: options.payment }, options.limit)
  context.show(page, () => {
    if (page.data.length === 0) context.output.note(`no journal entry belongs to ${options.payment}`)
    else printEntries(context.output, page.data)
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}
