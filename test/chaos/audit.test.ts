import { describe, expect, it } from 'vitest'
import { audit } from './audit.ts'
import { PLANTED_AT_NIGHT, type Planted, the, without } from './planted-at-night.ts'
import type { Snapshot } from './snapshot.ts'
import { type Mutable, soundSnapshot } from './sound-snapshot.ts'

const order = (snapshot: Mutable<Snapshot>, id: string) => the(snapshot.orders, (row) => row.id === id)
const seenOrder = (snapshot: Mutable<Snapshot>, id: string) =>
  the(
    snapshot.payments.flatMap((payment) => payment.orders),
    (row) => row.id === id,
  )
const charge = (snapshot: Mutable<Snapshot>, id: string) => the(snapshot.book, (row) => row.id === id)
const entry = (snapshot: Mutable<Snapshot>, id: string) => the(snapshot.entries, (row) => row.id === id)
const key = (snapshot: Mutable<Snapshot>, name: string) => the(snapshot.keys, (row) => row.key === name)
const CAPTURED = 'each captured order has exactly one captured charge, to the cent'
const BOOK = 'each captured charge in the book is ours and captured with us'
const ENTRY = 'each captured order has one capture entry with the right postings'
const WALLET = "each seller's wallet holds amount − fee of the captured orders"

const PLANTED: readonly Planted[] = [
  ...PLANTED_AT_NIGHT,
  ['a capture that the book does not have', CAPTURED, (s) => without(s.book, (row) => row.id === 'ch_att_paid_0')],
  [
    'a charge taken twice under one attempt',
    CAPTURED,
    (s) => s.book.push({ ...charge(s, 'ch_att_paid_0'), id: 'ch_twice' }),
  ],
  [
    'a charge taken twice under two keys',
    'one charge per attempt and per PSP key',
    (s) => s.book.push({ ...charge(s, 'ch_att_paid_0'), id: 'ch_twice', idempotencyKey: 'another' }),
  ],
  [
    'a second attempt that took money too',
    'no order has two charges that took money',
    (s) => {
      s.attempts.push({ ...the(s.attempts, (row) => row.id === 'att_paid_0'), id: 'att_again' })
      s.book.push({
        ...charge(s, 'ch_att_paid_0'),
        id: 'ch_2',
        reference: 'r2',
        attemptId: 'att_again',
        idempotencyKey: 'k2',
      })
    },
  ],
  [
    'an authorisation left beside a capture',
    'no order has two charges that took money',
    (s) => {
      s.attempts.push({ ...the(s.attempts, (row) => row.id === 'att_paid_0'), id: 'att_again' })
      s.book.push({ ...charge(s, 'ch_att_paid_0'), attemptId: 'att_again', status: 'authorised' })
    },
  ],
  [
    'a charge that is a cent off',
    CAPTURED,
    (s) => {
      charge(s, 'ch_att_paid_0').amount += 1n
    },
  ],
  [
    'a charge in another currency',
    CAPTURED,
    (s) => {
      charge(s, 'ch_att_paid_0').currency = 'USD'
    },
  ],
  [
    'a shared charge that is not the sum of its orders',
    CAPTURED,
    (s) => {
      charge(s, 'ch_att_single_0').amount -= 1n
    },
  ],
  [
    'a PSP reference of another charge',
    CAPTURED,
    (s) => {
      seenOrder(s, 'po_paid_0').pspReference = 'ch_att_paid_1'
    },
  ],
  [
    'a captured charge of an order that failed',
    BOOK,
    (s) => {
      charge(s, 'ch_att_declined_0').status = 'captured'
    },
  ],
  [
    'a captured charge that nobody ordered',
    BOOK,
    (s) =>
      s.book.push({
        ...charge(s, 'ch_att_paid_0'),
        id: 'ch_x',
        reference: 'x',
        attemptId: undefined,
        idempotencyKey: 'x',
      }),
  ],
  [
    'a captured charge of an order left unknown',
    BOOK,
    (s) => {
      order(s, 'po_paid_0').status = 'unknown'
    },
  ],
  [
    'a voided order whose authorisation stands',
    'declined, voided, authorised and waiting orders agree with the book',
    (s) => {
      charge(s, 'ch_att_cancelled_0').status = 'authorised'
    },
  ],
  [
    'an authorised order without a charge',
    'declined, voided, authorised and waiting orders agree with the book',
    (s) => without(s.book, (row) => row.id === 'ch_att_authorised_0'),
  ],
  [
    'a charge without an attempt',
    'each charge in the book comes from an attempt of ours',
    (s) => without(s.attempts, (row) => row.id === 'att_declined_0'),
  ],
  [
    'a charge that is still pending',
    'nothing is under way at the PSP',
    (s) => {
      charge(s, 'ch_att_declined_0').status = 'pending'
    },
  ],
  ['a capture that was not booked', ENTRY, (s) => without(s.entries, (row) => row.id === 'je_po_paid_0')],
  ['a capture that was booked twice', ENTRY, (s) => s.entries.push({ ...entry(s, 'je_po_paid_0'), id: 'je_twice' })],
  [
    'a capture booked for an order that failed',
    ENTRY,
    (s) => s.entries.push({ ...entry(s, 'je_po_paid_0'), id: 'je_x', orderId: 'po_declined_0' }),
  ],
  [
    'a capture credited to the wrong seller',
    ENTRY,
    (s) => {
      the(entry(s, 'je_po_paid_0').postings, (row) => row.account === 'seller:ada:pending').account =
        'seller:bob:pending'
    },
  ],
  [
    'a commission that is a cent off',
    ENTRY,
    (s) => {
      the(entry(s, 'je_po_paid_0').postings, (row) => row.account === 'revenue:commission').amount -= 1n
    },
  ],
  [
    'an entry that does not balance',
    'each entry sums to zero in each currency',
    (s) => {
      the(entry(s, 'je_m1').postings, (row) => row.account === 'chaos:cash').amount += 1n
    },
  ],
  [
    'a balance that drifted from its postings',
    'account balances equal the sums of their postings',
    (s) => {
      the(s.balances, (row) => row.account === 'revenue:commission').credits += 1n
    },
  ],
  [
    'a receivable that differs from the book',
    'captures in the book equal the receivable, currency by currency',
    (s) => {
      the(s.balances, (row) => row.account === 'psp:simulator:receivable').debits += 1n
    },
  ],
  [
    'a wallet that was credited twice',
    WALLET,
    (s) => {
      the(s.wallets, (row) => row.seller === 'ada' && row.currency === 'EUR').pending += 5_400n
    },
  ],
  [
    'a wallet that is missing',
    WALLET,
    (s) => without(s.wallets, (row) => row.seller === 'bob' && row.currency === 'JPY'),
  ],
  [
    'a wallet with money in a bucket that nothing moved',
    WALLET,
    (s) => {
      the(s.wallets, () => true).reserved = 1n
    },
  ],
  [
    'a wallet row that differs from the ledger',
    'wallet rows equal the ledger accounts of the seller',
    (s) => {
      the(s.walletRows, () => true).pending -= 1n
    },
  ],
  [
    'a trial balance that does not balance',
    'the trial balance balances and equals the postings',
    (s) => {
      the(s.trialBalance, () => true).credits += 1n
    },
  ],
  [
    'an account missing from the trial balance',
    'the trial balance balances and equals the postings',
    (s) => without(the(s.trialBalance, (row) => row.currency === 'JPY').accounts, () => true),
  ],
  [
    'a manual entry that was lost',
    'manual entries: the acknowledged ones once, the refused ones never',
    (s) => without(s.entries, (row) => row.id === 'je_m1'),
  ],
  [
    'a manual entry booked twice',
    'manual entries: the acknowledged ones once, the refused ones never',
    (s) => s.entries.push({ ...entry(s, 'je_m1'), id: 'je_m1b' }),
  ],
  [
    'a refused manual entry that was booked',
    'manual entries: the acknowledged ones once, the refused ones never',
    (s) => s.entries.push({ ...entry(s, 'je_m1'), id: 'je_m2', reference: 'm2' }),
  ],
  [
    'an entry that the API does not list',
    'the API lists every entry as it is stored',
    (s) => without(s.entriesSeen, () => true),
  ],
  [
    'an entry that the API lists twice',
    'the API lists every entry as it is stored',
    (s) => s.entriesSeen.push(the(s.entriesSeen, () => true)),
  ],
  [
    'an entry of a kind from nowhere',
    'no entry of a kind that this campaign does not cause',
    (s) => {
      entry(s, 'je_m1').kind = 'adjustment'
    },
  ],
  ...['invariants', 'verification', 'timeline', 'whereabouts', 'wallet', 'server'].map(
    (name): Planted => [
      `a bad answer about ${name}`,
      `${name}: every answer is good`,
      (s) => {
        the(s.probes, (probe) => probe.name === name).ok = false
      },
    ],
  ),
  [
    'a product that gives up on what it could charge',
    'at least 70 % of the payable orders were paid',
    (s) => {
      for (const row of s.payments.flatMap((payment) => payment.orders)) row.status = 'failed'
    },
  ],
  [
    'a surprise',
    'nothing else unexpected was seen',
    (s) => s.observations.unexpected.push('the server ended by itself'),
  ],
  [
    'an acknowledged payment that is gone',
    'every acknowledged payment exists',
    (s) => without(s.events, (row) => row.id === 'pay_paid'),
  ],
  [
    'an acknowledged payment that the API does not list',
    'every acknowledged payment exists',
    (s) => without(s.payments, (row) => row.id === 'pay_paid'),
  ],
  [
    'two payments answered under one key',
    'one payment per key',
    (s) => key(s, 'paid').answers.push({ accepted: 'pay_other', replayed: false }),
  ],
  [
    'two payments stored under one key',
    'one payment per key',
    (s) => s.events.push({ ...the(s.events, (row) => row.key === 'paid'), id: 'pay_second' }),
  ],
  [
    'a payment under a key that was never sent',
    'no payment that nobody asked for',
    (s) => {
      the(s.events, (row) => row.key === 'declined').key = 'chaos-ghost'
    },
  ],
  [
    'a payment over another amount than asked',
    'each payment is what was asked for',
    (s) => {
      seenOrder(s, 'po_paid_0').amount += 1n
    },
  ],
  [
    'a payment with its sellers swapped',
    'each payment is what was asked for',
    (s) => {
      seenOrder(s, 'po_paid_0').seller = 'bob'
    },
  ],
  [
    'a wrong request that was accepted',
    'wrong requests are refused and leave nothing',
    (s) => key(s, 'spoiled').answers.push({ accepted: 'pay_spoiled', replayed: false }),
  ],
  [
    'a right request that was refused',
    'right requests are accepted',
    (s) => key(s, 'single').answers.push({ refused: 'invalid_request', status: 422 }),
  ],
  [
    'a used key that took another body',
    'another body under a used key is refused',
    (s) => {
      the(s.reuses, () => true).answer = { accepted: 'pay_paid', replayed: true }
    },
  ],
  [
    'a checkout that is live twice',
    'one live payment per checkout',
    (s) => {
      the(s.events, (row) => row.key === 'declined').status = 'succeeded'
    },
  ],
  [
    'an accepted cancellation without effect',
    'acknowledged captures and cancellations took effect',
    (s) => {
      seenOrder(s, 'po_cancelled_0').status = 'authorised'
    },
  ],
  [
    'a request that was never answered',
    'every request got a definitive answer',
    (s) => key(s, 'paid').answers.splice(0),
  ],
  [
    'a server error',
    'no 5xx but 503 was answered',
    (s) => s.observations.serverErrors.push('GET /v1/payments gave 500'),
  ],
  ['a read that went backwards', 'no read went backwards', (s) => s.observations.backwards.push('po_1 went back')],
  [
    'an order that never ended',
    'every order is final',
    (s) => {
      seenOrder(s, 'po_paid_0').status = 'executing'
    },
  ],
  [
    'a decline that was captured',
    'every order ended as its token and amount say',
    (s) => {
      seenOrder(s, 'po_declined_0').status = 'captured'
    },
  ],
  [
    'an unknown order that no magic amount explains',
    'every order ended as its token and amount say',
    (s) => {
      seenOrder(s, 'po_paid_0').status = 'unknown'
    },
  ],
  [
    'a void_all payment that kept an order',
    'void_all keeps nothing of a payment that failed in part',
    (s) => {
      seenOrder(s, 'po_void-all_1').status = 'captured'
    },
  ],
  [
    'one charge whose orders differ',
    'the orders of one charge end alike',
    (s) => {
      seenOrder(s, 'po_single_1').status = 'failed'
    },
  ],
  [
    'a payment that says more than its orders',
    "each payment's status follows from its orders",
    (s) => {
      the(s.payments, (row) => row.id === 'pay_declined').status = 'partially_succeeded'
    },
  ],
  [
    'an API that shows another state than the database holds',
    'the API shows what the database holds',
    (s) => {
      order(s, 'po_waiting_0').status = 'failed'
    },
  ],
]

describe('audit', () => {
  it('finds nothing in a sound snapshot', () => {
    const results = audit(soundSnapshot())

    expect(results.flatMap((result) => result.violations)).toEqual([])
  })

  it.each(PLANTED)('names %s', (_, check, plant) => {
    const snapshot = soundSnapshot()

    plant(snapshot)

    const result = audit(snapshot).find((one) => one.name === check)
    expect(result?.violations.length).toBeGreaterThan(0)
  })

  it('has a planted violation for every check', () => {
    const planted = new Set(PLANTED.map(([, check]) => check))

    expect(audit(soundSnapshot()).map((result) => result.name)).toEqual(expect.arrayContaining([...planted]))
    expect(audit(soundSnapshot()).filter((result) => !planted.has(result.name))).toEqual([])
  })
})
