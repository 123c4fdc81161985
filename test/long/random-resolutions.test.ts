import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/platform/audit/index.ts'
import { Refusal } from '../../src/platform/errors.ts'
import { DIFFERENCES, unmatch, VERBS } from '../../src/reconciliation/resolutions/index.ts'
import { STANDS } from '../../src/reconciliation/settled.ts'
import { charges, line, NOTHING, other, right, take, useCharges } from '../support/corrections.ts'
import { booksOf, dayAt, type Nights, openNights } from '../support/nights.ts'
import { openResolving, type Resolving } from '../support/resolving.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'
import { type FileLine, settlementText } from '../support/settlement-text.ts'

/**
 * Random decisions of people about random breaks, between nights with new versions of files and withdrawals.
 * `TALLYSTICK_TEST_SEED` repeats a sequence, or several: 1,2,3.
 */

const { clone } = useCharges()
const seeds = process.env['TALLYSTICK_TEST_SEED']?.split(',').map(Number) ?? [1, 2, 3]
const NIGHTS = 4

/** Whatever differs may be matched, so that matches by hand happen. */
const GENEROUS = {
  approveAbove: new Map(),
  tolerance: new Map(['EUR', 'JPY', 'KWD', 'USD'].map((code) => [code, 100_000n])),
}

const done = new Set<string>()

describe('random resolutions', () => {
  it.each(seeds)('leave books that hold, night after night (seed %i)', { timeout: 120_000 }, leaveBooks)

  it.each(seeds)('that are undone leave no trace in the books (seed %i)', { timeout: 120_000 }, async (seed) => {
    const random = createSeeded(seed)
    await withNights(async (nights, people) => {
      const current = new Map<number, string>()
      for (let night = 0; night < NIGHTS; night += 1) {
        nights.endDay(night)
        await take(nights, { day: night, lines: night < 3 ? linesOf(random, night) : [] }, current, NOTHING)
        await nights.night()
        const before = await booksOf(nights)
        for (let count = random.integer(3, 10); count > 0; count -= 1) await decideSomething(random, people)
        await people.undoAll()
        expect(await booksOf(nights), `on day ${night}`).toEqual(before)
        expect(await nights.findings(), `on day ${night}`).toEqual([])
      }
    })
  })

  it('were of every kind', { timeout: 300_000 }, async () => {
    // Which breaks there are hangs on ids that no seed gives, so that a rare kind may need more sequences than the others.
    for (let seed = MORE; missing().length > 0 && seed < MORE + 40; seed += 1) await leaveBooks(seed)
    expect(missing()).toEqual([])
  })
})

const MORE = 1_000
const KINDS = ['book_difference', 'correct', 'mark_duplicate', 'match', 'psp_corrected', 'unmatch', 'write_off']
const missing = (): readonly string[] => KINDS.filter((kind) => !done.has(kind))

async function leaveBooks(seed: number): Promise<void> {
  const random = createSeeded(seed)
  await withNights(async (nights, people) => {
    const current = new Map<number, string>()
    for (let night = 0; night < NIGHTS; night += 1) {
      nights.endDay(night)
      for (let day = 0; day < night; day += 1) if (random.chance(0.3)) await change(random, nights, day, current)
      await take(nights, { day: night, lines: night < 3 ? linesOf(random, night) : [] }, current, NOTHING)
      await nights.night()
      expect(await nights.findings(), `after night ${night} of seed ${seed}`).toEqual([])
      for (let count = random.integer(0, 8); count > 0; count -= 1) await decideSomething(random, people)
      expect(await nights.findings(), `after the decisions of day ${night} of seed ${seed}`).toEqual([])
    }
    const { findings } = await nights.books.ledger.verify()
    expect(findings).toEqual([])
    expect((await verifyAudit(nights.db)).findings).toEqual([])
  })
}

async function withNights(work: (nights: Nights, people: Resolving) => Promise<void>): Promise<void> {
  const database = await clone()
  const nights = openNights(database)
  try {
    await work(nights, await openResolving(nights, GENEROUS))
  } finally {
    await nights.close()
    await database.drop()
  }
}

async function change(random: Seeded, nights: Nights, day: number, current: Map<number, string>): Promise<void> {
  const lines = linesOf(random, day)
  const text = settlementText(dayAt(day), lines)
  const file = await nights.upload(text)
  if (file.status === 'accepted') current.set(day, file.id)
}

function linesOf(random: Seeded, day: number): readonly FileLine[] {
  const lines = [...charges]
    .filter(([name, each]) => each.day === day && name !== 'unknown')
    .flatMap(([name, { at }]) => {
      const what = random.weighted({
        right: 4,
        gone: 2,
        amount: 2,
        fee: 1,
        status: 1,
        currency: 1,
        twice: 1,
        foreign: 2,
      })
      return {
        right: [line(name)],
        gone: [],
        amount: [line(name, { amount: BigInt(random.integer(1, 900)) })],
        fee: [line(name, { fee: BigInt(random.integer(0, 500)) })],
        status: [line(name, { status: 'refunded', amount: 0n, fee: 0n })],
        currency: [line(name, { currency: 'USD' })],
        twice: [line(name), line(name, { at: new Date(at.getTime() + 1_000) })],
        foreign: [line(name, { reference: `foreign_${name}`, pspReference: `foreign_${name}` })],
      }[what]
    })
  for (let count = random.integer(0, 4); count > 0; count -= 1)
    lines.push(
      other(random.pick(['refund', 'adjustment']), day, BigInt(random.pick([-300, -20, 40])), {
        pspReference: `x_${random.integer(1, 1e9)}`,
      }),
    )
  return lines.length === 0 ? right(day).slice(0, 1) : lines
}

/** Whatever comes to somebody's mind: most of it is refused, and then nothing changes. */
async function decideSomething(random: Seeded, people: Resolving): Promise<void> {
  if (random.chance(0.2)) return takeSomethingApart(random, people)
  const open = await people.breaks()
  if (open.length === 0) return
  const lone = open.filter(({ attempt_id, line: place }) => (attempt_id === null) !== (place === null))
  const byHand = lone.some(({ attempt_id }) => attempt_id === null) && random.chance(0.4)
  const verb = byHand ? random.pick(['match', 'psp_corrected'] as const) : random.pick(VERBS)
  const one = random.pick(byHand ? lone : open)
  const others = open.filter(({ id }) => id !== one.id)
  const group =
    ['match', 'psp_corrected', 'book_difference', 'mark_duplicate'].includes(verb) && (byHand || random.chance(0.6))
  const request = {
    breakId: one.id,
    verb,
    with: group && others.length > 0 ? Array.from({ length: random.integer(1, 2) }, () => random.pick(others).id) : [],
    ...(verb === 'book_difference' && { as: random.pick(DIFFERENCES) }),
    ...(verb === 'create_missing_record' && { seller: random.pick(['seller-b', 'seller-new']), platformFee: 1n }),
  }
  try {
    const { resolution } = await people.ask(request)
    done.add(verb)
    if (resolution.approvalId !== null && random.chance(0.8))
      await people.decide({ id: resolution.approvalId, decision: random.chance(0.8) ? 'approved' : 'rejected' })
    if (random.chance(0.3)) await people.undo(resolution.id)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

/** A pair of a run, and sometimes together again. */
async function takeSomethingApart(random: Seeded, { deps, ann, decide, undo }: Resolving): Promise<void> {
  const pairs = await deps.db.query<{ runId: string; fileId: string; line: number }>(
    `select run_id as "runId", file_id as "fileId", line from settled_charge s where ${STANDS} order by attempt_id`,
  )
  if (pairs.length === 0) return
  const request = { ...random.pick(pairs), reason: 'wrong_pair' as const }
  try {
    const { resolution } = await deps.db.transaction((tx) => unmatch(tx, deps, request, ann))
    done.add('unmatch')
    if (resolution.approvalId !== null) await decide({ id: resolution.approvalId, decision: 'approved' })
    if (random.chance(0.3)) await undo(resolution.id)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
