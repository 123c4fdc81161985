import { formatMinor } from '../money/index.ts'
import { csvText } from '../platform/csv.ts'
import type { Item, Row } from '../recon/index.ts'
import { LABELS } from './recon-words.ts'

const SIDE_COLUMNS = ['row', 'reference', 'amount', 'currency', 'occurred_at'] as const

export const CSV_HEADER = `${[
  'id',
  'code',
  'class',
  'what',
  'due_on',
  'difference',
  'currency',
  ...SIDE_COLUMNS.map((name) => `ours_${name}`),
  ...SIDE_COLUMNS.map((name) => `theirs_${name}`),
  'reasons',
  'ours_file',
  'theirs_file',
].join(',')}\n`

/** One line of the breaks' CSV. Amounts are in major units. */
export function csvLine({
  id,
  code,
  class: isClass,
  dueOn,
  difference,
  currency,
  ours,
  theirs,
  reasons,
}: Item): string {
  const gap = difference === undefined || currency === undefined ? '' : formatMinor(difference, currency)
  const cells = [
    ...[csvText(id), code, isClass, LABELS[code], dueOn ?? '', gap, currency ?? ''],
    ...sideCells(ours),
    ...sideCells(theirs),
    csvText(reasons.join('; ')),
    ...[ours, theirs].map(fileCell),
  ]
  return `${cells.join(',')}\n`
}

/** Where a side has several files: those that its rows stand in. */
function fileCell(row: Row | undefined): string {
  const files = row?.rows?.map(({ file }) => file) ?? [row?.file]
  return csvText([...new Set(files.filter((file) => file !== undefined))].join('; '))
}

function sideCells(row: Row | undefined): readonly string[] {
  if (row === undefined) return SIDE_COLUMNS.map(() => '')
  const { amount, currency } = row
  const money = amount === undefined || currency === undefined ? '' : formatMinor(amount, currency)
  return [
    (row.rows?.map(({ line }) => line) ?? [row.row]).join(' '),
    csvText(row.reference ?? ''),
    money,
    currency ?? '',
    row.occurredAt ?? '',
  ]
}
