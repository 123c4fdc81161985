import type { TestDatabase } from '../../support/cloned-database.ts'
import { createSeeded } from '../../support/seeded.ts'
import type { Tally } from '../judge.ts'
import { addTally, type Done } from '../work.ts'
import { judgeLives, readLives, type Seen, textOf } from './lives.ts'
import { type Plan, type PlannedLine, until } from './plan.ts'
import { play } from './play.ts'
import { planWorld } from './world.ts'

/** Plays worlds through the service, each in a database of its own; once more when asked: in another order, or with one cent changed. */
export async function playWorlds(
  { seeds, again }: { readonly seeds: readonly number[]; readonly again: boolean },
  create: () => Promise<TestDatabase>,
  tell: () => void,
): Promise<Done> {
  const tally: Tally = new Map()
  const problems: { readonly seed: number; readonly size: 'world'; readonly problem: string }[] = []
  let rows = 0
  for (const seed of seeds) {
    const plan = planWorld(seed)
    rows += plan.sales.length + plan.lines.length + plan.bank.length
    const seen = await playOnce(plan, create, 0)
    const verdict = judgeLives(plan, seen)
    addTally(tally, verdict.tally)
    const playedAgain = !again
      ? []
      : seed % 2 === 0
        ? await inAnotherOrder(plan, create)
        : await withOneCent(plan, seen, create)
    problems.push(
      ...[...verdict.problems, ...playedAgain].map((problem) => ({ seed, size: 'world' as const, problem })),
    )
    tell()
  }
  return { sets: seeds.length, rows, again: again ? seeds.length : 0, tally, problems }
}

async function playOnce(plan: Plan, create: () => Promise<TestDatabase>, order: number): Promise<Seen> {
  const database = await create()
  try {
    return await play(plan, database, order, (played) => readLives(plan, played))
  } finally {
    await database.drop()
  }
}

const inAnotherOrder = async (plan: Plan, create: () => Promise<TestDatabase>): Promise<readonly string[]> =>
  judgeLives(plan, await playOnce(plan, create, 1)).problems.map((problem) => `in another order: ${problem}`)

/** One line says a cent more than it did: the proofs still close, and something else is said. */
async function withOneCent(plan: Plan, before: Seen, create: () => Promise<TestDatabase>): Promise<readonly string[]> {
  const random = createSeeded(plan.seed + 77)
  const chosen = random.pick(plan.lines.filter(isCompared(plan)))
  const amount = (chosen.change.amount ?? plan.sales.find(({ name }) => name === chosen.of[0])?.amount ?? 0n) + 1n
  const lines = plan.lines.map((line) => (line === chosen ? { ...line, change: { ...line.change, amount } } : line))
  const after = await playOnce({ ...plan, lines }, create, 0)
  const text = ({ lives }: Seen): string => lives.map(textOf).toSorted().join('\n')
  const name = `one cent more on the line of ${chosen.of[0]} of day ${chosen.day}`
  return [
    ...(text(after) === text(before) ? [`${name} is not seen`] : []),
    ...after.problems.map((problem) => `${name}: ${problem}`),
  ]
}

/** A line of one sale that is in the file in the end. */
const isCompared =
  ({ lives, days }: Plan) =>
  ({ of, version, change }: PlannedLine): boolean => {
    const touched = lives
      .flatMap((life) => until(life, days - 1) ?? [])
      .some((life) => life.ours === of[0] || life.theirs === of[0])
    return of.length === 1 && version === 'both' && change.amount === undefined && !touched
  }
