import { inMajorUnits } from './amounts.ts'
import type { ApiStatementLine } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type StatementOptions = { readonly from?: string; readonly to?: string; readonly limit: number }

export async function walletsStatement(context: Context, seller: string, options: StatementOptions): Promise<number> {
  const client = await context.client()
  const page = await readPages<ApiStatementLine>(
    client,
    `/v1/wallets/${encodeURIComponent(seller)}/statement`,
    { from: options.from, to: options.to },
    options.limit,
  )
  context.show(page, () => {
    context.output.table(
      [
        { title: 'at' },
        { title: 'what' },
        { title: 'bucket' },
        { title: 'amount', align: 'right' },
        { title: 'currency' },
        { title: 'payment' },
        { title: 'entry' },
      ],
      page.data.map((line) => [
        line.at,
        line.kind,
        line.bucket,
        inMajorUnits(line.amount, line.currency),
        line.currency,
        line.payment ?? '',
        line.entry,
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}
