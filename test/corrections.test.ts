import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Attempt } from '../src/payments/index.ts'
import { isTransient } from '../src/platform/db.ts'
import { settlementOf } from '../src/reconciliation/index.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { anOrder } from './support/money-path.ts'
import { dyingDb } from './support/mortal.ts'
import { booksOf, dayAt, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { createSeeded, type Seeded } from './support/seeded.ts'
import { type Balance, type FileLine, settlementText } from './support/settlement-text.ts'

/**
 * Files that were wrong, against an oracle: whatever versions came and were withdrawn, and when, the books end as those of a
 * deployment that got the last versions in the first place. What stays is what reconciliation.md says: histories, and what
 * sellers got.
 */

/**
 * A new version of a day, or the withdrawal of its file, before the run of the night or before the transaction of that number
 * of the run. Days count from the first.
 */
type Step = ({ readonly day: number; readonly lines: readonly FileLine[] } | { readonly withdraw: number }) & {
  readonly during?: number
}
/** What happens each night. */
type Script = readonly (readonly Step[])[]
type Balances = (day: number) => ReadonlyMap<string, Balance>

const NOTHING: Balances = () => new Map()

let database: TestDatabase
const charges = new Map<string, { readonly charge: Attempt; readonly day: number; readonly at: Date }>()

beforeAll(async () => {
  database = await createTestDatabase()
  const nights = openNights(database)
  const book = async (
    name: string,
    day: number,
    amount: bigint,
    more: Parameters<typeof sell>[2] = {},
    outcome: Parameters<typeof sell>[3] = 'captured',
    time = '12:00:00',
  ) => {
    const at = new Date(`${dayAt(day)}T${time}Z`)
    const charge = await sell(
      nights,
      at,
      { orders: [anOrder(`seller-${name}`, amount, amount / 10n)], ...more },
      outcome,
    )
    charges.set(name, { charge, day, at })
  }
  await book('single', 0, 10_000n, {
    chargeMode: 'single',
    orders: [anOrder('seller-1', 6_000n, 600n), anOrder('seller-2', 4_000n)],
  })
  await book('b', 0, 2_500n)
  await book('e', 0, 1_000n)
  await book('yen', 0, 5_000n, { currency: 'JPY' })
  await book('dinar', 0, 12_345n, { currency: 'KWD' })
  await book('midnight', 0, 700n, {}, 'captured', '23:55:00')
  await book('h', 1, 1_500n)
  await book('late', 1, 900n, {}, 'late')
  await book('unknown', 1, 1_100n, {}, 'unknown')
  await book('k', 2, 4_200n)
  await nights.close()
}, 60_000)
afterAll(() => database.drop())

const line = (name: string, change: Partial<FileLine> = {}): FileLine => {
  const { charge, at } = charges.get(name) ?? expect.fail(`there is no charge ${name}`)
  return { ...lineOf(charge, at), ...change }
}

/** What a day's file should be. */
const right = (day: number): readonly FileLine[] =>
  [...charges].filter(([name, each]) => each.day === day && name !== 'unknown').map(([name]) => line(name))

const without = (day: number, ...names: readonly string[]): readonly FileLine[] => {
  const gone = new Set(names.map((name) => line(name).reference))
  return right(day).filter(({ reference }) => !gone.has(reference))
}

const other = (kind: string, day: number, amount: bigint, change: Partial<FileLine> = {}): FileLine => ({
  kind,
  currency: 'EUR',
  amount,
  fee: 0n,
  pspReference: `${kind}_${amount}`,
  reference: '',
  status: 'paid',
  at: new Date(`${dayAt(day)}T10:00:00Z`),
  ...change,
})

async function take(nights: Nights, step: Step, current: Map<number, string>, balances: Balances): Promise<void> {
  if ('withdraw' in step) {
    await nights.withdraw(current.get(step.withdraw) ?? expect.fail('there is no file to withdraw'))
    current.delete(step.withdraw)
    return
  }
  const text = settlementText(dayAt(step.day), step.lines, balances(step.day))
  let file = await nights.upload(text)
  if (file.status === 'superseded') {
    // The bytes of an earlier version come back once the last one is withdrawn.
    await nights.withdraw(current.get(step.day) ?? expect.fail('there is no file to withdraw'))
    file = await nights.upload(text)
  }
  expect(file, file.rejection ?? '').toMatchObject({ status: 'accepted' })
  current.set(step.day, file.id)
}

async function play(nights: Nights, script: Script, balances: Balances): Promise<void> {
  const current = new Map<number, string>()
  for (const [night, steps] of script.entries()) {
    nights.endDay(night)
    for (const step of steps) if (step.during === undefined) await take(nights, step, current, balances)
    const isWhole = current.size === night + 1
    const meanwhile = steps.flatMap((step) =>
      step.during === undefined ? [] : [{ at: step.during, what: () => take(nights, step, current, balances) }],
    )
    await nights.night(meanwhile)
    // While a day is without a file, what moved on it is missing on the PSP's side.
    if (isWhole && meanwhile.length === 0) expect(await nights.findings(), `after night ${night}`).toEqual([])
  }
}

async function booksAfter(script: Script, balances: Balances): Promise<Record<string, readonly string[]>> {
  const own = await database.clone()
  const nights = openNights(own)
  try {
    await play(nights, script, balances)
    const runs = await nights.db.query<{ status: string; failure: string | null }>(
      'select status, failure from recon_run',
    )
    expect(runs).toEqual(script.map(() => ({ status: 'completed', failure: null })))
    expect(await nights.findings()).toEqual([])
    return await booksOf(nights)
  } finally {
    await nights.close()
    await own.drop()
  }
}

/** The last version of each day, in the first place. */
const inTheFirstPlace = (script: Script): Script =>
  script.map((_steps, night) => {
    const versions = script.flat().flatMap((step) => ('day' in step && step.day === night ? [step] : []))
    return versions.slice(-1)
  })

async function expectSameBooks(script: Script, balances: Balances = NOTHING): Promise<void> {
  const expected = await booksAfter(inTheFirstPlace(script), balances)
  expect(await booksAfter(script, balances)).toEqual(expected)
}

const file = (day: number, lines: readonly FileLine[] = right(day)): Step => ({ day, lines })

describe('a file that was wrong leaves the books as if the last one had come first', () => {
  const CASES: Record<string, () => Script> = {
    'a line goes away': () => [[file(0)], [file(0, without(0, 'b')), file(1)], [file(2)], [file(3)]],
    'a line comes': () => [[file(0, without(0, 'b'))], [file(1)], [file(0), file(2)], [file(3)]],
    'a line goes that stood in two versions before, at another place': () => [
      [file(0)],
      [file(0, [other('adjustment', 0, 55n), ...without(0, 'e')]), file(1)],
      [file(0, [other('adjustment', 0, 55n), ...without(0, 'e', 'b', 'yen')]), file(2)],
      [file(3)],
    ],
    'a day is withdrawn, its run has been, and another version comes nights later': () => [
      [file(0)],
      [file(1)],
      [{ withdraw: 0 }, file(2)],
      [file(0, without(0, 'single')), file(3)],
      [file(4)],
    ],
    'the same bytes come back after a night without them': () => [
      [file(0)],
      [file(1)],
      [{ withdraw: 0 }, file(2)],
      [file(0), file(3)],
    ],
    'the same bytes come back before any night': () => [
      [file(0)],
      [file(1)],
      [{ withdraw: 0 }, file(0), file(2)],
      [file(3)],
    ],
    'several versions before the next run': () => [
      [file(0)],
      [file(0, []), file(0, without(0, 'b')), file(0, without(0, 'e')), file(1)],
      [file(2)],
      [file(3)],
    ],
    'an empty file becomes a full one': () => [[file(0, [])], [file(0), file(1)], [file(2)], [file(3)]],
    'a full file becomes an empty one': () => [[file(0)], [file(0, []), file(1)], [file(2)], [file(3)]],
    'a fee changes': () => [
      [file(0)],
      [file(0, [line('b', { fee: 999n }), ...without(0, 'b')]), file(1)],
      [file(2)],
      [file(3)],
    ],
    'a wrong fee is put right': () => [
      [file(0, [line('b', { fee: 999n }), ...without(0, 'b')])],
      [file(0), file(1)],
      [file(2)],
      [file(3)],
    ],
    'an amount becomes wrong': () => [
      [file(0)],
      [file(0, [line('b', { amount: 2_400n }), ...without(0, 'b')]), file(1)],
      [file(2)],
      [file(3)],
    ],
    'a wrong amount is put right': () => [
      [file(0, [line('single', { amount: 1n }), ...without(0, 'single')])],
      [file(0), file(1)],
      [file(2)],
      [file(3)],
    ],
    'a line with a wrong amount goes away': () => [
      [file(0, [line('single', { amount: 1n }), ...without(0, 'single')])],
      [file(0, without(0, 'single')), file(1)],
      [file(2)],
      [file(3)],
    ],
    'a wrong currency is put right': () => [
      [file(0, [line('yen', { currency: 'USD' }), ...without(0, 'yen')])],
      [file(1)],
      [file(0), file(2)],
      [file(3)],
    ],
    'a status is put right': () => [
      [file(0, [line('dinar', { status: 'refunded' }), ...without(0, 'dinar')])],
      [file(0), file(1)],
      [file(2)],
      [file(3)],
    ],
    'lines of other kinds come, change and go': () => [
      [file(0, [...right(0), other('refund', 0, -500n), other('fee', 0, -70n), other('dispute', 0, -900n)])],
      [file(0, [...right(0), other('refund', 0, -400n), other('fee', 0, -80n), other('adjustment', 0, 33n)]), file(1)],
      [file(2)],
      [file(3)],
    ],
    'of two equal lines one goes': () => [
      [file(0, [...right(0), other('adjustment', 0, 33n), other('adjustment', 0, 33n)])],
      [file(0, [other('adjustment', 0, 33n), ...right(0)]), file(1)],
      [file(2)],
      [file(3)],
    ],
    'of two equal lines of a charge one goes, and then the other': () => [
      [file(0, [...right(0), line('b')])],
      [file(0), file(1)],
      [file(0, without(0, 'b')), file(2)],
      [file(3)],
    ],
    'the line that settled a charge goes, and its duplicate stays': () => [
      [file(0, [...right(0), line('b', { at: new Date(`${dayAt(0)}T12:00:01Z`) })])],
      [file(0, [...without(0, 'b'), line('b', { at: new Date(`${dayAt(0)}T12:00:01Z`) })]), file(1)],
      [file(2)],
      [file(3)],
    ],
    'both lines of a charge that is settled twice change their fee': () => [
      [file(0, [...right(0), line('b', { at: new Date(`${dayAt(0)}T12:00:01Z`) })])],
      [
        file(0, [
          ...without(0, 'b'),
          line('b', { fee: 1n }),
          line('b', { fee: 2n, at: new Date(`${dayAt(0)}T12:00:01Z`) }),
        ]),
        file(1),
      ],
      [file(2)],
      [file(3)],
    ],
    'a line tells of an unknown outcome only in the second version': () => [
      [file(0)],
      [file(1)],
      [file(1, [...right(1), line('unknown')]), file(2)],
      [file(3)],
    ],
    'the line of a late success goes and comes': () => [
      [file(0)],
      [file(1)],
      [file(1, without(1, 'late')), file(2)],
      [{ withdraw: 1 }, file(1), file(3)],
      [file(4)],
    ],
    'what straddled the cut-off moves from one file to the other': () => [
      [file(0)],
      [file(0, without(0, 'midnight')), file(1, [...right(1), line('midnight')])],
      [file(2)],
      [file(3)],
    ],
    'a stranger just behind the cut-off comes late': () => [
      [file(0)],
      [file(1)],
      [
        file(1, [
          ...right(1),
          other('charge', 1, 77n, { reference: 'stranger', at: new Date(`${dayAt(1)}T00:05:00Z`) }),
        ]),
        file(2),
      ],
    ],
    'what was promoted meanwhile clears': () => [[file(0, [])], [file(1)], [file(2)], [file(0), file(3)]],
  }

  it.each(Object.entries(CASES))('%s', async (_name, script) => {
    await expectSameBooks(script())
  })
})

describe('random versions and withdrawals', () => {
  const seeds = process.env['TALLYSTICK_TEST_SEED']?.split(',').map(Number) ?? [1, 2, 3]

  it.each(seeds)('leave the books as if the last ones had come first (seed %i)', async (seed) => {
    const random = createSeeded(seed)
    await expectSameBooks(randomScript(random), randomBalances(random))
  })
})

const CLEAN_NIGHTS = 2
const WILD_NIGHTS = 3

function randomScript(random: Seeded): Script {
  const tells = random.chance(0.5)
  const version = (day: number): readonly FileLine[] => randomLines(random, day, tells)
  const script: Step[][] = []
  const missing = new Set<number>()
  for (let night = 0; night < WILD_NIGHTS + CLEAN_NIGHTS; night += 1) {
    const steps: Step[] = []
    const isWild = night < WILD_NIGHTS
    const change = (day: number, during?: number): void => {
      const when = during === undefined ? {} : { during }
      if (!missing.has(day) && random.chance(0.3)) {
        steps.push({ withdraw: day, ...when })
        missing.add(day)
      } else {
        steps.push({ ...file(day, version(day)), ...when })
        missing.delete(day)
      }
    }
    if (isWild && night > 0)
      for (let count = random.integer(0, 3); count > 0; count -= 1) change(random.integer(0, night - 1))
    // The day before has to have its file, and in the end every day.
    for (const day of [...missing]) if (day === night - 1 || !isWild) change(day)
    steps.push(file(night, isWild ? version(night) : right(night)))
    // In their order, so that the last one of a day is the last one.
    const moments = isWild ? Array.from({ length: random.integer(0, 2) }, () => random.integer(1, 9)) : []
    for (const at of moments.toSorted((a, b) => a - b)) change(random.integer(0, night), at)
    script.push(steps)
  }
  return tells ? toldAtLast(script) : script
}

/** What a file told of an outcome stays told, so the last version of its day tells it. */
function toldAtLast(script: readonly Step[][]): Script {
  const versions = script.flat().filter((step) => 'day' in step && step.day === 1)
  const told = line('unknown')
  return script.map((steps) =>
    steps.map((step) =>
      step === versions.at(-1) && 'day' in step
        ? { ...step, lines: [...step.lines.filter(({ reference }) => reference !== told.reference), told] }
        : step,
    ),
  )
}

function randomLines(random: Seeded, day: number, tells: boolean): readonly FileLine[] {
  if (random.chance(0.1)) return []
  const lines = [...charges]
    .filter(([name, each]) => each.day === day && name !== 'unknown' && name !== 'midnight')
    .flatMap(([name, { at }]) => {
      const again = { at: new Date(at.getTime() + 1_000) }
      const fee = BigInt(random.integer(0, 500))
      const change = random.weighted({
        none: 8,
        gone: 1,
        fee: 1,
        amount: 1,
        status: 1,
        currency: 1,
        twice: 1,
        twiceWithFee: 1,
        later: 1,
        unnamed: 1,
      })
      return {
        none: [line(name)],
        gone: [],
        fee: [line(name, { fee })],
        amount: [line(name, { amount: BigInt(random.integer(1, 900)) })],
        status: [line(name, { status: 'refunded' })],
        currency: [line(name, { currency: 'USD' })],
        twice: [line(name), line(name, again)],
        twiceWithFee: [line(name, { fee }), line(name, { fee, ...again })],
        later: [line(name, again)],
        unnamed: [line(name, { reference: '' })],
      }[change]
    })
  if (day <= 1 && random.chance(0.5)) lines.push(line('midnight'))
  if (day === 1 && tells && random.chance(0.5)) lines.push(line('unknown'))
  for (let count = random.integer(0, 4); count > 0; count -= 1)
    lines.push(
      other(random.pick(['refund', 'fee', 'adjustment', 'dispute']), day, BigInt(random.pick([-300, -20, 40])), {
        currency: random.pick(['EUR', 'JPY']),
      }),
    )
  return lines
    .map((each) => ({ each, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ each }) => each)
}

function randomBalances(random: Seeded): Balances {
  const closings = new Map<string, bigint>()
  const isZero = random.chance(0.5)
  for (let day = 0; day < WILD_NIGHTS + CLEAN_NIGHTS; day += 1)
    for (const currency of ['EUR', 'JPY', 'KWD'])
      closings.set(`${day} ${currency}`, isZero ? 0n : BigInt(random.integer(0, 20_000)))
  return (day) =>
    new Map(
      ['EUR', 'JPY', 'KWD'].map((currency) => [
        currency,
        { opening: closings.get(`${day - 1} ${currency}`) ?? 0n, closing: closings.get(`${day} ${currency}`) ?? 0n },
      ]),
    )
}

describe('a correction that is killed', () => {
  const manyBefore = Array.from({ length: 1_300 }, (_, n) => other('adjustment', 0, BigInt(n - 700)))
  const manyAfter = Array.from({ length: 2_400 }, (_, n) => other('adjustment', 0, BigInt(n + 1)))
  const script = (): Script => [
    [file(0, [...right(0), ...manyBefore])],
    [file(0, [line('b', { fee: 999n }), ...without(0, 'b', 'e'), ...manyAfter]), file(1)],
    [file(2)],
  ]

  /** Marks how far a correction or a run is: what commits with one of them is done. */
  const MARKS =
    /^reconciliation\.(begin_correction|mark_correction|complete_correction|commit_match|posted|complete_run)$/

  it('before and after every commit goes on where it stood, and books everything once', {
    timeout: 60_000,
  }, async () => {
    const [first = [], second = [], ...rest] = script()
    const expected = await booksAfter(inTheFirstPlace(script()), NOTHING)
    const own = await database.clone()
    const deaths = { isDead: false, lives: 0 }
    const before = openNights(own)
    await play(before, [first], NOTHING)
    const nights = openNights(own, (db) => dyingDb(db, MARKS, deaths))
    try {
      nights.endDay(1)
      for (const step of second) await take(nights, step, new Map(), NOTHING)
      while (await diesTonight(nights)) deaths.isDead = false
      await play(before, [[], [], ...rest], NOTHING)

      // Begun, 1,302 lines undone, 2,401 added, ended; matched, posted, completed: each of these twice.
      expect(deaths.lives).toBe(2 * (1 + 2 + 3 + 1 + 1 + 1 + 1))
      expect(await nights.findings()).toEqual([])
      expect(await booksOf(nights)).toEqual(expected)
    } finally {
      await before.close()
      await nights.close()
      await own.drop()
    }
  })
})

describe('a correction that two nodes carry, because one of them stalled', () => {
  it('is done once', async () => {
    const script: Script = [
      [file(0)],
      [file(0, [...without(0, 'b', 'yen'), other('adjustment', 0, 5n)]), file(1)],
      [file(2)],
    ]
    const expected = await booksAfter(inTheFirstPlace(script), NOTHING)
    const own = await database.clone()
    const both = [openNights(own), openNights(own)]
    try {
      const [one, two] = both
      if (one === undefined || two === undefined) expect.fail()
      await play(one, script.slice(0, 1), NOTHING)
      for (const night of [1, 2]) {
        for (const nights of both) nights.endDay(night)
        for (const step of script[night] ?? []) await take(one, step, new Map(), NOTHING)
        await Promise.all(both.map((nights) => nights.night()))
      }

      expect(await one.findings()).toEqual([])
      expect(await booksOf(one)).toEqual(expected)
    } finally {
      for (const nights of both) await nights.close()
      await own.drop()
    }
  })
})

describe('the way of a charge to the bank', () => {
  it('follows what counts: its line, and the payout behind it', async () => {
    const own = await database.clone()
    const nights = openNights(own)
    const current = new Map<number, string>()
    const nightOf = async (night: number, steps: readonly Step[]) => {
      nights.endDay(night)
      for (const step of steps) await take(nights, step, current, NOTHING)
      await nights.night()
      const settlement = await settlementOf(nights.db, charges.get('b')?.charge.paymentId ?? '')
      return [settlement.settledCharges, settlement.releasedOrders, settlement.paidOutOn, settlement.breaks.length]
    }
    try {
      expect(await nightOf(0, [file(0)])).toEqual([1, 1, undefined, 0])
      expect(await nightOf(1, [file(1)])).toEqual([1, 1, dayAt(1), 0])
      expect(await nightOf(2, [file(2)])).toEqual([1, 1, dayAt(1), 0])
      expect(await nightOf(3, [{ withdraw: 1 }, file(3)])).toEqual([1, 1, dayAt(2), 0])
      expect(await nightOf(4, [file(0, without(0, 'b')), file(1), file(4)])).toEqual([0, 1, undefined, 1])
      expect(await nightOf(5, [{ withdraw: 0 }, file(0), file(5)])).toEqual([1, 1, dayAt(1), 0])
    } finally {
      await nights.close()
      await own.drop()
    }
  })
})

const diesTonight = (nights: Nights): Promise<boolean> =>
  nights.night().then(
    () => false,
    (error: unknown) => {
      if (isTransient(error)) return true
      throw error
    },
  )
