import type { ApiPlannedEntry, ApiPreview, ApiResolution } from './api-resolution-types.ts'
import { money } from './breaks-list.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import type { Output } from './output.ts'

export type ResolveOptions = {
  readonly verb: string
  readonly reason: string
  readonly note?: string
  readonly with?: readonly string[]
  readonly as?: string
  readonly seller?: string
  readonly platformFee?: number
  readonly order?: string
  readonly dryRun?: boolean
}

/** Resolves a break, or asks for a second person, or shows what would be booked. */
export async function breaksResolve(context: Context, id: string, options: ResolveOptions): Promise<number> {
  const client = await context.client()
  const { verb, reason, note, as, seller, platformFee, order, dryRun } = options
  const { body } = await client.post<ApiPreview | ApiResolution>(`/v1/breaks/${encodeURIComponent(id)}/resolutions`, {
    verb,
    reason,
    ...(note !== undefined && { note }),
    ...(options.with !== undefined && { with: options.with }),
    ...(as !== undefined && { as }),
    ...(seller !== undefined && { seller }),
    ...(platformFee !== undefined && { platform_fee: platformFee }),
    ...(order !== undefined && { order }),
    ...(dryRun === true && { dry_run: true }),
  })
  showDecision(context, body)
  return EXIT.ok
}

export type UnmatchOptions = Pick<ResolveOptions, 'reason' | 'note' | 'dryRun'> & {
  readonly file: string
  readonly line: number
}

/** Takes a pair of a run apart, or asks for a second person, or shows what would be booked. */
export async function runsUnmatch(context: Context, id: string, options: UnmatchOptions): Promise<number> {
  const client = await context.client()
  const { file, line, reason, note, dryRun } = options
  const { body } = await client.post<ApiPreview | ApiResolution>(`/v1/recon_runs/${encodeURIComponent(id)}/unmatches`, {
    file,
    line,
    reason,
    ...(note !== undefined && { note }),
    ...(dryRun === true && { dry_run: true }),
  })
  showDecision(context, body)
  return EXIT.ok
}

const showDecision = (context: Context, body: ApiPreview | ApiResolution): void =>
  context.show(body, () => {
    printEntry(context.output, body.entry)
    if (body.object === 'resolution') printResolution(context.output, body)
    else context.output.note(body.needs_approval ? 'a second person would have to agree' : 'nothing was booked')
  })

/** Takes a resolution back. */
export async function breaksUndo(context: Context, id: string, reason: string): Promise<number> {
  const client = await context.client()
  const path = `/v1/resolutions/${encodeURIComponent(id)}/undo`
  const { body } = await client.post<ApiResolution>(path, { reason })
  context.show(body, () => printResolution(context.output, body))
  return EXIT.ok
}

function printEntry(output: Output, { postings, releases }: ApiPlannedEntry): void {
  if (postings.length === 0) output.note('nothing has to be booked')
  else
    output.table(
      [{ title: 'account' }, { title: 'debit', align: 'right' }, { title: 'credit', align: 'right' }],
      postings.map(({ account, direction, amount, currency }) => {
        const text = money(amount, currency)
        return direction === 'debit' ? [account, text, ''] : [account, '', text]
      }),
    )
  for (const { seller, order, amount, currency } of releases)
    output.line(`${money(amount, currency)} of ${order} becomes available to ${seller}`)
}

function printResolution(output: Output, resolution: ApiResolution): void {
  const optional = (name: string, value: string | undefined) =>
    value === undefined || value === '' ? [] : [[name, value] as const]
  output.fields([
    ['resolution', resolution.id],
    ['state', resolution.state],
    ['verb', `${resolution.verb} (${resolution.reason})`],
    ['breaks', resolution.breaks.join(' ')],
    ['by', resolution.maker],
    ...optional('note', resolution.note),
    ...optional('approval', resolution.approval),
    ...optional('entry', resolution.journal_entry),
    ...optional('undone', resolution.undone_at && `${resolution.undone_at}: ${resolution.undo_reason ?? ''}`),
    ...optional('reversal', resolution.undo_journal_entry),
  ])
  if (resolution.state === 'proposed')
    output.note(`it waits for a second person: approvals approve ${resolution.approval ?? ''}`)
}
