import { inMajorUnits } from './amounts.ts'
import type { ApiLive, ApiLiveItem } from './api-night-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type LiveOptions = { readonly source: string; readonly state?: string; readonly limit: number }

const STATES = ['matched', 'waiting_for_psp', 'waiting_for_us', 'differing'] as const

/** How a source stands now, or the records that stand in one state. Exit 1 when something differs. */
export async function runsLive(context: Context, { source, state, limit }: LiveOptions): Promise<number> {
  const client = await context.client()
  if (state !== undefined) {
    const page = await readPages<ApiLiveItem>(client, '/v1/recon_live/items', { source, state }, limit)
    context.show(page, () => {
      context.output.table(
        [
          { title: 'charge' },
          { title: 'ours', align: 'right' },
          { title: 'theirs', align: 'right' },
          { title: 'code' },
          { title: 'due' },
        ],
        page.data.map(({ ours, theirs, code, due_on }) => [
          ours?.attempt ?? theirs?.reference ?? theirs?.psp_reference ?? '',
          moneyOf(ours),
          moneyOf(theirs),
          code ?? '',
          due_on ?? '',
        ]),
      )
      if (page.has_more) context.output.note('there are more: raise --limit')
    })
    return EXIT.ok
  }
  const live = await client.get<ApiLive>(`/v1/recon_live?source=${encodeURIComponent(source)}`)
  context.show(live, () => printLive(context, live))
  return live.differing.items === 0 ? EXIT.ok : EXIT.negative
}

const moneyOf = (side: ApiLiveItem['ours']): string =>
  side === undefined ? '' : `${inMajorUnits(side.amount, side.currency)} ${side.currency}`

function printLive({ output }: Context, live: ApiLive): void {
  output.fields([
    ['source', live.source],
    ['settled through', live.settled_through ?? 'no day yet'],
    [
      'not taken in yet',
      `${live.behind.ledger_batches} batches of the ledger, ${live.behind.webhooks} webhooks, ${live.behind.settlement_files} files`,
    ],
  ])
  if (!live.following) output.note('it is not followed: start the server with --live-matching on')
  output.line('')
  const rows = STATES.flatMap((state) =>
    live[state].sums.map(({ code, currency, items, amount }) => [
      state,
      code ?? '',
      String(items),
      `${inMajorUnits(amount, currency)} ${currency}`,
      live[state].oldest_at ?? '',
    ]),
  )
  if (rows.length === 0) return output.line('nothing was booked or told since')
  output.table(
    [
      { title: 'state' },
      { title: 'code' },
      { title: 'records', align: 'right' },
      { title: 'amount', align: 'right' },
      { title: 'oldest' },
    ],
    rows,
  )
}
