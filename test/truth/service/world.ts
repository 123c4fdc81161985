import { dayAt } from '../../support/nights.ts'
import { createSeeded, type Seeded } from '../../support/seeded.ts'
import { payoutsOf, tellBank } from './bank.ts'
import { beginsNight, type Life, type Plan, type Sale, type Story, type Stray } from './plan.ts'
import { STORIES, type Teller } from './stories.ts'

type Frame = Pick<Plan, 'days' | 'late' | 'broken' | 'reissued' | 'noted' | 'hasBank'>

/** A world of five to nine days. One in three has a bank, and PSP's files that come in time. */
export function planWorld(seed: number): Plan {
  const random = createSeeded(seed * 13 + 5)
  const frame = frameOf(random, { hasBank: seed % 3 === 0, isBroken: seed % 3 === 1 })
  const { days, hasBank } = frame
  const stories = tellStories(random, frame)
  const [sales, lines] = [stories.flatMap((story) => story.sales), stories.flatMap((story) => story.lines)]
  const atBank = hasBank ? tellBank(random, payoutsOf(sales, days), days) : { bank: [], lives: [] }
  const { offset, strays, lives } = unexplained(random, frame)
  return {
    ...frame,
    seed,
    sales,
    lines,
    offset,
    strays,
    bank: atBank.bank.filter(({ day }) => day < days),
    lives: [...stories.flatMap((story) => story.lives), ...aboutFiles(frame), ...lives, ...atBank.lives],
  }
}

function frameOf(
  random: Seeded,
  { hasBank, isBroken }: { readonly hasBank: boolean; readonly isBroken: boolean },
): Frame {
  const days = hasBank ? random.integer(7, 9) : random.integer(4, 6)
  const [late, broken, reissued] = [new Map<number, number>(), new Set<number>(), new Map<number, number>()]
  if (hasBank) return { days, late, broken, reissued, noted: new Set(), hasBank }
  if (!isBroken)
    for (let day = 0; day < days - 1; day += 1) if (random.chance(0.15)) late.set(day, random.integer(1, 2))
  if (isBroken) {
    // One that does not add up comes in time, and the right one a night later.
    const day = random.integer(0, days - 2)
    late.set(day, 1)
    broken.add(day)
  }
  for (let day = 0; day < days - 1; day += 1) {
    const before = day + random.integer(1, 2)
    if (before < days && random.chance(0.35) && beginsNight({ late }, before)) reissued.set(day, before)
  }
  const noted = new Set(Array.from({ length: days }, (_, day) => day).filter(() => random.chance(0.2)))
  return { days, late, broken, reissued, noted, hasBank }
}

/** Every file has a sale in it. Those whose payouts are followed to the bank hold nothing else. */
function tellStories(random: Seeded, frame: Frame): readonly Story[] {
  const { days, hasBank, reissued } = frame
  const names = Object.keys(STORIES) as (keyof typeof STORIES)[]
  let [number, strangers] = [0, 0]
  return Array.from({ length: days }, (_, day) => day).flatMap((day) => {
    const sale = (over: Partial<Sale> = {}): Sale => {
      number += 1
      return {
        name: `s${number}`,
        day,
        amount: BigInt(random.integer(2_000, 90_000)),
        currency: hasBank ? 'EUR' : random.pick(['EUR', 'USD', 'JPY']),
        at: Date.parse(`${dayAt(day)}T09:00:00Z`) + random.integer(0, 36_000) * 1_000,
        orders: 1,
        booked: day,
        ...over,
      }
    }
    const teller: Teller = {
      ...{ random, day, last: days - 1, sale, reissued: reissued.get(day) },
      isNextApart: beginsNight(frame, day + 1),
      foreign: () => {
        strangers += 1
        return `ch_foreign_${strangers}`
      },
    }
    const others = Array.from({ length: hasBank ? 1 : random.integer(4, 9) }, () =>
      hasBank ? ('agreed' as const) : random.pick(names),
    )
    return [
      STORIES.agreed(teller),
      ...others.flatMap((name) => (STORIES[name] as (teller: Teller) => Story | undefined)(teller) ?? []),
    ]
  })
}

/** Breaks of whole files and of their rows. */
const aboutFiles = ({ broken, noted, reissued }: Frame): readonly Life[] => [
  ...[...broken].map((day): Life => ({ source: 'simulator', ours: '-', theirs: `file ${day}`, code: 'control_total_mismatch', opened: day, cleared: day })),
  ...[...noted].map((day): Life => ({ source: 'simulator', ours: '-', theirs: `row of ${day}`, code: 'unparsed_line', opened: day, cleared: reissued.get(day) })),
] // biome-ignore format: a list

/** Money that stands on an account, or in a balance, and that nothing explains. */
function unexplained(random: Seeded, frame: Frame): Pick<Plan, 'offset' | 'strays' | 'lives'> {
  const { days, hasBank } = frame
  const [currency, amount] = [hasBank ? 'EUR' : random.pick(['EUR', 'USD', 'JPY']), BigInt(random.integer(1, 5_000))]
  const mismatch = (difference: bigint, opened: number, cleared: number | undefined): Life => ({
    source: hasBank ? 'house-bank' : 'simulator',
    ...{
      ours: '-',
      theirs: '-',
      code: hasBank ? 'bank_mismatch' : 'ledger_mismatch',
      opened,
      difference,
      currency,
      cleared,
    },
  })
  if (!hasBank && random.chance(0.25))
    return { offset: new Map([[currency, amount]]), strays: [], lives: [mismatch(-amount, 0, undefined)] }
  // No bank has a run on a weekend: it stands from a Monday, Tuesday or Wednesday on, for a day or two.
  const from = hasBank ? random.integer(1, 3) : random.integer(0, days - 2)
  const until = from + random.integer(1, hasBank ? 2 : 3)
  const isApart = beginsNight(frame, from) && (until >= days || beginsNight(frame, until))
  if (!isApart || (!hasBank && random.chance(0.2))) return { offset: new Map(), strays: [], lives: [] }
  const stray: Stray = {
    account: hasBank ? 'in_transit' : 'receivable',
    amount,
    currency,
    from,
    until: until < days ? until : undefined,
  }
  return { offset: new Map(), strays: [stray], lives: [mismatch(amount, from, stray.until)] }
}
