import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../src/platform/audit/index.ts'
import { unmatch } from '../src/reconciliation/resolutions/index.ts'
import { previewUnmatch } from '../src/reconciliation/resolutions/propose.ts'
import { charges, line, NOTHING, right, take, useCharges } from './support/corrections.ts'
import type { TestDatabase } from './support/database.ts'
import { booksOf, dayAt, type Nights, openNights } from './support/nights.ts'
import { openResolving, type Resolving } from './support/resolving.ts'
import type { FileLine } from './support/settlement-text.ts'

/** People take pairs apart that runs made. */

const { clone } = useCharges()
let database: TestDatabase
let nights: Nights
let people: Resolving
const current = new Map<number, string>()

beforeEach(async () => {
  current.clear()
  database = await clone()
  nights = openNights(database)
  people = await openResolving(nights, { approveAbove: new Map([['EUR', 5_000n]]), tolerance: new Map() })
})
afterEach(async () => {
  await nights.close()
  await database.drop()
})

async function day(n: number, lines: readonly FileLine[] = right(n)): Promise<void> {
  nights.endDay(n)
  await take(nights, { day: n, lines }, current, NOTHING)
  await nights.night()
  expect(await nights.findings(), `after day ${n}`).toEqual([])
}

const chargeOf = (name: string): string => charges.get(name)?.charge.id ?? expect.fail(`there is no charge ${name}`)

/** Where a charge is settled, as somebody who reads the matches of its run names it. */
async function pairOf(name: string) {
  const [row] = await nights.db.query<{ runId: string; fileId: string; line: number }>(
    `select run_id as "runId", file_id as "fileId", line from settled_charge where attempt_id = $1 order by revision desc limit 1`,
    [chargeOf(name)],
  )
  return { ...(row ?? expect.fail(`${name} is in no pair`)), reason: 'wrong_pair' as const }
}

const ask = async (name: string, actor = people.ann) => {
  const request = await pairOf(name)
  return nights.db.transaction((tx) => unmatch(tx, people.deps, request, actor))
}

const openOf = async (name: string): Promise<readonly string[]> =>
  (await people.breaks())
    .filter(
      (each) => each.attempt_id === chargeOf(name) || (each.line !== null && each.theirs_amount === amountOf(name)),
    )
    .map(({ code }) => code)
    .toSorted()
const amountOf = (name: string): bigint => charges.get(name)?.charge.amount ?? 0n

describe('a pair of a run', () => {
  it('is taken apart: both are open, the proof of later runs closes, and no run pairs them again', async () => {
    await day(0)
    const before = await booksOf(nights)
    const request = await pairOf('e')
    const preview = await nights.db.transaction((tx) => previewUnmatch(tx, people.deps, request, people.ann))
    expect(await booksOf(nights)).toEqual(before)

    const { resolution } = await ask('e')

    expect(resolution).toMatchObject({ verb: 'unmatch', state: 'applied', entry: preview.entry })
    const amounts = new Map(preview.entry.postings.map(({ account, amount }) => [account, BigInt(amount)]))
    const fee = line('e').fee
    expect([amounts.get('expense:psp_fee'), amounts.get('suspense:simulator')]).toEqual([-fee, fee - amountOf('e')])
    expect(await openOf('e')).toEqual(['awaiting_settlement', 'missing_internal'])
    expect(await nights.findings()).toEqual([])
    await day(1)
    expect(await openOf('e')).toEqual(['missing_external', 'missing_internal'])
    const [run] = (await nights.reconciliation.listRuns({ limit: 1 })).data
    expect(await nights.reconciliation.verify(run?.id ?? '')).toMatchObject({ identical: true })
    expect(await nights.reconciliation.verify(request.runId)).toMatchObject({ identical: true })
    await day(2)
    expect(await openOf('e')).toEqual(['missing_external', 'missing_internal'])
    expect((await verifyAudit(nights.db)).findings).toEqual([])
  })

  it('is together again when that is undone, with the books as they were, and can be taken apart anew', async () => {
    await day(0)
    const before = await booksOf(nights)
    const { resolution } = await ask('e')
    expect((await ask('e')).replayed).toBe(true)

    await people.undo(resolution.id)

    expect(await booksOf(nights)).toEqual(before)
    await day(1)
    expect(await openOf('e')).toEqual([])
    const again = await ask('e')
    expect([again.replayed, again.resolution.id === resolution.id]).toEqual([false, false])
    await day(2)
    expect(await openOf('e')).toEqual(['missing_external', 'missing_internal'])
  })

  it('above the threshold needs a second person, and nothing is booked before', async () => {
    await day(0)
    const before = await booksOf(nights)
    const { resolution } = await ask('single')
    expect([resolution.state, await booksOf(nights)]).toEqual(['proposed', before])
    await expect(ask('single', people.ben)).rejects.toThrow(/waits for a second person/)

    await people.decide({ id: resolution.approvalId ?? '', decision: 'approved' })

    expect(await openOf('single')).toEqual(['awaiting_settlement', 'missing_internal'])
    await day(1)
  })

  it('gives its charge free for another line, and is then not put together again', async () => {
    const second = line('e', { pspReference: 'second', at: new Date(`${dayAt(0)}T13:00:00Z`) })
    await day(0, [...right(0), second])
    const { resolution } = await ask('e')

    await day(1)

    expect(await openOf('e')).toEqual(['missing_internal'])
    await expect(people.undo(resolution.id)).rejects.toThrow(/which it opened, is cleared by now/)
  })

  it('whose line people then match with another charge clears what it stands for in suspense', async () => {
    await day(0)
    await ask('e')
    await day(1)
    const [ours, theirs] = [true, false].map(
      (isOurs) => async () =>
        (await people.breaks()).find((each) =>
          isOurs ? each.attempt_id === chargeOf('e') : each.line !== null && each.theirs_amount === amountOf('e'),
        )?.id ?? expect.fail('there is no such break'),
    )
    expect(await nights.reconciliation.suggest((await ours?.()) ?? '')).toEqual([])
    await people.resolve({ breakId: (await ours?.()) ?? '', with: [(await theirs?.()) ?? ''], verb: 'match' })

    expect(await openOf('e')).toEqual([])
    await expect(ask('e', people.ben)).rejects.toThrow(/People put it together: undo res_/)
    await day(2)
  })

  it('of which the line is gone from its file is undone by the run that finds it', async () => {
    await day(0)
    await ask('e')
    nights.endDay(1)
    await take(
      nights,
      { day: 0, lines: right(0).filter(({ reference }) => reference !== line('e').reference) },
      current,
      NOTHING,
    )

    await day(1)

    expect(await openOf('e')).toEqual(['missing_external'])
    const [{ state } = { state: '' }] = await nights.db.query<{ state: string }>('select state from break_resolution')
    expect(state).toBe('undone')
  })

  it('that differs, is joined or is not there is refused, and nothing is changed', async () => {
    await day(0, [
      ...right(0).filter(({ reference }) => reference !== line('e').reference),
      line('e', { amount: 990n }),
    ])
    const before = await booksOf(nights)

    await expect(ask('e')).rejects.toThrow(/The pair differs: brk_/)
    const request = { ...(await pairOf('e')), line: 9_999 }
    await expect(nights.db.transaction((tx) => unmatch(tx, people.deps, request, people.ann))).rejects.toThrow(
      /holds no charge together with line 9999/,
    )

    expect(await booksOf(nights)).toEqual(before)
  })
})
