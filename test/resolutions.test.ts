import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Refusal } from '../src/platform/errors.ts'
import type { ResolutionSettings } from '../src/reconciliation/resolutions/index.ts'
import { behindLock } from './support/behind-lock.ts'
import { file, line, NOTHING, other, play, right, take, useCharges, without } from './support/corrections.ts'
import type { TestDatabase } from './support/database.ts'
import { booksOf, type Nights, openNights } from './support/nights.ts'
import { openResolving, type Resolving } from './support/resolving.ts'
import type { FileLine } from './support/settlement-text.ts'

const { clone } = useCharges()

let database: TestDatabase
let nights: Nights
let people: Resolving
let current: Map<number, string>
const SETTINGS: ResolutionSettings = {
  approveAbove: new Map([['EUR', 200n]]),
  tolerance: new Map([['EUR', 2n]]),
}

beforeEach(async () => {
  database = await clone()
  nights = openNights(database)
  people = await openResolving(nights, SETTINGS)
  current = new Map()
})
afterEach(async () => {
  // Whatever was decided: the books hold, today and after another night.
  expect(await nights.findings()).toEqual([])
  await nights.close()
  await database.drop()
})

/** A night on the first day with these lines in place of the right ones. */
async function firstNight(...lines: readonly FileLine[]): Promise<void> {
  const gone = new Set(lines.map(({ pspReference }) => pspReference))
  const rest = right(0).filter(({ pspReference }) => !gone.has(pspReference))
  current = await play(nights, [[file(0, [...rest, ...lines])]], NOTHING)
}
const secondNight = async (lines: readonly FileLine[] = right(1)): Promise<void> => {
  nights.endDay(1)
  await take(nights, { day: 1, lines }, current, NOTHING)
  await nights.night()
}

async function only(code: string): Promise<string> {
  const found = (await people.breaks()).filter((each) => each.code === code)
  expect(found, code).toHaveLength(1)
  return found[0]?.id ?? ''
}

const entryOf = async (id: string): Promise<readonly string[]> =>
  (
    await nights.db.query<{ t: string }>(
      `select a.name || ' ' || p.amount || ' ' || p.currency as t from break_resolution r join posting p on p.entry_id = r.entry_id
         join ledger_account a on a.id = p.account_id where r.id = $1 order by a.name, p.currency`,
      [id],
    )
  ).map(({ t }) => t)

const walletOf = async (seller: string) =>
  (await nights.db.query(`select pending, available, owed from wallet where seller = $1`, [seller]))[0]

const refusalOf = (work: Promise<unknown>): Promise<Refusal> =>
  work.then(
    () => expect.fail('nothing was refused'),
    (error: Refusal) => error,
  )

describe('an amount that differs', () => {
  it('is booked as a difference, and its seller gets the money', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const id = await people.resolve({ breakId: await only('amount_mismatch'), verb: 'book_difference', as: 'other' })

    expect(await entryOf(id.id)).toEqual(['expense:settlement_difference 100 EUR', 'psp:simulator:receivable -100 EUR'])
    expect(await walletOf('seller-b')).toEqual({ pending: 0n, available: 2_250n, owed: 0n })
    expect(await people.breaks('resolved')).toHaveLength(1)
    await secondNight()
  })

  it('is taken from its seller when our record is corrected, with a second person', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const { resolution } = await people.ask({ breakId: await only('amount_mismatch'), verb: 'correct' })
    expect(resolution).toMatchObject({ state: 'proposed', appliedAt: null })
    expect(await entryOf(resolution.id)).toEqual([])

    await people.decide({ id: resolution.approvalId ?? '', decision: 'approved' })

    expect(await entryOf(resolution.id)).toEqual([
      'psp:simulator:receivable -100 EUR',
      'seller:seller-b:pending 100 EUR',
    ])
    expect(await walletOf('seller-b')).toEqual({ pending: 0n, available: 2_150n, owed: 0n })
    await people.undo(resolution.id)
    expect(await walletOf('seller-b')).toEqual({ pending: 0n, available: 2_250n, owed: 0n })
    await secondNight()
  })

  it('above the threshold of its currency needs a second person', async () => {
    await firstNight(line('b', { amount: 2_299n }))
    const { needsApproval } = await people.look({
      breakId: await only('amount_mismatch'),
      verb: 'book_difference',
      as: 'other',
    })

    expect(needsApproval).toBe(true)
  })
})

describe('a charge in no file', () => {
  beforeEach(() => firstNight())

  it('is written off, and its seller gets the money all the same', async () => {
    await secondNight(without(1, 'h'))
    nights.endDay(2)
    await take(nights, { day: 2, lines: right(2) }, current, NOTHING)
    await nights.night()
    const id = await only('missing_external')

    const { id: resolution } = await people.resolve({ breakId: id, verb: 'write_off', reason: 'uncollectable' })

    expect(await entryOf(resolution)).toEqual(['expense:write_off 1500 EUR', 'psp:simulator:receivable -1500 EUR'])
    expect(await walletOf('seller-h')).toEqual({ pending: 0n, available: 1_350n, owed: 0n })
  })

  it('is taken back as a whole when it never took place, commission included', async () => {
    await secondNight(without(1, 'h'))
    nights.endDay(2)
    await take(nights, { day: 2, lines: right(2) }, current, NOTHING)
    await nights.night()

    const { id } = await people.resolve({
      breakId: await only('missing_external'),
      verb: 'correct',
      reason: 'not_captured',
    })

    expect(await entryOf(id)).toEqual([
      'psp:simulator:receivable -1500 EUR',
      'revenue:commission 150 EUR',
      'seller:seller-h:pending 1350 EUR',
    ])
    expect(await walletOf('seller-h')).toEqual({ pending: 0n, available: 0n, owed: 0n })
  })

  it('that comes after all is matched once its write-off is undone, and its seller is paid once', async () => {
    await secondNight(without(1, 'h'))
    nights.endDay(2)
    await take(nights, { day: 2, lines: right(2) }, current, NOTHING)
    await nights.night()
    const { id } = await people.resolve({ breakId: await only('missing_external'), verb: 'write_off' })
    nights.endDay(3)
    await take(nights, { day: 3, lines: [line('h')] }, current, NOTHING)
    await nights.night()
    await only('missing_internal')

    await people.undo(id)
    nights.endDay(4)
    await take(nights, { day: 4, lines: [] }, current, NOTHING)
    await nights.night()

    expect(await people.breaks()).toEqual([])
    expect(await walletOf('seller-h')).toEqual({ pending: 0n, available: 1_350n, owed: 0n })
  })
})

describe('a line and a record that only people can bring together', () => {
  beforeEach(async () => {
    const theirs = line('b', { reference: 'order 17', pspReference: 'theirs_17', amount: 2_501n })
    current = await play(nights, [[file(0, [...without(0, 'b'), theirs])]], NOTHING)
  })

  it('are matched by hand within the tolerance, settled and released', async () => {
    const lone = await only('missing_internal')
    const ours = await only('awaiting_settlement')
    const { id } = await people.resolve({ breakId: ours, with: [lone], verb: 'match', reason: 'same_sale' })

    const fee = line('b').fee
    expect(await entryOf(id)).toEqual([
      `expense:psp_fee ${fee} EUR`,
      'psp:simulator:receivable -2500 EUR',
      'rounding -1 EUR',
      `suspense:simulator ${2_501n - fee} EUR`,
    ])
    expect(await walletOf('seller-b')).toEqual({ pending: 0n, available: 2_250n, owed: 0n })
    const [settled] = await nights.db.query('select count(*) as n from settled_charge where resolution_id = $1', [id])
    expect(settled).toEqual({ n: 1n })
    await secondNight()
  })

  it('are apart again when that is undone, and the file that has the line right matches them', async () => {
    const ours = await only('awaiting_settlement')
    const { id } = await people.resolve({ breakId: ours, with: [await only('missing_internal')], verb: 'match' })
    await people.undo(id)
    expect(await people.breaks()).toHaveLength(2)

    await take(nights, { day: 0, lines: right(0) }, current, NOTHING)
    await secondNight()

    expect((await people.breaks()).filter(({ attempt_id }) => attempt_id !== null)).toEqual([])
  })

  it('are apart again when the file of the line is replaced, by the run that does it', async () => {
    const ours = await only('awaiting_settlement')
    const { id } = await people.resolve({ breakId: ours, with: [await only('missing_internal')], verb: 'match' })

    await take(nights, { day: 0, lines: right(0) }, current, NOTHING)
    await secondNight()

    const [resolution] = await nights.db.query<{ state: string; undo_reason: string }>(
      'select state, undo_reason from break_resolution where id = $1',
      [id],
    )
    expect(resolution).toMatchObject({ state: 'undone', undo_reason: expect.stringContaining('no longer in the file') })
    const events = await nights.db.query<{ kind: string }>('select kind from recon_break_event where break_id = $1', [
      ours,
    ])
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['opened', 'reopened', 'cleared']))
    expect(await people.breaks()).toEqual([])
  })

  it('are not matched beyond the tolerance', async () => {
    const lone = await only('missing_internal')
    const late = (await people.breaks()).find(({ id }) => id !== lone)
    const strict = await openResolving(nights)

    const refusal = await refusalOf(strict.ask({ breakId: late?.id ?? '', with: [lone], verb: 'match' }))

    expect(refusal).toMatchObject({ code: 'break_not_resolvable', facts: { difference: '-1', currency: 'EUR' } })
  })
})

describe('a line that nobody knows', () => {
  it('becomes the sale of a seller, with its fee and our commission', async () => {
    await firstNight(line('b'), { ...line('b'), reference: 'x', pspReference: 'foreign', amount: 1_000n, fee: 59n })
    const { id } = await people.resolve({
      breakId: await only('missing_internal'),
      verb: 'create_missing_record',
      reason: 'sale_not_recorded',
      seller: 'new-seller',
      platformFee: 100n,
    })

    expect(await entryOf(id)).toEqual([
      'expense:psp_fee 59 EUR',
      'revenue:commission -100 EUR',
      'seller:new-seller:available -900 EUR',
      'suspense:simulator 941 EUR',
    ])
    await people.undo(id)
    expect(await walletOf('new-seller')).toEqual({ pending: 0n, available: 0n, owed: 0n })
  })

  it('that was settled twice is owed to the PSP, until it takes it back', async () => {
    const again = { ...line('b'), at: new Date(line('b').at.getTime() + 1_000) }
    await firstNight(line('b'), again)
    const { id } = await people.resolve({ breakId: await only('duplicate_external'), verb: 'mark_duplicate' })
    expect(await entryOf(id)).toContain(`duplicates:simulator -${again.amount - again.fee} EUR`)
    const approvals = await nights.db.query('select from approval')
    expect(approvals, 'above the threshold').toHaveLength(1)

    await secondNight([...right(1), other('adjustment', 1, again.fee - again.amount)])
    await people.resolve({ breakId: await only('missing_internal'), verb: 'mark_duplicate' })

    const [balance] = await nights.db.query<{ amount: bigint }>(
      `select sum(debits - credits) as amount from account_balance b join ledger_account a on a.id = b.account_id where a.name = 'duplicates:simulator'`,
    )
    expect(balance?.amount).toBe(0n)
  })
})

describe('a fee that is not right', () => {
  it('is booked as a cost', async () => {
    await firstNight(line('b', { fee: line('b').fee + 50n }))
    const { id } = await people.resolve({ breakId: await only('fee_mismatch'), verb: 'book_difference', as: 'fee' })

    expect(await entryOf(id)).toEqual(['expense:psp_fee 50 EUR', 'suspense:simulator -50 EUR'])
  })

  it('is corrected by the PSP with another line', async () => {
    await firstNight(line('b', { fee: line('b').fee + 50n }), other('adjustment', 0, 50n))
    const { id } = await people.resolve({
      breakId: await only('fee_mismatch'),
      with: [await only('missing_internal')],
      verb: 'psp_corrected',
      reason: 'psp_adjustment',
    })

    expect(await entryOf(id)).toEqual([])
    const [suspense] = await nights.db.query<{ amount: bigint }>(
      `select sum(debits - credits) as amount from account_balance b join ledger_account a on a.id = b.account_id where a.name = 'suspense:simulator' and b.currency = 'EUR'`,
    )
    // What came late for a failed order is all that is left.
    expect(suspense?.amount).toBe(-900n)
  })

  it('below the schedule is no break, and one above it is', async () => {
    await firstNight(line('b', { fee: 1n }), line('e', { fee: line('e').fee + 1n }))
    const found = (await people.breaks()).filter(({ code }) => code === 'fee_mismatch')
    const [below, above] = [
      found.find(({ theirs_amount }) => theirs_amount === 2_500n),
      found.find(({ theirs_amount }) => theirs_amount === 1_000n),
    ]

    await people.resolve({ breakId: below?.id ?? '', verb: 'not_a_break' })

    const refusal = await refusalOf(people.ask({ breakId: above?.id ?? '', verb: 'not_a_break' }))
    expect(refusal.code).toBe('break_not_resolvable')
  })
})

describe('another currency', () => {
  it('is booked as an exchange in both', async () => {
    await firstNight(line('b', { currency: 'USD', amount: 2_700n, fee: 0n }))
    const { id } = await people.resolve({
      breakId: await only('currency_mismatch'),
      verb: 'book_difference',
      as: 'fx',
      reason: 'exchange_rate',
    })

    expect(await entryOf(id)).toEqual([
      'fx:EUR 2500 EUR',
      'fx:USD -2700 USD',
      'psp:simulator:receivable -2500 EUR',
      'psp:simulator:receivable 2700 USD',
    ])
    await secondNight()
  })
})

describe('a decision', () => {
  it('is made once: the same request again is the same resolution, another one is refused', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const breakId = await only('amount_mismatch')
    const first = await people.ask({ breakId, verb: 'book_difference', as: 'other' })
    const books = await booksOf(nights)

    const again = await people.ask({ breakId, verb: 'book_difference', as: 'other' })
    const refusal = await refusalOf(people.ask({ breakId, verb: 'write_off' }))

    expect(again).toEqual({ resolution: first.resolution, replayed: true })
    expect(refusal).toMatchObject({ code: 'break_state', facts: { state: 'resolved' } })
    expect(await booksOf(nights)).toEqual(books)
  })

  it('that waits is told to whoever looks at another one, and its own entry is shown to its maker', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const breakId = await only('amount_mismatch')
    await people.ask({ breakId, verb: 'correct' })

    const refusal = await refusalOf(people.look({ breakId, verb: 'book_difference', as: 'other' }))
    const own = await people.look({ breakId, verb: 'correct' })

    expect(refusal).toMatchObject({ code: 'break_state', facts: { resolution: expect.stringMatching(/^res_/) } })
    expect(own).toMatchObject({ needsApproval: true })
  })

  it('that is rejected is written on its break behind the lock of it', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const breakId = await only('amount_mismatch')
    const { resolution } = await people.ask({ breakId, verb: 'correct' })

    const [approval] = await behindLock(
      database,
      { sql: 'select from recon_break where id = $1 for update', values: [breakId] },
      [() => people.decide({ id: resolution.approvalId ?? '', decision: 'rejected' })],
    )

    expect(approval).toMatchObject({ state: 'rejected' })
  })

  it('by many at the same time is made once', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const breakId = await only('amount_mismatch')
    const asked = await Promise.allSettled(
      (['fee', 'rounding', 'other', 'fx'] as const).map((as) => people.ask({ breakId, verb: 'book_difference', as })),
    )

    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('that waits lapses when a run clears its break', async () => {
    await firstNight(line('b', { reference: 'order 17', pspReference: 'theirs_17' }))
    const breakId = await only('missing_internal')
    const { resolution } = await people.ask({ breakId, verb: 'write_off' })
    expect(resolution.state).toBe('proposed')

    await take(nights, { day: 0, lines: right(0) }, current, NOTHING)
    await secondNight()

    const refusal = await refusalOf(people.decide({ id: resolution.approvalId ?? '', decision: 'approved' }))
    expect(refusal).toMatchObject({ code: 'approval_state', facts: { state: 'lapsed' } })
  })

  it('is refused while a run is under way', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const breakId = await only('amount_mismatch')
    let refusal: Refusal | undefined
    nights.endDay(1)
    await take(nights, { day: 1, lines: right(1) }, current, NOTHING)
    await nights.night([
      {
        at: 4,
        what: async () => {
          refusal = await refusalOf(people.ask({ breakId, verb: 'book_difference', as: 'other' }))
        },
      },
    ])

    expect(refusal).toMatchObject({ code: 'run_in_progress', retryAfterSeconds: 10 })
  })

  it('is undone once', async () => {
    await firstNight(line('b', { amount: 2_400n }))
    const { id } = await people.resolve({
      breakId: await only('amount_mismatch'),
      verb: 'book_difference',
      as: 'other',
    })
    await people.undo(id)

    expect(await refusalOf(people.undo(id))).toMatchObject({ code: 'resolution_state', facts: { state: 'undone' } })
  })
})
