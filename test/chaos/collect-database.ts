import pg from 'pg'
import { readNights, type StoredNights } from './collect-nights.ts'
import { amount, optional, type Row, shown, text } from './rows.ts'
import type { Balance, Entry, Snapshot, StoredAttempt, StoredEvent, StoredOrder, WalletRow } from './snapshot.ts'
import { asOrderStatus } from './wire.ts'

type Stored = Pick<Snapshot, 'events' | 'orders' | 'attempts' | 'entries' | 'balances' | 'walletRows'> & {
  readonly nights: StoredNights
}

/**
 * Reads the tables with SQL of its own, in one snapshot of the database. Nothing of the product's code
 * takes part, so that a bug there cannot hide itself here.
 */
export async function collectDatabase(databaseUrl: string, schema: string): Promise<Stored> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    options: `-c search_path=${schema} -c timezone=UTC`,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: () => (text: string) => text },
  })
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    const rows = async (text: string): Promise<readonly Row[]> => (await client.query<Row>(text)).rows
    return {
      events: (await rows('select * from payment_event order by id')).map(readEvent),
      orders: (
        await rows(`select o.*, e.psp from payment_order o join payment_event e on e.id = o.payment_event_id
                      order by o.payment_event_id, o.position`)
      ).map(readOrder),
      attempts: (await rows('select * from attempt order by id')).map(readAttempt),
      entries: readEntries(
        await rows(`select e.id, e.kind, e.fact, e.payment_order_id, e.reverses, m.reference, a.name, p.amount, p.currency
                      from journal_entry e
                      left join manual_entry m on m.journal_entry_id = e.id
                      join posting p on p.entry_id = e.id
                      join ledger_account a on a.id = p.account_id
                      order by e.id, p.position`),
      ),
      balances: (
        await rows(`select a.name, b.currency, sum(b.debits) as debits, sum(b.credits) as credits
                      from account_balance b join ledger_account a on a.id = b.account_id
                      group by a.name, b.currency order by a.name, b.currency`)
      ).map(readBalance),
      walletRows: (await rows('select * from wallet order by seller, currency')).map(readWallet),
      nights: await readNights(rows),
    }
  } finally {
    await client.end()
  }
}

const readEvent = (row: Row): StoredEvent => ({
  id: shown('pay', text(row, 'id')),
  key: text(row, 'idempotency_key'),
  checkoutId: optional(row, 'checkout_id'),
  status: text(row, 'status'),
  amount: amount(row, 'amount'),
  currency: text(row, 'currency'),
})

const readOrder = (row: Row): StoredOrder => ({
  id: shown('po', text(row, 'id')),
  paymentId: shown('pay', text(row, 'payment_event_id')),
  seller: text(row, 'seller'),
  amount: amount(row, 'amount'),
  currency: text(row, 'currency'),
  platformFee: amount(row, 'platform_fee'),
  status: asOrderStatus(row['status'], 'stored status'),
  psp: text(row, 'psp'),
  chargeAttemptId: shown('att', text(row, 'charge_attempt_id')),
})

function readAttempt(row: Row): StoredAttempt {
  const operation = text(row, 'operation')
  if (operation !== 'charge' && operation !== 'capture' && operation !== 'void')
    throw new Error(`an attempt is stored with operation ${operation}`)
  return {
    id: shown('att', text(row, 'id')),
    paymentId: shown('pay', text(row, 'payment_event_id')),
    operation,
    chargeAttemptId: shown('att', text(row, 'charge_attempt_id')),
    amount: amount(row, 'amount'),
    currency: text(row, 'currency'),
    status: text(row, 'status'),
    pspReference: optional(row, 'psp_reference'),
  }
}

function readEntries(rows: readonly Row[]): readonly Entry[] {
  return [...Map.groupBy(rows, (row) => text(row, 'id'))].map(([id, postings]) => {
    const [first] = postings
    const orderId = first === undefined ? undefined : optional(first, 'payment_order_id')
    const reverses = first === undefined ? undefined : optional(first, 'reverses')
    const isLate = first !== undefined && text(first, 'kind') === 'late_success'
    return {
      id: shown('je', id),
      kind: first === undefined ? '' : text(first, 'kind'),
      orderId: orderId === undefined ? undefined : shown('po', orderId),
      fact: first === undefined ? undefined : optional(first, 'fact'),
      lateChargeId: isLate ? shown('att', text(first, 'fact')) : undefined,
      reference: first === undefined ? undefined : optional(first, 'reference'),
      reverses: reverses === undefined ? undefined : shown('je', reverses),
      postings: postings.map((row) => ({
        account: text(row, 'name'),
        amount: amount(row, 'amount'),
        currency: text(row, 'currency'),
      })),
    }
  })
}

const readBalance = (row: Row): Balance => ({
  account: text(row, 'name'),
  currency: text(row, 'currency'),
  debits: amount(row, 'debits'),
  credits: amount(row, 'credits'),
})

const readWallet = (row: Row): WalletRow => ({
  seller: text(row, 'seller'),
  currency: text(row, 'currency'),
  pending: amount(row, 'pending'),
  available: amount(row, 'available'),
  reserved: amount(row, 'reserved'),
  owed: amount(row, 'owed'),
  inPayout: amount(row, 'in_payout'),
})
