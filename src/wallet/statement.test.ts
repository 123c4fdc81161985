import assert from 'node:assert/strict'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { type Account, type AccountDirectory, accounts, createAccountDirectory, postEntries } from '../ledger/index.ts'
import { createDb, type Db } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { checkInvariants } from '../platform/invariant.ts'
import {
  creditPending,
  getWallet,
  type StatementLine,
  type StatementQuery,
  WALLET_INVARIANTS,
  walletStatement,
} from './index.ts'

let database: TestDatabase
let db: Db
let directory: AccountDirectory
beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema, hotPath: true })
  directory = createAccountDirectory(db)
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

type Sale = { readonly seller: string; readonly amount: bigint; readonly currency: string }

/** Books sales the way payments do: wallets and ledger in one transaction. */
async function sell(sales: readonly Sale[], at: string): Promise<void> {
  const receivable: Account = accounts.pspReceivable('simulator')
  await db.transaction(async (tx) => {
    await creditPending(tx, sales)
    await postEntries(
      tx,
      directory,
      sales.map(({ seller, amount, currency }) => ({
        id: newId(),
        kind: 'capture',
        fact: newId(),
        paymentId: newId(),
        orderId: newId(),
        reverses: undefined,
        occurredAt: new Date(at),
        postings: [
          { account: receivable, amount, currency },
          { account: accounts.seller(seller, 'pending'), amount: -amount, currency },
        ],
      })),
      new Date(at),
    )
  })
}

async function lines(query: Omit<StatementQuery, 'limit'>, limit = 200): Promise<StatementLine[]> {
  const all: StatementLine[] = []
  for (;;) {
    const after = all.at(-1)?.id
    const page = await walletStatement(db, { ...query, limit, ...(after === undefined ? {} : { after }) })
    assert(page !== undefined)
    expect(page.data.length).toBeLessThanOrEqual(limit)
    all.push(...page.data)
    if (!page.hasMore) return all
    expect(page.data).toHaveLength(limit)
  }
}

describe('a wallet', () => {
  it('does not exist for a seller who never sold', async () => {
    expect(await getWallet(db, 'nobody')).toBeUndefined()
    expect(await walletStatement(db, { seller: 'nobody', limit: 10 })).toBeUndefined()
  })

  it('has a balance per currency that its statement adds up to', async () => {
    const sale = fc.record({
      seller: fc.constantFrom('a', 'b', 'a:pending', 'ünï "q" {x}', '100%', 'a_'),
      amount: fc.oneof(fc.bigInt(1n, 1_000n), fc.constant(2n ** 53n - 1n)),
      currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    })
    const batches = fc.array(fc.array(sale, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(batches, async (all) => {
        await Promise.all(all.map((sales) => sell(sales, '2026-03-03T12:00:00Z')))
        for (const seller of new Set(all.flat().map((each) => each.seller))) {
          const sums = new Map<string, bigint>()
          for (const { currency, amount } of await lines({ seller }, 7))
            sums.set(currency, (sums.get(currency) ?? 0n) + amount)
          const wallet = await getWallet(db, seller)
          expect(wallet?.balances.map(({ currency, pending }) => [currency, pending])).toEqual(
            [...sums].sort(([x], [y]) => (x < y ? -1 : 1)),
          )
        }
        expect((await checkInvariants(db, WALLET_INVARIANTS)).checks.filter((check) => !check.ok)).toEqual([])
      }),
      { numRuns: 8 },
    )
  })

  it('of which a row differs from the ledger by a cent is named', async () => {
    await sell([{ seller: 'cent', amount: 100n, currency: 'EUR' }], '2026-03-03T12:00:00Z')
    await db.query(`update wallet set pending = pending + 1 where seller = 'cent'`)
    const { checks } = await checkInvariants(db, WALLET_INVARIANTS)
    expect(checks).toEqual([
      { name: 'wallets_equal_ledger', ok: false, detail: 'seller cent pending in EUR: wallet 101, ledger 100' },
    ])
    await db.query(`update wallet set pending = pending - 1 where seller = 'cent'`)
  })

  it('that would go below zero is refused by the database', async () => {
    for (const column of ['pending', 'available', 'reserved', 'in_payout', 'owed']) {
      const overdraw = db.query(`update wallet set ${column} = -1 where seller = 'cent'`)
      await expect(overdraw).rejects.toMatchObject({ constraint: `wallet_${column}_not_negative` })
    }
  })

  it('is credited by two transactions with the same sellers in any order', async () => {
    const sellers = Array.from({ length: 30 }, (_, index) => ({ seller: `s${index}`, amount: 1n, currency: 'EUR' }))
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        sell(index % 2 === 0 ? sellers : sellers.toReversed(), '2026-03-03T12:00:00Z'),
      ),
    )
    for (const { seller } of sellers) expect(await getWallet(db, seller)).toMatchObject({ balances: [{ pending: 8n }] })
  })
})

describe('a statement', () => {
  const seller = 'paged'
  beforeAll(async () => {
    for (let hour = 0; hour < 12; hour += 1) {
      const at = new Date(Date.UTC(2026, 2, 3, hour, 30)).toISOString()
      await sell(
        [0, 1, 2].map((n) => ({ seller, amount: BigInt(hour * 10 + n + 1), currency: 'EUR' })),
        at,
      )
    }
  })

  it('is newest first, and pages of any size miss and repeat none', async () => {
    const all = await lines({ seller })
    expect(all).toHaveLength(36)
    expect(all.map((line) => line.at.getTime())).toEqual(all.map((line) => line.at.getTime()).toSorted((a, b) => b - a))
    for (const limit of [1, 5, 12, 35, 36, 37]) expect(await lines({ seller }, limit)).toEqual(all)
  })

  it('says what the ledger says of each movement', async () => {
    const [line] = await lines({ seller })
    assert(line !== undefined)
    const [posting] = await db.query<Record<string, unknown>>(
      `select p.entry_id, p.position, -p.amount as amount, p.currency, a.name, e.booked_at, e.payment_order_id
         from posting p join journal_entry e on e.id = p.entry_id join ledger_account a on a.id = p.account_id
        where a.name = 'seller:paged:pending' order by p.entry_id desc limit 1`,
    )
    expect(line).toMatchObject({
      id: `${posting?.['entry_id']}/${posting?.['position']}`,
      entryId: posting?.['entry_id'],
      amount: posting?.['amount'],
      currency: posting?.['currency'],
      at: posting?.['booked_at'],
      orderId: posting?.['payment_order_id'],
      bucket: 'pending',
      kind: 'capture',
    })
  })

  it('from an instant includes it, to an instant leaves it out', async () => {
    const from = new Date('2026-03-03T03:30:00.000Z')
    const to = new Date('2026-03-03T05:30:00.000Z')
    const hours = (some: readonly StatementLine[]): number[] => [...new Set(some.map((line) => line.at.getUTCHours()))]
    expect(hours(await lines({ seller, from, to }, 2))).toEqual([4, 3])
    expect(hours(await lines({ seller, from: new Date(from.getTime() + 1), to }))).toEqual([4])
    expect(await lines({ seller, from })).toHaveLength(27)
    expect(await lines({ seller, to })).toHaveLength(15)
    expect(await lines({ seller, from: to, to: from })).toEqual([])
  })

  it('has both movements of an entry that moves money between the states of one wallet', async () => {
    const both = 'moved'
    await sell([{ seller: both, amount: 100n, currency: 'EUR' }], '2026-03-03T12:00:00Z')
    await db.transaction(async (tx) => {
      await tx.query(`update wallet set pending = pending - 40, available = available + 40 where seller = '${both}'`)
      const postings = [
        { account: accounts.seller(both, 'pending'), amount: 40n, currency: 'EUR' },
        { account: accounts.seller(both, 'available'), amount: -40n, currency: 'EUR' },
      ]
      const at = new Date('2026-03-03T13:00:00Z')
      const facts = { kind: 'capture', paymentId: undefined, orderId: undefined, reverses: undefined } as const
      await postEntries(tx, directory, [{ id: newId(), fact: newId(), ...facts, occurredAt: at, postings }], at)
    })
    const moved = await lines({ seller: both }, 1)
    expect(moved.map(({ bucket, amount }) => [bucket, amount])).toEqual([
      ['available', 40n],
      ['pending', -40n],
      ['pending', 100n],
    ])
    expect((await checkInvariants(db, WALLET_INVARIANTS)).ok).toBe(true)
  })
})
