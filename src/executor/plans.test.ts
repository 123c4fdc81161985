import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment, startMoneyPath } from '../../test/support/money-path.ts'
import { createScriptedPsp, LOST } from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { Refusal } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'

/** How PostgreSQL goes about every statement of the money path when the tables are large: the plans that are kept. */

const SIZE = 50_000

// Finished payments of long ago, one order each; two entries' worth of postings; wallets and accounts of many sellers.
const FILL = `
  set session_replication_role = replica;
  insert into payment_event (id, idempotency_key, fingerprint, checkout_id, buyer_reference, amount, currency, payment_method, charge_mode, capture, on_partial, psp, metadata, status, created_at)
    select lpad(to_hex(n), 32, '0')::uuid, 'old-' || n, '\\x00', 'old-' || n, 'b', 100, 'EUR', 'pm', 'per_order', 'automatic', 'keep', 'old', '{}',
           case n % 50 when 0 then 'failed' when 1 then 'partially_succeeded' else 'succeeded' end, timestamptz '2025-01-01' + n * interval '1 minute'
      from generate_series(1, ${SIZE}) n;
  insert into payment_order (id, payment_event_id, position, seller, amount, currency, platform_fee, status, charge_attempt_id, captured_at)
    select ('1' || lpad(to_hex(n), 31, '0'))::uuid, lpad(to_hex(n), 32, '0')::uuid, 1, 'old-' || n % 5000, 100, 'EUR', 10,
           case n % 50 when 0 then 'failed' else 'captured' end, ('2' || lpad(to_hex(n), 31, '0'))::uuid, case n % 50 when 0 then null else now() end
      from generate_series(1, ${SIZE}) n;
  insert into attempt (id, payment_event_id, payment_order_id, operation, charge_attempt_id, psp, payment_method, capture, amount, currency, status, psp_reference, created_at, last_sent_at, finished_at, sends)
    select ('2' || lpad(to_hex(n), 31, '0'))::uuid, lpad(to_hex(n), 32, '0')::uuid, ('1' || lpad(to_hex(n), 31, '0'))::uuid, 'charge', ('2' || lpad(to_hex(n), 31, '0'))::uuid,
           'scripted', 'pm', 'automatic', 100, 'EUR', case n % 50 when 0 then 'declined' else 'succeeded' end, 'old-' || n, now(), now(), now(), 1
      from generate_series(1, ${SIZE}) n;
  insert into attempt_step (id, payment_event_id, attempt_id, at, kind, detail)
    select ('3' || lpad(to_hex(n), 31, '0'))::uuid, lpad(to_hex(n), 32, '0')::uuid, ('2' || lpad(to_hex(n), 31, '0'))::uuid, now(), 'charge.unknown', '{}' from generate_series(1, ${SIZE}) n;
  insert into payment_request (id, endpoint, idempotency_key, fingerprint, payment_event_id, requested_at)
    select ('4' || lpad(to_hex(n), 31, '0'))::uuid, 'capture', 'old-' || n, '\\x00', lpad(to_hex(n), 32, '0')::uuid, now() from generate_series(1, ${SIZE}) n;
  insert into psp_webhook (id, psp, psp_event_id, reference, outcome, received_at, handled_at, result)
    select ('5' || lpad(to_hex(n), 31, '0'))::uuid, 'old', 'old-' || n, 'r', '{}', now(), now(), 'recorded' from generate_series(1, ${SIZE}) n;
  insert into journal_entry (id, kind, fact, payment_event_id, payment_order_id, occurred_at, booked_at, accounting_date, chain_id, batch_seq, posting_count)
    select ('6' || lpad(to_hex(n), 31, '0'))::uuid, 'capture', 'old-' || n, lpad(to_hex(n), 32, '0')::uuid, ('1' || lpad(to_hex(n), 31, '0'))::uuid, now(), now(), current_date, 1, -n, 2
      from generate_series(1, ${SIZE}) n;
  insert into journal_entry (id, kind, fact, payment_event_id, payment_order_id, occurred_at, booked_at, accounting_date, chain_id, batch_seq, posting_count)
    select ('7' || lpad(to_hex(n), 31, '0'))::uuid, 'late_success', 'old-' || n, lpad(to_hex(n), 32, '0')::uuid, null, now(), now(), current_date, 1, -n, 2
      from generate_series(1, ${SIZE / 50}) n;
  insert into posting (entry_id, position, account_id, amount, currency, leaf)
    select ('6' || lpad(to_hex(n), 31, '0'))::uuid, p, n % 5000, case p when 1 then 100 else -100 end, 'EUR', sha256('x') from generate_series(1, ${SIZE}) n, generate_series(1, 2) p;
  insert into wallet (seller, currency, pending) select 'old-' || n, 'EUR', 1 from generate_series(1, 20000) n;
  insert into ledger_account (name, type) select 'old-' || n, 'asset' from generate_series(1, 20000) n;
  insert into account_balance (account_id, currency, stripe, debits, credits) select n, 'EUR', 1, 1, 1 from generate_series(1, 20000) n;
  analyze`

const TABLES =
  'payment_event|payment_order|attempt|attempt_step|payment_request|psp_webhook|journal_entry|posting|wallet|ledger_account|account_balance'
const WHOLE_TABLE = new RegExp(`Seq Scan on (${TABLES})\\b`)
const INDEX_SCAN = new RegExp(`Scan (?:Backward )?(?:using (\\w+) )?on (${TABLES})\\b`)

// Of these indexes everything may be read: they hold what is in flight, or are read backward until a page is full.
const SMALL = ['attempt_due', 'psp_webhook_unhandled', 'payment_event_pkey', 'payment_event_exceptional_status']

/** What of a plan reads a large table, or an index of one, from end to end; by kind alone counts as that. */
function excessive(plan: string): readonly string[] {
  const lines = plan.split('\n')
  return lines.filter((line, index) => {
    if (WHOLE_TABLE.test(line)) return true
    const scan = INDEX_SCAN.exec(line)
    if (scan === null || SMALL.includes(scan[1] ?? '') || line.includes('Bitmap Heap')) return false
    const condition = lines[index + 1] ?? ''
    return !condition.includes('Index Cond:') || /Index Cond: \(kind = '\w+'::text\)$/.test(condition)
  })
}

let database: TestDatabase
let owner: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new pg.Client({ connectionString: database.ownerUrl, options: `-c search_path=${database.schema}` })
  await owner.connect()
  await owner.query(FILL)
  await owner.query('vacuum')
})

afterAll(async () => {
  await owner.end()
  await database.drop()
})

/** Every statement of a money path that accepts, charges, is lost, looks up, captures, cancels, retries and is read. */
async function statementsInUse(): Promise<ReadonlyMap<string, string>> {
  const psp = createScriptedPsp()
  const path = await startMoneyPath({ url: database.url, psps: [psp] })
  try {
    const pay = async (overrides: Parameters<typeof aPayment>[0] = {}) => {
      const [accepted] = await path.payments.accept([
        aPayment({ psp: psp.name, checkoutId: newId(), orders: [anOrder('old-1', 100n)], ...overrides }),
      ])
      if (accepted === undefined || accepted instanceof Refusal) throw accepted
      return path.payments.waitForFinal(accepted.payment.id, 10_000)
    }
    const request = (paymentId: string, endpoint: 'capture' | 'cancel' | 'retry') =>
      path.payments.request({
        paymentId,
        endpoint,
        idempotencyKey: newId(),
        fingerprint: Buffer.alloc(32),
        paymentMethod: 'pm',
      })

    psp.scripts.charge = (_, nth) => (nth === 1 ? { does: 'nothing', says: LOST } : undefined)
    const lost = await pay()
    psp.scripts.charge = () => ({ does: 'declined' })
    const declined = await pay()
    psp.scripts.charge = () => undefined
    await request(declined.id, 'retry')
    for (const endpoint of ['capture', 'cancel'] as const) {
      const held = await pay({ capture: 'manual' })
      await request(held.id, endpoint)
      await path.payments.waitForFinal(held.id, 10_000)
    }
    await pay({ onPartial: 'void_all', orders: [anOrder('old-1', 100n), anOrder('old-2', 100n)] })
    const [charge] = psp.book()
    const { headers, body } = psp.webhook(charge?.reference ?? '')
    await path.inbox.receive(psp.name, headers, body)
    await path.inbox.idle()
    await path.inbox.sweep()
    const key = newId()
    await path.payments.accept([aPayment({ psp: psp.name, idempotencyKey: key })])
    await path.payments.accept([aPayment({ psp: psp.name, idempotencyKey: key })])
    await path.payments.timeline(lost.id)
    await path.payments.whereabouts(lost.id)
    const page = { limit: 50 }
    for (const filter of [
      {},
      { status: 'failed' as const },
      { seller: 'old-7' },
      { seller: 'old-7', status: 'succeeded' as const, after: lost.id },
      { checkoutId: 'old-7' },
      { createdGte: new Date(Date.now() - 86_400_000), createdLt: new Date() },
    ]) {
      await path.payments.list({ ...page, ...filter })
    }
    await path.clockControl.advance(1_000)
    await waitFor(() => path.executor.backlog() === 0, { what: 'everything to end' })
    return path.statements()
  } finally {
    await path.stop()
  }
}

async function planOf(text: string): Promise<string> {
  const { rows } = await owner.query<{ 'QUERY PLAN': string }>(`explain (generic_plan, costs off) ${text}`)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

describe('money path over large tables', () => {
  it('reads no large table from end to end', async () => {
    const statements = await statementsInUse()

    const findings: string[] = []
    for (const [name, text] of statements) {
      const plan = await planOf(text)
      if (excessive(plan).length > 0) findings.push(`${name}\n${plan}`)
    }

    expect([...statements.keys()]).toEqual(
      expect.arrayContaining([
        'executor.claim',
        'executor.inherit',
        'payments.read_attempts',
        'payments.update_orders',
      ]),
    )
    expect(findings).toEqual([])
  })
})
