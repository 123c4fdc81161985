import type { Item, Overrides } from '../../src/recon/index.ts'
import { compareFiles, UTC } from '../../src/recon/testing.ts'
import { createSeeded } from '../support/seeded.ts'
import { type Done, judge, proofProblems, render } from './judge.ts'
import type { Row } from './row.ts'
import type { TruthSet } from './truth-set.ts'

/** Ways in which a set is told again: in another order and style, from the other side, in several files, with a change. */
export const WAYS = ['shuffled', 'mirrored', 'split', 'one cent'] as const
export type Way = (typeof WAYS)[number]

/** What has to stay as it is, or has to change, when a set is told in another way. In words, what does not. */
export async function judgeAgain(set: TruthSet, base: Done, way: Way): Promise<readonly string[]> {
  switch (way) {
    case 'shuffled': return (await judge(set, 1)).problems.map((problem) => `in another order and style: ${problem}`)
    case 'mirrored': return await mirrored(set, base)
    case 'split': return await split(set, base)
    case 'one cent': return await withOneCent(set, base)
  } // biome-ignore format: a table
}

/** With both files in each other's place every break is there from the other side. */
async function mirrored(set: TruthSet, base: Done): Promise<readonly string[]> {
  const { files, given } = render(set, 0)
  const swapped = await compareFiles(
    { ours: files.theirs, theirs: files.ours },
    {
      ...set.settings,
      ours: set.settings.theirs ?? UTC,
      theirs: set.settings.ours ?? UTC,
      given: swappedGiven(given),
    },
  )
  if (swapped.kind === 'unsure') return ['with the sides swapped nothing was matched']
  const isReversed = swapped.summary.mapping.specs?.theirs.sign === -1
  const [a, b] = [base.items.map((item) => factOf(item, 1n)), swapped.items.map((item) => mirrorOf(item, isReversed))]
  return differencesOf(a, b).map((text) => `with the sides swapped: ${text}`)
}

/** Each side in some files of a folder: the very same breaks. */
async function split(set: TruthSet, base: Done): Promise<readonly string[]> {
  const random = createSeeded(set.seed + 99)
  const { files, given } = render(set, 0)
  const inParts = (text: string): Readonly<Record<string, string>> => {
    const isTable = !text.startsWith('{')
    const [head, rows] = isTable
      ? [text.slice(0, text.indexOf('\n') + 1), text.slice(text.indexOf('\n') + 1)]
      : ['', text]
    const lines = rows.split('\n').slice(0, -1)
    const cut = random.integer(1, lines.length - 1)
    const parts = [lines.slice(0, cut), lines.slice(cut)]
    return Object.fromEntries(
      parts.map((part, n) => [`part-${n}.${isTable ? 'csv' : 'jsonl'}`, `${head}${part.join('\n')}\n`]),
    )
  }
  const after = await compareFiles(
    { ours: inParts(files.ours), theirs: inParts(files.theirs) },
    { ...set.settings, given },
  )
  if (after.kind === 'unsure') return ['in several files nothing was matched']
  const [a, b] = [base, after].map(({ items }) => items.map((item) => factOf(item, 1n)))
  return [
    ...differencesOf(a ?? [], b ?? []).map((text) => `in several files: ${text}`),
    ...proofProblems(set, after).map((problem) => `in several files: ${problem}`),
  ]
}

/** What was said of one side is said of the other. */
const swappedGiven = ({ key, amount }: Overrides): Overrides => ({
  ...(key === undefined ? {} : { key: swapped(key) }),
  ...(amount === undefined ? {} : { amount: swapped(amount) }),
})

const swapped = ({ ours, theirs }: NonNullable<Overrides['key']>): NonNullable<Overrides['key']> => ({
  ...(theirs === undefined ? {} : { ours: theirs }),
  ...(ours === undefined ? {} : { theirs: ours }),
})

/** A break without what the two sides have of their own: which of them waits for the other. */
function factOf({ code, ours, theirs, difference, currency }: Item, sign: bigint): string {
  const isLone = ours === undefined || theirs === undefined
  const name = isLone && !code.startsWith('duplicate') && code !== 'unparsed_line' ? 'one-sided' : code
  const gap = difference === undefined ? '' : difference * sign
  return [name, ours?.reference ?? '-', theirs?.reference ?? '-', gap, difference === undefined ? '' : currency].join(
    ' ',
  )
}

const TWINS: Readonly<Record<string, Item['code']>> = {
  duplicate_internal: 'duplicate_external',
  duplicate_external: 'duplicate_internal',
}

/** Amounts of a file whose signs are turned take the sign of the file that is now ours. */
const mirrorOf = (item: Item, isReversed: boolean): string =>
  factOf(
    { ...item, code: TWINS[item.code] ?? item.code, ours: item.theirs, theirs: item.ours },
    isReversed && item.code !== 'fee_mismatch' ? 1n : -1n,
  )

/** One row is changed by its least unit: the proof still closes, and something else is said. */
async function withOneCent(set: TruthSet, base: Done): Promise<readonly string[]> {
  const random = createSeeded(set.seed + 77)
  const side = random.pick(['ours', 'theirs'] as const)
  // Beside one that failed a row has no partner any more once their amounts differ.
  const failed = new Set([...set.ours, ...set.theirs].flatMap((row) => (isCompared(row) ? [] : [row.second])))
  const places = set[side].flatMap((row, place) => (isCompared(row) && !failed.has(row.second) ? [place] : []))
  const chosen = random.pick(places)
  const rows = set[side].map((row, place) => (place === chosen ? { ...row, amount: row.amount + 1n } : row))
  const changed = { ...set, [side]: rows }
  // How the files are compared is known by now.
  const after = await compareFiles(render(changed, 0).files, { ...set.settings, saved: base.summary.mapping })
  if (after.kind === 'unsure') return ['with one cent more nothing was matched']
  const text = (done: Done): string =>
    [
      ...done.items.map((item) => `${factOf(item, 1n)} ${item.ours?.amount} ${item.theirs?.amount}`).toSorted(),
      ...[...done.summary.tolerated].map(String),
    ].join('\n')
  const name = `one cent more on ${set[side][chosen]?.reference} of ${side}`
  return [
    ...(text(after) === text(base) ? [`${name} is not seen`] : []),
    ...proofProblems({ ...changed, matched: after.summary.pairs }, after).map((problem) => `${name}: ${problem}`),
  ]
}

/** One that failed has to be the very same in both files to be compared. */
const isCompared = ({ garbage, isApart, status }: Row): boolean =>
  garbage === undefined && isApart !== true && (status === 'paid' || status === 'refunded')

function differencesOf(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const text of before) left.set(text, (left.get(text) ?? 0) + 1)
  for (const text of after) left.set(text, (left.get(text) ?? 0) - 1)
  return [...left].flatMap(([text, count]) => (count === 0 ? [] : [`${text} ${count > 0 ? 'is gone' : 'has come'}`]))
}
