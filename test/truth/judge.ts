import { type Compared, compareFiles } from '../../src/recon/testing.ts'
import { createSeeded } from '../support/seeded.ts'
import { partProblems, waterfallProblems } from './payouts/waterfall.ts'
import type { Planted, Row } from './row.ts'
import type { TruthSet, WrittenSet } from './truth-set.ts'

/** How often a code was planted, found, and both. */
export type Tally = Map<string, { planted: number; found: number; right: number }>

export type Verdict = {
  readonly tally: Tally
  /** In words, what is wrong. Empty when everything was found and nothing else. */
  readonly problems: readonly string[]
  /** Undefined when nothing was matched. */
  readonly compared: Done | undefined
}

export type Done = Extract<Compared, { kind: 'done' }>

/** Writes both files, has them compared, and holds what was found against what was planted. */
export async function judge(set: TruthSet, writing = 0): Promise<Verdict> {
  const { files, given, reference } = render(set, writing)
  const compared = await compareFiles(files, { ...set.settings, given })
  const planted = set.breaks.map((each) => ({ ...each, theirs: each.theirs && reference(each.theirs) }))
  return verdictOf(set, planted, compared)
}

/** The two files. Rows are in another order, and files in another style, for every `writing`. */
export const render = (set: TruthSet, writing: number): WrittenSet =>
  set.write(createSeeded(set.seed * 31 + writing * 7_919 + 1), set)

function verdictOf(set: TruthSet, planted: readonly Planted[], compared: Compared): Verdict {
  const tally: Tally = new Map()
  const of = (code: string) => {
    const counts = tally.get(code) ?? { planted: 0, found: 0, right: 0 }
    tally.set(code, counts)
    return counts
  }
  const missing = new Map<string, number>()
  for (const each of planted) {
    of(each.code).planted += 1
    const text = textOf(each)
    missing.set(text, (missing.get(text) ?? 0) + 1)
  }
  if (compared.kind === 'unsure') {
    const open = Object.entries(compared.mapping.fields).map(([name, { confidence, reason, ours, theirs }]) => `${name} ${ours}/${theirs} ${confidence} (${reason})`)
    return { tally, problems: [`nothing was matched: ${open.join(', ')}`], compared: undefined }
  } // biome-ignore format: one sentence
  const problems: string[] = []
  for (const { code, class: isClass, dueOn, ours, theirs, difference, currency } of compared.items) {
    of(code).found += 1
    const text = textOf({ code, isTemporary: isClass === 'temporary', dueOn, ours: ours?.reference, theirs: theirs?.reference, difference, currency }) // biome-ignore format: one line
    const left = missing.get(text) ?? 0
    if (left === 0) {
      problems.push(`found, and not planted: ${text}`)
      continue
    }
    missing.set(text, left - 1)
    of(code).right += 1
  }
  for (const [text, count] of missing)
    if (count > 0) problems.push(`planted, and not found: ${text}${count > 1 ? ` (${count} times)` : ''}`)
  const more = [...proofProblems(set, compared), ...waterfallProblems(set, compared.summary)]
  return { tally, problems: [...problems, ...more], compared }
}

const textOf = ({ code, isTemporary, dueOn, ours, theirs, difference, currency }: Planted): string =>
  [code, isTemporary ? `due ${dueOn}` : 'real', ours ?? '-', theirs ?? '-', difference ?? '', currency ?? ''].join(' ')

/** The proof has to close, over the sums of what was written and not of what was read. */
export function proofProblems(
  { ours, theirs, matched, worth }: Pick<TruthSet, 'ours' | 'theirs' | 'matched' | 'worth'>,
  { summary }: Done,
): readonly string[] {
  const problems = [...partProblems(summary)]
  const [left, right] = [sumsOf(ours, worth), sumsOf(theirs, worth)]
  for (const currency of new Set([...left.keys(), ...right.keys()])) {
    const line = summary.proof.find((each) => each.currency === currency)
    const [a, b] = [left.get(currency) ?? 0n, right.get(currency) ?? 0n]
    if (line === undefined || line.ours !== a || line.theirs !== b || line.unexplained !== 0n)
      problems.push(`the proof of ${currency} is ${line?.ours} - ${line?.theirs}, ${line?.unexplained} unexplained, and not ${a} - ${b}`) // biome-ignore format: one sentence
  }
  if (summary.pairs !== matched) problems.push(`${summary.pairs} pairs were matched, and not ${matched}`)
  return problems
}

function sumsOf(rows: readonly Row[], worth: TruthSet['worth']): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const row of rows)
    if (row.garbage === undefined && row.isApart !== true)
      sums.set(row.currency, (sums.get(row.currency) ?? 0n) + worth(row))
  return sums
}
