import { pipeline } from 'node:stream/promises'
import { inMajorUnits } from './amounts.ts'
import type { ApiMatch } from './api-night-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { readPages } from './pages.ts'

export type MatchesOptions = {
  readonly rule?: string
  readonly payment?: string
  readonly tolerated?: boolean
  readonly csv?: boolean
  readonly limit: number
}

/** What a run put together and why; with `--csv` all of it, as the server writes it. */
export async function runsMatches(context: Context, id: string, options: MatchesOptions): Promise<number> {
  const client = await context.client()
  const { rule, payment } = options
  const query = { rule, payment, tolerated: options.tolerated === true ? 'true' : undefined }
  const path = `/v1/recon_runs/${encodeURIComponent(id)}/matches`
  if (options.csv === true) {
    // Our stdout stays open for whoever comes next.
    await pipeline(client.download(`${path}.csv`, query), context.io.stdout, { end: false })
    return EXIT.ok
  }
  const page = await readPages<ApiMatch>(client, path, query, options.limit)
  context.show(page, () => {
    context.output.table(
      [
        { title: page.data.some(({ payment }) => payment !== undefined) ? 'payment' : 'payout' },
        { title: 'rule' },
        { title: 'code' },
        { title: 'ours', align: 'right' },
        { title: 'theirs', align: 'right' },
        { title: 'line', align: 'right' },
        { title: 'explanation' },
      ],
      page.data.map(({ ours, theirs, ...match }) => [
        match.payment ?? match.psp_reference ?? '',
        match.rule,
        match.code ?? '',
        `${inMajorUnits(ours.amount, ours.currency)} ${ours.currency}`,
        `${inMajorUnits(theirs.amount, theirs.currency)} ${theirs.currency}`,
        String(theirs.line),
        match.explanation,
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit, or take all with --csv')
  })
  return EXIT.ok
}
