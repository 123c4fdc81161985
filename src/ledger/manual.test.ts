import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../platform/errors.ts'
import { newId, publicId } from '../platform/ids.ts'
import type { NewManualEntry, PostedEntry } from './index.ts'
import { aManualEntry, anEntry, startLedgerNode, startTestLedger, type TestLedger } from './testing.ts'

let test: TestLedger
beforeAll(async () => {
  test = await startTestLedger()
  for (const [account, type] of [
    ['bank:main', 'asset'],
    ['capital', 'equity'],
    ['fees', 'expense'],
  ] as const)
    await test.ledger.createAccount({ account, type })
})
afterAll(() => test.stop())

const entry = (overrides: Partial<NewManualEntry> = {}): NewManualEntry =>
  aManualEntry('bank:main', 'capital', overrides)

async function post(item: NewManualEntry): Promise<PostedEntry> {
  const [result] = await test.ledger.post([item])
  assert(result !== undefined)
  if (result instanceof Refusal) throw result
  return result
}

async function refused(item: NewManualEntry): Promise<Refusal> {
  const before = await count()
  const [result] = await test.ledger.post([item])
  assert(result instanceof Refusal, `not refused: ${item.reference}`)
  expect(await count()).toBe(before)
  return result
}

async function count(): Promise<number> {
  const [row] = await test.db.query<{ n: number }>(
    `select (select count(*) from journal_entry)::integer + (select count(*) from manual_entry)::integer as n`,
  )
  return row?.n ?? 0
}

const line = (account: string, direction: 'debit' | 'credit', amount: bigint, currency = 'EUR') => ({
  account,
  direction,
  amount,
  currency,
})

describe('a manual entry', () => {
  it('is in the books as it was asked for', async () => {
    const item = entry({
      reference: 'opening balance',
      occurredAt: new Date('2026-03-02T09:00:00.000Z'),
      postings: [
        line('bank:main', 'debit', 2n ** 53n - 1n),
        line('capital', 'credit', 2n ** 53n - 2n),
        line('fees', 'credit', 1n),
        line('bank:main', 'credit', 5n, 'JPY'),
        line('fees', 'debit', 5n, 'JPY'),
      ],
    })
    const posted = await post(item)
    expect(posted).toEqual({
      replayed: false,
      entry: {
        id: posted.entry.id,
        kind: 'manual',
        reference: 'opening balance',
        paymentId: undefined,
        orderId: undefined,
        reverses: undefined,
        occurredAt: item.occurredAt,
        bookedAt: test.clock.now(),
        accountingDate: '2026-03-02',
        postings: item.postings,
      },
    })
    // What the answer says is what the database has.
    expect(await test.ledger.getEntry(posted.entry.id)).toEqual(posted.entry)
  })

  it('that does not balance is refused with what is left over, per currency', async () => {
    const refusal = await refused(
      entry({
        postings: [
          line('bank:main', 'debit', 1000n),
          line('capital', 'credit', 999n),
          line('bank:main', 'credit', 7n, 'KWD'),
          line('fees', 'debit', 5n, 'KWD'),
        ],
      }),
    )
    expect(refusal).toMatchObject({
      code: 'entry_unbalanced',
      message: 'In minor units, debits exceed credits by 1 EUR; credits exceed debits by 2 KWD.',
      errors: [{ pointer: '/postings' }],
    })
  })

  it.each([
    'psp:simulator:receivable',
    'psp:any',
    'seller:a:pending',
    'seller:',
    'refunds:payable',
    'payouts:in_transit',
  ])('may not touch %s', async (account) => {
    const refusal = await refused(entry({ postings: [line('bank:main', 'debit', 5n), line(account, 'credit', 5n)] }))
    expect(refusal).toMatchObject({ code: 'account_controlled', errors: [{ pointer: '/postings/1/account' }] })
    await expect(test.ledger.createAccount({ account, type: 'asset' })).rejects.toMatchObject({
      code: 'account_controlled',
    })
  })

  it('on an account that does not exist is refused, and accepted once it does', async () => {
    const item = entry({ postings: [line('bank:main', 'debit', 5n), line('bank:later', 'credit', 5n)] })
    expect(await refused(item)).toMatchObject({
      code: 'account_not_found',
      errors: [{ pointer: '/postings/1/account' }],
    })
    await test.ledger.createAccount({ account: 'bank:later', type: 'asset' })
    expect((await post(item)).replayed).toBe(false)
  })

  it('has a reference of its own', async () => {
    const first = await post(entry())
    const refusal = await refused(entry({ reference: first.entry.reference ?? '' }))
    expect(refusal).toMatchObject({ code: 'entry_reference_exists', facts: { entry: publicId('je', first.entry.id) } })
  })

  it('sent again under its key is the same entry, and another body under that key is refused', async () => {
    const item = entry()
    const first = await post(item)
    test.clock.set('2026-03-03T13:00:00Z')
    expect(await post(item)).toEqual({ entry: first.entry, replayed: true })
    const other = { ...item, fingerprint: Buffer.alloc(32, 1), reference: newId() }
    expect(await refused(other)).toMatchObject({
      code: 'idempotency_key_reused',
      facts: { entry: publicId('je', first.entry.id) },
    })
  })

  it('is posted once for 50 requests with its key, on two nodes', async () => {
    const other = startLedgerNode(test.database, test.clock)
    const item = entry()
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? test : other).ledger.post([item])),
    )
    await other.db.end()
    const posted = results.flat().map((result) => {
      assert(!(result instanceof Refusal))
      return result
    })
    expect(new Set(posted.map((each) => each.entry.id)).size).toBe(1)
    expect(posted.filter((each) => !each.replayed)).toHaveLength(1)
  })
})

describe('a reversal', () => {
  const mirror = (original: PostedEntry, overrides: Partial<NewManualEntry> = {}): NewManualEntry =>
    entry({
      reverses: original.entry.id,
      postings: original.entry.postings.map((posting) => ({
        ...posting,
        direction: posting.direction === 'debit' ? 'credit' : 'debit',
      })),
      ...overrides,
    })

  it('is the exact mirror, in any order, and once', async () => {
    const original = await post(
      entry({
        postings: [
          line('bank:main', 'debit', 700n),
          line('bank:main', 'debit', 300n),
          line('capital', 'credit', 1000n),
        ],
      }),
    )
    const reversal = mirror(original)
    for (const postings of [
      [line('bank:main', 'credit', 1000n), line('capital', 'debit', 1000n)],
      original.entry.postings,
      reversal.postings.map((posting) => ({ ...posting, currency: 'USD' })),
      reversal.postings.map((posting) => ({ ...posting, amount: posting.amount * 2n })),
      reversal.postings.map((posting) => ({
        ...posting,
        account: posting.account === 'capital' ? 'fees' : posting.account,
      })),
      [...reversal.postings, line('fees', 'debit', 1n), line('fees', 'credit', 1n)],
    ])
      expect(await refused(entry({ reverses: original.entry.id, postings }))).toMatchObject({
        code: 'entry_not_reversible',
      })

    const { entry: booked } = await post({ ...reversal, postings: reversal.postings.toReversed() })
    expect(booked.reverses).toBe(original.entry.id)
    const again = await refused(mirror(original))
    expect(again).toMatchObject({ code: 'entry_not_reversible', errors: [{ pointer: '/reverses' }] })
    expect(again.message).toContain(publicId('je', booked.id))
  })

  it('of an entry that does not exist, or that the system booked, is refused', async () => {
    expect(await refused(entry({ reverses: newId() }))).toMatchObject({ code: 'entry_not_reversible' })
    const capture = anEntry([
      ['till', 1000n],
      ['drawer', -1000n],
    ])
    await test.post([capture])
    expect(await refused(entry({ reverses: capture.id }))).toMatchObject({ code: 'entry_not_reversible' })
  })

  it('is made by one of many who ask at the same time, on two nodes and in one batch', async () => {
    const other = startLedgerNode(test.database, test.clock)
    const original = await post(entry())
    const results = (
      await Promise.all([
        test.ledger.post(Array.from({ length: 10 }, () => mirror(original))),
        other.ledger.post(Array.from({ length: 10 }, () => mirror(original))),
      ])
    ).flat()
    await other.db.end()
    expect(results.filter((result) => !(result instanceof Refusal))).toHaveLength(1)
    const refusals = results.filter((result) => result instanceof Refusal)
    expect(new Set(refusals.map((refusal) => refusal.code))).toEqual(new Set(['entry_not_reversible']))
  })
})

describe('a batch of manual entries', () => {
  it('leaves the good ones unharmed by the bad', async () => {
    const results = await test.ledger.post([
      entry(),
      entry({ postings: [line('bank:main', 'debit', 5n), line('capital', 'credit', 4n)] }),
      entry({ postings: [line('bank:main', 'debit', 5n), line('nowhere', 'credit', 5n)] }),
      entry({ postings: [line('bank:main', 'debit', 5n), line('seller:a:pending', 'credit', 5n)] }),
      entry({ reverses: newId() }),
      entry(),
    ])
    expect(results.map((result) => (result instanceof Refusal ? result.code : 'posted'))).toEqual([
      'posted',
      'entry_unbalanced',
      'account_not_found',
      'account_controlled',
      'entry_not_reversible',
      'posted',
    ])
  })

  it('leaves the good ones unharmed by one that the database refuses', async () => {
    const tooMuch = 2n ** 63n
    const results = await Promise.allSettled([
      test.ledger.post([entry()]),
      test.ledger.post([
        entry({ postings: [line('bank:main', 'debit', tooMuch), line('capital', 'credit', tooMuch)] }),
      ]),
      test.ledger.post([entry()]),
    ])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('treats two items with the same key or reference as two requests', async () => {
    const item = entry()
    const results = await test.ledger.post([
      item,
      { ...item },
      { ...item, fingerprint: Buffer.alloc(32, 7) },
      entry({ reference: item.reference }),
    ])
    const [first, replay, reused, sameReference] = results
    assert(first !== undefined && !(first instanceof Refusal))
    expect(first.replayed).toBe(false)
    expect(replay).toEqual({ entry: first.entry, replayed: true })
    expect(reused).toMatchObject({ code: 'idempotency_key_reused' })
    expect(sameReference).toMatchObject({ code: 'entry_reference_exists' })
  })

  it('ends on every node when the same ones meet in any order', async () => {
    const nodes = [1, 2, 3].map(() => startLedgerNode(test.database, test.clock))
    const items = Array.from({ length: 60 }, () => entry())
    const shuffled = [items, items.toReversed(), [...items.slice(30), ...items.slice(0, 30)]]
    const results = await Promise.all(nodes.map((node, index) => node.ledger.post(shuffled[index] ?? [])))
    for (const node of nodes) await node.db.end()
    const posted = results.flat().map((result) => {
      assert(!(result instanceof Refusal))
      return result
    })
    expect(posted.filter((each) => !each.replayed)).toHaveLength(60)
    expect(new Set(posted.map((each) => each.entry.id)).size).toBe(60)
  })

  it('leaves the books whole', async () => {
    expect(await test.brokenInvariants()).toEqual([])
    expect((await test.ledger.verify()).findings).toEqual([])
  })
})

describe('an account', () => {
  it('keeps its type, and the chart of accounts fixes some', async () => {
    const { ledger } = test
    expect(await ledger.createAccount({ account: 'fees', type: 'expense' })).toMatchObject({ created: false })
    await expect(ledger.createAccount({ account: 'fees', type: 'asset' })).rejects.toMatchObject({
      code: 'account_exists',
    })
    await expect(ledger.createAccount({ account: 'expense:rent', type: 'asset' })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    const together = await Promise.all(
      Array.from({ length: 10 }, () => ledger.createAccount({ account: 'stock:paper', type: 'asset' })),
    )
    expect(together.filter((each) => each.created)).toHaveLength(1)
  })

  it('is listed by name in pages that miss and repeat none', async () => {
    const { ledger } = test
    const all = (await ledger.listAccounts({ limit: 200 })).data.map(({ account }) => account)
    const paged: string[] = []
    for (let after: string | undefined; ; after = paged.at(-1)) {
      const page = await ledger.listAccounts({ limit: 2, after })
      paged.push(...page.data.map(({ account }) => account))
      if (!page.hasMore) break
    }
    expect(paged).toEqual(all)
    expect(paged).toEqual(paged.toSorted())
    expect(paged).toContain('stock:paper')
  })
})
