import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { csvText } from '../platform/csv.ts'
import { inMajorUnits } from './amounts.ts'
import type { ApiBreak } from './api-night-types.ts'
import type { Integer } from './api-types.ts'
import { type BreaksOptions, breaksPage } from './breaks-list.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'

/** Breaks as a table for people who work offline, and their answers back. The columns behind `version` may be edited. */
const COLUMNS = [
  'break',
  'version',
  'assignee',
  'tags',
  'snooze_until',
  'comment',
  'verb',
  'reason',
  'note',
  'as',
  'seller',
  'state',
  'class',
  'code',
  'source',
  'business_date',
  'due_on',
  'ours',
  'theirs',
  'difference',
  'currency',
  'reference',
  'explanation',
] as const
type Column = (typeof COLUMNS)[number]

export async function breaksExport(context: Context, options: BreaksOptions): Promise<number> {
  const page = await breaksPage(context, options)
  if (context.json) context.output.document(page)
  else context.io.stdout.write(`${COLUMNS.join(',')}\n${page.data.map(lineOf).join('')}`)
  if (page.has_more) context.output.note('there are more: raise --limit')
  return EXIT.ok
}

function lineOf(found: ApiBreak): string {
  const { ours, theirs } = found
  const amount = (value: Integer | undefined, currency: string | undefined): string =>
    value === undefined || currency === undefined ? '' : inMajorUnits(value, currency)
  const cells: Partial<Record<Column, string>> = {
    break: found.id,
    version: found.version,
    assignee: csvText(found.assignee ?? ''),
    tags: csvText(found.tags.join(' ')),
    snooze_until: found.snoozed_until ?? '',
    state: found.state,
    class: found.class,
    code: found.code,
    source: csvText(found.source),
    business_date: found.business_date,
    due_on: found.due_on ?? '',
    ours: amount(ours?.amount, ours?.currency),
    theirs: amount(theirs?.amount, theirs?.currency),
    difference: amount(found.difference, found.currency),
    currency: found.currency ?? ours?.currency ?? theirs?.currency ?? '',
    reference: csvText(ours?.reference ?? theirs?.psp_reference ?? theirs?.reference ?? ''),
    explanation: csvText(found.explanation),
  }
  return `${COLUMNS.map((column) => cells[column] ?? '').join(',')}\n`
}

type ApiBulk = {
  readonly dry_run: boolean
  readonly changed: number
  readonly unchanged: number
  readonly refused: number
  readonly data: readonly {
    readonly break: string
    readonly outcome: string
    readonly preview?: { readonly needs_approval: boolean }
    readonly resolution?: { readonly state: string }
    readonly problem?: { readonly detail: string }
  }[]
}

// As many as the API takes at once; more rows than people edit by hand.
const ROWS_AT_ONCE = 200
const ROWS_MAX = 10_000

/** Sends the answers of a table back. A break that was changed since is refused; exit 1 when one was. */
export async function breaksImport(context: Context, file: string, dryRun: boolean): Promise<number> {
  const items = itemsOf(file, await readFile(resolve(context.io.cwd, file), 'utf8').catch(unreadable(file)))
  const client = await context.client()
  const answers: ApiBulk[] = []
  for (let start = 0; start < items.length; start += ROWS_AT_ONCE) {
    const some = items.slice(start, start + ROWS_AT_ONCE)
    answers.push((await client.post<ApiBulk>('/v1/breaks/bulk', { items: some, dry_run: dryRun })).body)
  }
  const sum = (what: 'changed' | 'unchanged' | 'refused'): number => answers.reduce((all, each) => all + each[what], 0)
  const total = { dry_run: dryRun, changed: sum('changed'), unchanged: sum('unchanged'), refused: sum('refused') }
  const data = answers.flatMap((each) => each.data)
  context.show({ ...total, data }, () => {
    context.output.table(
      [{ title: 'break' }, { title: 'outcome' }, { title: 'detail' }],
      data.filter(({ outcome }) => outcome !== 'unchanged').map((each) => [each.break, each.outcome, detailOf(each)]),
    )
    context.output.line(
      `${total.changed} ${dryRun ? 'would change' : 'changed'}, ${total.unchanged} unchanged, ${total.refused} refused`,
    )
  })
  return total.refused === 0 ? EXIT.ok : EXIT.negative
}

function detailOf({ problem, resolution, preview }: ApiBulk['data'][number]): string {
  if (problem !== undefined) return problem.detail
  if (resolution !== undefined) return `resolution ${resolution.state}`
  return preview?.needs_approval === true ? 'a second person would have to agree' : ''
}

const unreadable = (file: string) => (error: unknown) => {
  throw new CliFailure({
    message: `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    next: 'npx tallystick breaks export > breaks.csv',
    cause: error,
  })
}

function itemsOf(file: string, text: string): readonly Record<string, unknown>[] {
  const refuse = (message: string): never => {
    throw new CliFailure({ message: `${file}: ${message}`, next: 'npx tallystick breaks export > breaks.csv' })
  }
  const rows = rowsOf(text, refuse)
  if (rows.length > ROWS_MAX) refuse(`it has ${rows.length} rows, and ${ROWS_MAX} are taken`)
  return rows.map((row, index) => {
    const cell = (column: Column): string | undefined => plain(row[column] ?? '') || undefined
    if (cell('break') === undefined) refuse(`row ${index + 2} has no break`)
    const resolution = {
      verb: cell('verb'),
      reason: cell('reason'),
      note: cell('note'),
      as: cell('as'),
      seller: cell('seller'),
    }
    return {
      break: cell('break'),
      ...given({ version: cell('version'), comment: cell('comment') }),
      ...('assignee' in row && { assignee: cell('assignee') ?? null }),
      ...('snooze_until' in row && { snooze_until: cell('snooze_until') ?? null }),
      ...('tags' in row && { tags: (cell('tags') ?? '').split(/\s+/).filter((tag) => tag !== '') }),
      ...(resolution.verb !== undefined && { resolution: given(resolution) }),
    }
  })
}

const given = (fields: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== undefined))

function rowsOf(text: string, refuse: (message: string) => never): readonly Partial<Record<string, string>>[] {
  let rows: Record<string, string>[]
  try {
    rows = parse(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: false })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
  const [first] = rows
  if (first === undefined) return refuse('it has no rows')
  if (!('break' in first && 'version' in first)) return refuse('it needs the columns "break" and "version"')
  return rows
}

/** Without the apostrophe that keeps a spreadsheet from taking a text for a formula. */
const plain = (cell: string): string => cell.replace(/^'(?=[=+\-@＝＋－＠])/, '').trim()
