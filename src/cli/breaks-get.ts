import type { ApiBreakDetail } from './api-night-types.ts'
import { money } from './breaks-list.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import type { Output } from './output.ts'

export async function breaksGet(context: Context, id: string): Promise<number> {
  const found = await readBreak(context, id)
  context.show(found, () => printBreak(context.output, found))
  return EXIT.ok
}

/** The sentence, both records side by side, and what happened since. */
export async function breaksExplain(context: Context, id: string): Promise<number> {
  const found = await readBreak(context, id)
  context.show(found, () => {
    context.output.line(found.explanation)
    context.output.line('')
    printSides(context.output, found)
    context.output.line('')
    printHistory(context.output, found)
  })
  return EXIT.ok
}

const readBreak = async (context: Context, id: string): Promise<ApiBreakDetail> =>
  (await context.client()).get<ApiBreakDetail>(`/v1/breaks/${encodeURIComponent(id)}`)

function printBreak(output: Output, found: ApiBreakDetail): void {
  const { ours, payout, theirs } = found
  const optional = (name: string, value: string | undefined) =>
    value === undefined || value === '' ? [] : [[name, value] as const]
  output.fields([
    ['break', found.id],
    ['source', found.source],
    ['code', found.code],
    ['class', found.class],
    ['state', found.state],
    ['business date', found.business_date],
    ...optional('due', found.due_on),
    ...optional('promoted', found.promoted_at),
    ...optional('difference', money(found.difference, found.currency)),
    ...optional('ours', ours && `${money(ours.amount, ours.currency)}, ${ours.reference} of ${ours.payment}`),
    ...optional(
      'payout',
      payout &&
        `${money(payout.amount, payout.currency)}, ${payout.psp_reference ?? ''} of ${payout.psp}, ${payout.business_date}`,
    ),
    ...optional(
      'theirs',
      theirs && `${money(theirs.amount, theirs.currency)}, line ${theirs.line} of ${theirs.file_name}`,
    ),
    ...optional('file', found.file),
    ['opened', `${found.opened_at}, by ${found.opened_in_run}`],
    ...optional('cleared', found.cleared_at && `${found.cleared_at}, by ${found.cleared_in_run ?? ''}`),
    ...optional('resolved', found.resolved_at && `${found.resolved_at}, by ${found.resolution ?? ''}`),
    ...optional('proposed', found.proposal),
    ...optional('assignee', found.assignee),
    ...optional('tags', found.tags.join(', ')),
    ...optional('snoozed until', found.snoozed_until),
    ['explanation', found.explanation],
  ])
}

function printSides(output: Output, { ours, theirs, difference, currency, file }: ApiBreakDetail): void {
  const none = '—'
  const rows: [string, string, string][] = [
    ['amount', money(ours?.amount, ours?.currency), money(theirs?.amount, theirs?.currency)],
    ['fee', '', money(theirs?.fee, theirs?.currency)],
    ['at', ours?.occurred_at ?? '', theirs?.occurred_at ?? ''],
    ['our reference', ours?.reference ?? '', theirs?.reference ?? ''],
    ['PSP reference', ours?.psp_reference ?? '', theirs?.psp_reference ?? ''],
    ['status', ours === undefined ? '' : 'captured', theirs?.status ?? ''],
    [
      'record',
      ours?.payment ?? '',
      theirs === undefined ? (file ?? '') : `line ${theirs.line} of ${theirs.file_name} (${theirs.file})`,
    ],
  ]
  output.table(
    [{ title: '' }, { title: 'ours' }, { title: 'theirs' }],
    rows.map(([name, left, right]) => [name, left || none, right || none]),
  )
  if (difference !== undefined) output.line(`difference ${money(difference, currency)}`)
}

function printHistory(output: Output, { events }: ApiBreakDetail): void {
  output.table(
    [{ title: 'at' }, { title: 'what' }, { title: 'run of' }, { title: 'by' }, { title: 'detail' }],
    events.map(({ at, kind, business_date, run, by, detail }) => [
      at,
      kind,
      business_date ?? '',
      run ?? by ?? 'system',
      detail ?? '',
    ]),
  )
}
