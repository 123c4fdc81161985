import { createSeeded, type Seeded } from '../../support/seeded.ts'
import type { Row } from '../row.ts'
import { shuffled } from '../shuffled.ts'
import type { TruthSet, WrittenSet } from '../truth-set.ts'
import { asPart, PAYOUT_STORIES, type PayoutPart } from './stories.ts'
import { createTeller, type Teller, worthOf } from './teller.ts'
import { createPayoutWorld, type PayoutWorld, payoutSettings } from './world.ts'
import { writeBank, writeReport } from './write.ts'

/** So many payouts arrived on the first or the last day: they say which days the files are about. */
const SURE = 4

/** A set of so many payouts, of which three in five arrived as they are. */
export function plantPayouts(seed: number, size: number): TruthSet {
  const random = createSeeded(seed)
  const world = createPayoutWorld(random)
  const parts = planted(createTeller(random, world), size)
  const all = parts.map((part) => asPart(world, part))
  return {
    seed,
    settings: payoutSettings(world),
    write: (by, rows) => writeBoth(by, world, rows),
    worth: (row) => worthOf(row),
    waterfalls: parts.flatMap(({ waterfalls }) => waterfalls),
    ours: all.flatMap(({ ours }) => ours),
    theirs: all.flatMap(({ theirs }) => theirs),
    breaks: all.flatMap(({ breaks }) => breaks),
    matched: all.reduce((sum, { matched }) => sum + matched, 0),
  }
}

function planted(teller: Teller, size: number): readonly PayoutPart[] {
  const { random, world } = teller
  const names = Object.keys(PAYOUT_STORIES) as (keyof typeof PAYOUT_STORIES)[]
  const parts: PayoutPart[] = []
  for (let count = 0; count < SURE; count += 1)
    parts.push(arrivedOn(teller, count % 2 === 0 ? world.first : world.last))
  while (parts.length < size) {
    const told = random.chance(0.55) ? undefined : PAYOUT_STORIES[random.pick(names)](teller)
    if (told !== undefined && isReport([...parts, told])) parts.push(told)
    else parts.push(PAYOUT_STORIES.paid(teller))
  }
  return parts
}

function arrivedOn(teller: Teller, day: string): PayoutPart {
  const at = Date.parse(`${day}T00:00:00Z`)
  const part = PAYOUT_STORIES.paid({ ...teller, payout: (over) => teller.payout({ ...over, day }) })
  return { ...part, bank: part.bank.map((line) => ({ ...line, at })) }
}

/** Whether payouts have two rows or more, and lines name one each, but for some: else it is no report beside a bank's lines. */
function isReport(parts: readonly PayoutPart[]): boolean {
  const [report, bank] = [parts.flatMap((part) => part.report), parts.flatMap((part) => part.bank)]
  const idsOf = (rows: readonly Row[]): readonly string[] => rows.flatMap(({ payout }) => payout || [])
  const named = idsOf(bank)
  const paid = new Set(
    report.flatMap(({ payout, currency }) => (payout && named.includes(payout) ? `${payout} ${currency}` : [])),
  )
  return idsOf(report).length >= new Set(idsOf(report)).size * 2 && named.length <= 1 + paid.size * 1.2
}

function writeBoth(
  random: Seeded,
  world: PayoutWorld,
  { ours, theirs }: Pick<TruthSet, 'ours' | 'theirs'>,
): WrittenSet {
  const write = (rows: readonly Row[], side: 'ours' | 'theirs'): string =>
    (side === world.report ? writeReport : writeBank)(random, world, shuffled(random, rows))
  return {
    files: { ours: write(ours, 'ours'), theirs: write(theirs, 'theirs') },
    given: {},
    reference: (text) => text,
  }
}
