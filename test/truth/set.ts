import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { Row } from './row.ts'
import { shuffled } from './shuffled.ts'
import { agreed, STORIES } from './stories.ts'
import type { TruthSet, WrittenSet } from './truth-set.ts'
import { bothInstant, createWorld, dayInstant, settingsOf, type World } from './world.ts'
import { writeFile } from './write.ts'

type StoryName = keyof typeof STORIES

const NAMES = Object.keys(STORIES) as StoryName[]

/** A set of some so many parts. Three in five agree: of files that have less in common nobody could say how to compare them. */
export function plantSet(seed: number, size: number): TruthSet {
  const random = createSeeded(seed)
  const world = createWorld(random)
  const row = createRows(random, world)
  const edges = [world.first, world.last].map((day) => agreed({ ...row(), at: dayInstant(random, world, day) }))
  const parts = Array.from({ length: size }, () => {
    if (random.chance(0.6)) return agreed(row())
    return STORIES[random.pick(NAMES)]({ random, world, row }) ?? agreed(row())
  })
  const all = [...edges, ...parts]
  return {
    seed,
    settings: settingsOf(world),
    write: (by, rows) => writeSet(by, world, rows),
    worth: ({ amount }) => amount,
    waterfalls: undefined,
    ours: all.flatMap(({ ours }) => ours),
    theirs: all.flatMap(({ theirs }) => theirs),
    breaks: all.flatMap(({ breaks }) => breaks),
    matched: all.reduce((sum, { matched }) => sum + matched, 0),
  }
}

function writeSet(random: Seeded, world: World, { ours, theirs }: Pick<TruthSet, 'ours' | 'theirs'>): WrittenSet {
  const left = writeFile(random, world, 'ours', shuffled(random, ours))
  const right = writeFile(random, world, 'theirs', shuffled(random, theirs))
  // Of two columns of references either may be the first: it is said which one is meant.
  const given = {
    ...(world.has.seconds ? { key: { ours: left.key, theirs: right.key } } : {}),
    ...(right.amount === undefined ? {} : { amount: { theirs: right.amount } }),
  }
  return { files: { ours: left.text, theirs: right.text }, given, reference: right.reference }
}

const FEW = [2_000n, 2_500n, 9_900n]

/** Fresh rows: references follow each other closely, and where amounts are few nothing can be told by them. */
function createRows(random: Seeded, world: World): () => Row {
  let number = random.integer(1_000_000, 9_000_000)
  return () => {
    number += random.integer(1, 3)
    const amount = world.amounts === 'few' ? random.pick(FEW) : BigInt(random.integer(2_000, 900_000))
    return {
      reference: referenceOf(world, number),
      second: `ch_${(number * 48_271).toString(36)}`,
      amount,
      currency: random.pick(world.currencies),
      fee: amount / 40n + 25n,
      at: bothInstant(random, world),
      kind: 'charge',
      status: 'paid',
    }
  }
}

function referenceOf({ references }: World, number: number): string {
  if (references === 'digits') return String(number)
  if (references === 'order') return `ORD-${number}`
  if (references === 'hex')
    return `${((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')}-${number.toString(16)}f`
  return `pay_${number.toString(36)}x${number % 97}`
}
