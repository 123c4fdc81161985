import { describe, it } from 'vitest'
import {
  type Balances,
  charges,
  expectSameBooks,
  file,
  joined,
  line,
  other,
  right,
  type Script,
  type Step,
  useCharges,
} from '../support/corrections.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import type { FileLine } from '../support/settlement-text.ts'

/**
 * Random versions of three days, and withdrawals, before the nights and amid them, in currencies of two, none and three
 * decimals. `TALLYSTICK_TEST_SEED` repeats a sequence, or several: 1,2,3.
 */

useCharges()

describe('random versions and withdrawals', () => {
  const seeds = process.env['TALLYSTICK_TEST_SEED']?.split(',').map(Number) ?? [1, 2]

  it.each(seeds)('leave the books as if the last ones had come first (seed %i)', { timeout: 60_000 }, async (seed) => {
    const random = createSeeded(seed)
    await expectSameBooks(randomScript(random), randomBalances(random))
  })
})

const CLEAN_NIGHTS = 1
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
  const inOneLine = day === 0 && random.chance(0.4) ? ['b', 'e'] : []
  const lines = [...charges]
    .filter(([name, each]) => each.day === day && !['unknown', 'midnight', ...inOneLine].includes(name))
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
  if (inOneLine.length > 0) lines.push(joined(inOneLine, randomJoined(random)))
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

function randomJoined(random: Seeded): Partial<FileLine> {
  const change = random.weighted({ none: 4, fee: 1, amount: 1, currency: 1 })
  return {
    none: {},
    fee: { fee: BigInt(random.integer(0, 500)) },
    amount: { amount: BigInt(random.integer(1, 900)) },
    currency: { currency: 'JPY' },
  }[change]
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
