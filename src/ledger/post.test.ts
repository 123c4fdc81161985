import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../test/support/wait-for.ts'
import { Refusal } from '../platform/errors.ts'
import { type NewEntry, postEntries, type TrialBalance } from './index.ts'
import { aManualEntry, anEntry, type LedgerNode, startLedgerNode, startTestLedger, type TestLedger } from './testing.ts'

const MAX = 2n ** 53n - 1n

let test: TestLedger
beforeAll(async () => {
  test = await startTestLedger()
})
afterAll(() => test.stop())

describe('postings at the same time, whatever they are', () => {
  type Line = readonly [account: string, amount: bigint, currency: string]
  type Turnover = { debits: bigint; credits: bigint }
  /** The books as simple sums, kept apart from the ledger: `currency account` → turnover. */
  type Model = Map<string, Turnover>

  const NODES = 3
  const account = fc.oneof(
    fc.constantFrom('hot:receivable', 'hot:commission'),
    fc.integer({ min: 1, max: 40 }).map((n) => `shop:${n}`),
    fc.constantFrom('naïve "quoted", {braced}', 'back\\slash', '日本:口座', "drop table'"),
  )
  const amount = fc.oneof(fc.bigInt(1n, 100_000n), fc.bigInt(MAX - 5n, MAX))
  const currency = fc.constantFrom('EUR', 'USD', 'JPY', 'KWD', 'CLF')
  /** One transfer splits a credit over up to three accounts; an entry is one to three of them. */
  const transfer = fc
    .record({ from: account, parts: fc.array(fc.tuple(account, amount), { minLength: 1, maxLength: 3 }), currency })
    .map(({ from, parts, currency }): Line[] => [
      [from, -parts.reduce((sum, [, part]) => sum + part, 0n), currency],
      ...parts.map(([to, part]): Line => [to, part, currency]),
    ])
  const entryLines = fc.array(transfer, { minLength: 1, maxLength: 3 }).map((transfers) => transfers.flat())
  const batch = fc.array(entryLines, { minLength: 1, maxLength: 12 })
  /** What is posted at the same time: some batches, each by one of the nodes. */
  const step = fc.array(fc.tuple(fc.nat(NODES - 1), batch), { minLength: 1, maxLength: 6 })

  function apply(model: Model, lines: readonly Line[]): void {
    for (const [name, value, code] of lines) {
      const key = `${code} ${name}`
      const { debits, credits } = model.get(key) ?? { debits: 0n, credits: 0n }
      model.set(key, { debits: debits + (value > 0n ? value : 0n), credits: credits - (value < 0n ? value : 0n) })
    }
  }

  const modelOf = ({ currencies }: TrialBalance): Model =>
    new Map(
      currencies.flatMap(({ currency: code, accounts }) =>
        accounts.map(({ account: name, debits, credits }) => [`${code} ${name}`, { debits, credits }] as const),
      ),
    )

  const sorted = (model: Model): readonly (readonly [string, Turnover])[] =>
    [...model].sort(([a], [b]) => (a < b ? -1 : 1))

  it('keep every invariant, equal an independent model at every instant, and verify', { timeout: 60_000 }, async () => {
    const seed = Number(process.env['TALLYSTICK_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`TALLYSTICK_TEST_SEED=${seed} runs these postings again.`)
    const nodes: LedgerNode[] = Array.from({ length: NODES }, () => startLedgerNode(test.database, test.clock))
    const model: Model = new Map()
    const history: { readonly at: Date; readonly books: Model }[] = []
    let minute = 0
    const run = async (steps: readonly (readonly (readonly [number, readonly Line[][]])[])[]): Promise<void> => {
      for (const batches of steps) {
        minute += 1
        test.clock.set(new Date(Date.UTC(2026, 2, 4, 0, minute)).toISOString())
        await Promise.all(batches.map(([node, entries]) => nodes[node]?.post(entries.map((lines) => anEntry(lines)))))
        for (const [, entries] of batches) for (const lines of entries) apply(model, lines)
        history.push({ at: test.clock.now(), books: new Map(model) })
      }
    }
    try {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), run), {
        seed,
        numRuns: 30,
        endOnFailure: true,
      })
      // Two batches that take one account beyond 64 bits.
      const huge = Array.from({ length: 600 }, (): Line[] => [
        ['hot:receivable', MAX, 'EUR'],
        ['hot:commission', -MAX, 'EUR'],
      ])
      await run([
        [
          [0, huge],
          [1, huge],
        ],
      ])
      expect(model.get('EUR hot:receivable')?.debits).toBeGreaterThan(2n ** 63n)

      expect(sorted(modelOf(await test.ledger.trialBalance(undefined)))).toEqual(sorted(model))
      for (const { at, books } of history) {
        expect(sorted(modelOf(await test.ledger.trialBalance(at)))).toEqual(sorted(books))
        const before = await test.ledger.trialBalance(new Date(at.getTime() - 1))
        expect(modelOf(before).size).toBeLessThanOrEqual(books.size)
      }
      for (const { debits, credits } of (await test.ledger.trialBalance(undefined)).currencies)
        expect(debits).toBe(credits)
      expect(await test.brokenInvariants()).toEqual([])
      const verification = await test.ledger.verify()
      expect(verification.findings).toEqual([])
      expect(verification.checked.entries).toBeGreaterThan(1_200)
    } finally {
      for (const node of nodes) await node.db.end()
    }
  })
})

describe('two open transactions', () => {
  const sale = (): NewEntry =>
    anEntry([
      ['hot:receivable', 100n],
      ['hot:commission', -100n],
    ])

  it('post to the same account without waiting for each other', async () => {
    const { db, directory, clock } = test
    const hold = Promise.withResolvers<void>()
    const first = Promise.withResolvers<void>()
    const open = db.transaction(async (tx) => {
      await postEntries(tx, directory, [sale()], clock.now())
      first.resolve()
      await hold.promise
    })
    await first.promise
    await db.transaction(async (tx) => {
      await tx.query(`set local lock_timeout = '1s'`)
      await postEntries(tx, directory, [sale()], clock.now())
    })
    hold.resolve()
    await open
    expect(await test.brokenInvariants()).toEqual([])
  })

  it('that want the same new accounts all get them', async () => {
    // More at the same time than a node has connections.
    const nodes = Array.from({ length: 4 }, () => startLedgerNode(test.database, test.clock))
    const entry = (_value: unknown, index: number): NewEntry =>
      anEntry([
        [`new:${index % 5}`, 1n],
        [`new:${(index + 1) % 5}`, -1n],
      ])
    await Promise.all(nodes.flatMap((node) => Array.from({ length: 20 }, entry).map((each) => node.post([each]))))
    for (const node of nodes) await node.db.end()
    expect(await test.brokenInvariants()).toEqual([])
  })

  it('more than there are chains wait for their turn and lose nothing', async () => {
    const nodes = [1, 2, 3].map(() => startLedgerNode(test.database, test.clock))
    for (const node of nodes) await node.post([sale()])
    const before = (await test.ledger.verify()).checked.entries
    await Promise.all(nodes.flatMap((node) => Array.from({ length: 20 }, () => node.post([sale()]))))
    for (const node of nodes) await node.db.end()
    const verification = await test.ledger.verify()
    expect(verification.findings).toEqual([])
    expect(verification.checked.entries - before).toBe(60)
  })
})

describe('a posting', () => {
  it('that fails leaves nothing, and its accounts are not taken for known by a later one', async () => {
    const { db, directory, clock } = test
    const good = anEntry([
      ['failed:a', 5n],
      ['failed:b', -5n],
    ])
    const rolledBack = db.transaction(async (tx) => {
      await postEntries(tx, directory, [good], clock.now())
      throw new Error('rolled back')
    })
    await expect(rolledBack).rejects.toThrow('rolled back')
    expect(await test.ledger.getEntry(good.id)).toBeUndefined()
    await test.post([good])
    expect((await test.ledger.getEntry(good.id))?.postings.map(({ account }) => account)).toEqual([
      'failed:a',
      'failed:b',
    ])
  })

  it('of a fact that is booked is refused', async () => {
    const entry = anEntry([
      ['till', 5n],
      ['drawer', -5n],
    ])
    await test.post([entry])
    const again = anEntry(
      [
        ['till', 5n],
        ['drawer', -5n],
      ],
      { fact: entry.fact },
    )
    await expect(test.post([again])).rejects.toMatchObject({ constraint: 'journal_entry_fact_once' })
  })

  it('that does not balance is a bug that the code finds first', async () => {
    await expect(
      test.post([
        anEntry([
          ['till', 5n],
          ['drawer', -4n],
        ]),
      ]),
    ).rejects.toThrow('does not balance')
    await expect(
      test.post([
        anEntry([
          ['till', 5n],
          ['drawer', -5n, 'USD'],
        ]),
      ]),
    ).rejects.toThrow('does not balance')
    await expect(
      test.post([
        anEntry([
          ['till', 0n],
          ['drawer', 0n],
        ]),
      ]),
    ).rejects.toThrow('posting of nothing')
    await expect(test.post([anEntry([])])).rejects.toThrow('fewer than two')
  })

  it('finds its accounts again when the database has given their ids to others', async () => {
    const { owner } = test
    const node = startLedgerNode(test.database, test.clock)
    await node.post([
      anEntry([
        ['moved:a', 5n],
        ['moved:b', -5n],
      ]),
    ])
    // As after a fail-over to a server that lacked the last commits: the same ids, other names.
    await owner.query('alter table tallystick.ledger_account disable trigger all')
    for (const [from, to] of [
      ['moved:a', 'moved:x'],
      ['moved:b', 'moved:a'],
      ['moved:x', 'moved:b'],
    ])
      await owner.query('update tallystick.ledger_account set name = $2 where name = $1', [from, to])
    await owner.query('alter table tallystick.ledger_account enable trigger all')
    const entry = anEntry([
      ['moved:a', 7n],
      ['moved:b', -7n],
    ])
    await node.post([entry])
    await node.db.end()
    expect((await test.ledger.getEntry(entry.id))?.postings).toMatchObject([
      { account: 'moved:a', direction: 'debit', amount: 7n },
      { account: 'moved:b', direction: 'credit', amount: 7n },
    ])
  })
})

describe('accounting days', () => {
  const day = async (occurredAt: string): Promise<string | undefined> => {
    const entry = anEntry(
      [
        ['till', 5n],
        ['drawer', -5n],
      ],
      { occurredAt: new Date(occurredAt) },
    )
    await test.post([entry])
    return (await test.ledger.getEntry(entry.id))?.accountingDate
  }
  const close = (through: string) =>
    test.owner.query(`insert into tallystick.ledger_close values ($1, now())`, [through])

  it('are the UTC days of the facts until they are closed', async () => {
    expect(await day('2026-01-31T23:59:59.999Z')).toBe('2026-01-31')
    await close('2026-01-31')
    expect(await day('2026-01-31T23:59:59.999Z')).toBe('2026-02-01')
    expect(await day('2025-06-01T00:00:00Z')).toBe('2026-02-01')
    expect(await day('2026-02-02T00:00:00Z')).toBe('2026-02-02')
    await close('2026-02-28')
    expect(await day('2026-02-02T00:00:00Z')).toBe('2026-03-01')
    // The newest close counts: an older one opens nothing.
    await close('2026-02-10')
    expect(await day('2026-02-15T00:00:00Z')).toBe('2026-03-01')
  })

  it('leave the point in time to the booking: a late fact is in the books from its commit on', async () => {
    test.clock.set('2026-04-01T08:00:00.500Z')
    const before = await test.ledger.trialBalance(new Date('2026-04-01T08:00:00.499Z'))
    const entry = anEntry(
      [
        ['late:a', 5n],
        ['late:b', -5n],
      ],
      { occurredAt: new Date('2025-01-01T00:00:00Z') },
    )
    await test.post([entry])
    const accountsOf = (balance: TrialBalance): string[] =>
      balance.currencies.flatMap(({ accounts }) => accounts.map(({ account }) => account))
    expect(accountsOf(await test.ledger.trialBalance(new Date('2026-04-01T08:00:00.499Z')))).toEqual(accountsOf(before))
    expect(accountsOf(await test.ledger.trialBalance(new Date('2026-04-01T08:00:00.500Z')))).toContain('late:a')
    expect(await test.ledger.getEntry(entry.id)).toMatchObject({
      occurredAt: new Date('2025-01-01T00:00:00Z'),
      bookedAt: new Date('2026-04-01T08:00:00.500Z'),
      accountingDate: '2026-03-01',
    })
  })

  const inMay = (): NewEntry =>
    anEntry(
      [
        ['till', 5n],
        ['drawer', -5n],
      ],
      { occurredAt: new Date('2026-05-05T12:00:00Z') },
    )

  it('are closed only when no posting is under way', async () => {
    const { db, directory, clock } = test
    const hold = Promise.withResolvers<void>()
    const posted = Promise.withResolvers<void>()
    const entry = inMay()
    const open = db.transaction(async (tx) => {
      await postEntries(tx, directory, [entry], clock.now())
      posted.resolve()
      await hold.promise
    })
    await posted.promise
    const closing = close('2026-05-31')
    await waitFor(() => test.waitsForLock('ledger_close'), { what: 'the close to wait for the posting' })
    hold.resolve()
    await Promise.all([open, closing])
    expect((await test.ledger.getEntry(entry.id))?.accountingDate).toBe('2026-05-05')
  })

  it('that are being closed make postings wait, and take none afterwards', async () => {
    const { owner } = test
    await owner.query('begin')
    await close('2026-06-30')
    const entry = inMay()
    const posting = test.post([entry])
    await waitFor(() => test.waitsForLock('ledger_chain'), { what: 'the posting to wait for the close' })
    await owner.query('commit')
    await posting
    expect((await test.ledger.getEntry(entry.id))?.accountingDate).toBe('2026-07-01')
  })

  it('exist for every instant that a manual entry may name', async () => {
    await test.ledger.createAccount({ account: 'bank:main', type: 'asset' })
    await test.ledger.createAccount({ account: 'capital', type: 'equity' })
    const post = async (occurredAt: Date) =>
      (await test.ledger.post([aManualEntry('bank:main', 'capital', { occurredAt })]))[0]
    const last = await post(new Date('9999-12-31T23:59:59.999Z'))
    assert(last !== undefined && !(last instanceof Refusal))
    expect(last.entry.accountingDate).toBe('9999-12-31')
    expect(await post(new Date('9999-12-31T23:59:59-14:00'))).toMatchObject({ code: 'invalid_request' })
    expect(await post(new Date('1970-01-01T00:00:00+14:00'))).toMatchObject({ entry: { accountingDate: '2026-07-01' } })
  })
})
