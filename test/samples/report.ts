import { type Check, holds, type Topic } from './check.ts'
import { reasonOf } from './explained.ts'
import type { Judged } from './judge.ts'
import type { Outcome } from './read-sample.ts'

export type Score = { readonly folder: string; readonly judged: readonly Judged[] }

const COLUMNS = [
  '',
  'files',
  'read',
  'diagnosed',
  'unreadable',
  'crashed',
  'format',
  'controls',
  'values',
  'sums',
  'zeros',
]

const TOPICS: readonly Topic[] = ['format', 'control', 'value', 'sum', 'zero']

/** One row for each folder. `68/70 (+2)`: checks that hold, of all, and those that do not and are explained. */
export function renderScores(scores: readonly Score[]): string {
  const all = { folder: 'all', judged: scores.flatMap(({ judged }) => judged) }
  const rows = [COLUMNS, ...[...scores, all].map(rowOf)]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
    )
    .map((row) => row.join('  '))
    .join('\n')
}

function rowOf({ folder, judged }: Score): string[] {
  const having = (outcome: Outcome): string => String(judged.filter((each) => each.outcome === outcome).length)
  return [
    folder,
    String(judged.length),
    having('read'),
    having('diagnosed'),
    having('unreadable'),
    having('crashed'),
    ...TOPICS.map((topic) => tally(judged, topic)),
  ]
}

function tally(judged: readonly Judged[], topic: Topic): string {
  const checks = judged.flatMap(({ path, checks: list }) =>
    list.filter((each) => each.topic === topic).map((each) => ({ path, each })),
  )
  if (checks.length === 0) return '-'
  const right = checks.filter(({ each }) => holds(each)).length
  const explained = checks.filter(({ path, each }) => !holds(each) && reasonOf(path, each) !== undefined).length
  return `${right}/${checks.length}${explained === 0 ? '' : ` (+${explained})`}`
}

/** A line for each disagreement and each crash. */
export type Disagreement = { readonly text: string; readonly reason: string | undefined }

export const disagreementsOf = ({ folder, judged }: Score): Disagreement[] =>
  judged.flatMap(({ path, sample, checks }) => [
    ...(sample.crash === undefined ? [] : [{ text: `${folder}/${path}: ${sample.crash}`, reason: undefined }]),
    ...checks
      .filter((each) => !holds(each))
      .map((each) => ({ text: `${folder}/${path}: ${wordsOf(each)}`, reason: reasonOf(path, each) })),
  ])

const wordsOf = ({ what, expected, got }: Check): string => `${what}: expected ${expected}, got ${got}`
