import type {
  Charge,
  Entry,
  OrderSeen,
  OrderStatus,
  PaymentAsked,
  PostingSeen,
  Snapshot,
  StoredOrder,
  WalletRow,
} from './snapshot.ts'
import { capturedAt, soundNights } from './sound-nights.ts'

export type Mutable<T> = T extends readonly (infer U)[]
  ? Mutable<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Mutable<T[K]> }
    : T

type Plan = {
  readonly name: string
  readonly asked: PaymentAsked
  readonly status: string
  readonly orders: readonly OrderStatus[]
  /** Status of the charges in the book, one per order or one for all. */
  readonly charges: readonly string[]
}

const ask = (asked: Partial<PaymentAsked>): PaymentAsked => ({
  checkoutId: undefined,
  currency: 'EUR',
  paymentMethod: 'pm_test_visa',
  chargeMode: 'per_order',
  capture: 'automatic',
  onPartial: 'keep',
  orders: [
    { seller: 'ada', amount: 6_000n, platformFee: 600n },
    { seller: 'bob', amount: 4_000n, platformFee: 0n },
  ],
  ...asked,
})

const one = (amount: bigint) => [{ seller: 'ada', amount, platformFee: 100n }]

/** A payment whose settlement file has a fault. */
const magic = (name: string, digits: bigint): Plan => ({
  name,
  asked: ask({
    paymentMethod: 'pm_test_magic',
    orders: [{ seller: 'cleo', amount: 20_000n + digits, platformFee: 100n }],
  }),
  status: 'succeeded',
  orders: ['captured'],
  charges: ['captured'],
})

const PLANS: readonly Plan[] = [
  {
    name: 'paid',
    asked: ask({ checkoutId: 'checkout-paid' }),
    status: 'succeeded',
    orders: ['captured', 'captured'],
    charges: ['captured', 'captured'],
  },
  {
    name: 'single',
    asked: ask({ currency: 'JPY', chargeMode: 'single' }),
    status: 'succeeded',
    orders: ['captured', 'captured'],
    charges: ['captured'],
  },
  {
    name: 'declined',
    asked: ask({ checkoutId: 'checkout-paid', paymentMethod: 'pm_test_declined' }),
    status: 'failed',
    orders: ['failed', 'failed'],
    charges: ['declined', 'declined'],
  },
  {
    name: 'cancelled',
    asked: ask({ capture: 'manual', orders: one(5_000n) }),
    status: 'canceled',
    orders: ['voided'],
    charges: ['voided'],
  },
  {
    name: 'authorised',
    asked: ask({ capture: 'manual', orders: one(5_500n) }),
    status: 'authorised',
    orders: ['authorised'],
    charges: ['authorised'],
  },
  {
    name: 'waiting',
    asked: ask({ paymentMethod: 'pm_test_3ds', orders: one(2_000n) }),
    status: 'requires_action',
    orders: ['requires_action'],
    charges: ['requires_action'],
  },
  {
    name: 'magic',
    asked: ask({ paymentMethod: 'pm_test_magic', orders: one(1_045n) }),
    status: 'succeeded',
    orders: ['captured'],
    charges: ['captured'],
  },
  ...([50n, 51n, 52n, 53n, 54n, 55n, 56n, 57n, 58n, 60n] as const).map((digits) => magic(`n${digits}`, digits)),
  magic('n59', 59n),
  magic('n59b', 59n),
  magic('tonight', 52n),
  {
    name: 'void-all',
    asked: ask({
      paymentMethod: 'pm_test_magic',
      onPartial: 'void_all',
      orders: [
        { seller: 'ada', amount: 1_042n, platformFee: 0n },
        { seller: 'bob', amount: 1_000n, platformFee: 0n },
      ],
    }),
    status: 'failed',
    orders: ['failed', 'voided'],
    charges: ['none', 'voided'],
  },
]

const attemptId = (plan: Plan, position: number): string =>
  `att_${plan.name}_${plan.asked.chargeMode === 'single' ? 0 : position}`
const orderId = (plan: Plan, position: number): string => `po_${plan.name}_${position}`

/** A small campaign in which everything holds, for tests that then break one thing. */
export function soundSnapshot(): Mutable<Snapshot> {
  const book = PLANS.flatMap(charges)
  const orders = PLANS.flatMap(storedOrders)
  const settled = soundNights(book, orders)
  const entries = [...PLANS.flatMap(captureEntries), ...manualEntries(), ...settled.entries]
  const turnover = turnoverOf(entries)
  const snapshot: Snapshot = {
    keys: [
      ...PLANS.map((plan) => ({
        key: plan.name,
        asked: plan.asked,
        mustBeRefusedWith: undefined,
        answers: [
          { accepted: `pay_${plan.name}`, replayed: false },
          { accepted: `pay_${plan.name}`, replayed: true },
        ],
      })),
      {
        key: 'spoiled',
        asked: ask({ currency: 'ZZZ' }),
        mustBeRefusedWith: 'invalid_request',
        answers: [{ refused: 'invalid_request', status: 422 }],
      },
    ],
    reuses: [{ key: 'paid', answer: { refused: 'idempotency_key_reused', status: 422 } }],
    followUps: [
      {
        key: 'cancelled-cancel',
        paymentId: 'pay_cancelled',
        action: 'cancel',
        paymentMethod: undefined,
        answer: { accepted: 'pay_cancelled', replayed: false },
      },
    ],
    manual: [
      {
        key: 'm1',
        reference: 'm1',
        reverses: undefined,
        postings: manualPostings(),
        mustBeRefusedWith: undefined,
        answers: [{ accepted: 'je_m1', replayed: false }],
      },
      {
        key: 'm2',
        reference: 'm2',
        reverses: undefined,
        postings: [],
        mustBeRefusedWith: 'entry_unbalanced',
        answers: [{ refused: 'entry_unbalanced', status: 422 }],
      },
    ],
    observations: { requests: 100, reads: 50, serverErrors: [], backwards: [], unexpected: [] },
    payments: PLANS.map((plan) => ({
      id: `pay_${plan.name}`,
      status: plan.status,
      amount: plan.asked.orders.reduce((sum, order) => sum + order.amount, 0n),
      currency: plan.asked.currency,
      orders: plan.orders.map((_, position) => orderSeen(plan, position)),
    })),
    wallets: walletsOf(turnover).map(({ inPayout: _, ...wallet }) => wallet),
    trialBalance: [...new Set(turnover.map((row) => row.currency))].map((currency) => {
      const rows = turnover.filter((row) => row.currency === currency)
      return {
        currency,
        debits: rows.reduce((sum, row) => sum + row.debits, 0n),
        credits: rows.reduce((sum, row) => sum + row.credits, 0n),
        accounts: rows.map(({ account, debits, credits }) => ({ account, debits, credits, balance: debits - credits })),
      }
    }),
    entriesSeen: structuredClone(entries),
    probes: ['invariants', 'verification', 'timeline', 'whereabouts', 'wallet', 'server'].map((name) => ({
      name,
      subject: 'all of it',
      ok: true,
      detail: '',
    })),
    events: PLANS.map((plan) => ({
      id: `pay_${plan.name}`,
      key: plan.name,
      checkoutId: plan.asked.checkoutId,
      status: plan.status,
      amount: plan.asked.orders.reduce((sum, order) => sum + order.amount, 0n),
      currency: plan.asked.currency,
    })),
    orders,
    attempts: PLANS.flatMap((plan) =>
      plan.charges.map((_, position) => ({
        id: attemptId(plan, position),
        paymentId: `pay_${plan.name}`,
        operation: 'charge' as const,
        chargeAttemptId: attemptId(plan, position),
        amount: charged(plan, position),
        currency: plan.asked.currency,
        status: 'succeeded',
        pspReference: `ch_${attemptId(plan, position)}`,
      })),
    ),
    entries,
    balances: turnover,
    walletRows: walletsOf(turnover),
    book,
    nights: settled.nights,
  }
  return structuredClone(snapshot) as Mutable<Snapshot>
}

const charged = (plan: Plan, position: number): bigint =>
  plan.asked.chargeMode === 'single'
    ? plan.asked.orders.reduce((sum, order) => sum + order.amount, 0n)
    : (plan.asked.orders[position]?.amount ?? 0n)

function orderSeen(plan: Plan, position: number): OrderSeen {
  const asked = plan.asked.orders[position]
  return {
    id: orderId(plan, position),
    seller: asked?.seller ?? '',
    amount: asked?.amount ?? 0n,
    platformFee: asked?.platformFee ?? 0n,
    status: plan.orders[position] ?? 'pending',
    psp: 'simulator',
    pspReference: `ch_${attemptId(plan, position)}`,
  }
}

function storedOrders(plan: Plan): readonly StoredOrder[] {
  return plan.orders.map((status, position) => ({
    ...orderSeen(plan, position),
    paymentId: `pay_${plan.name}`,
    currency: plan.asked.currency,
    status,
    chargeAttemptId: attemptId(plan, position),
  }))
}

function charges(plan: Plan): readonly Charge[] {
  return plan.charges.flatMap((status, position) => {
    if (status === 'none') return []
    const id = attemptId(plan, position)
    const amount = charged(plan, position)
    return {
      id: `ch_${id}`,
      reference: id,
      attemptId: id,
      idempotencyKey: id,
      amount,
      currency: plan.asked.currency,
      status,
      occurredAt: capturedAt(id),
    }
  })
}

function captureEntries(plan: Plan): readonly Entry[] {
  return plan.orders.flatMap((status, position) => {
    const asked = plan.asked.orders[position]
    if (status !== 'captured' || asked === undefined) return []
    const currency = plan.asked.currency
    const postings = [
      { account: 'psp:simulator:receivable', amount: asked.amount, currency },
      { account: `seller:${asked.seller}:pending`, amount: asked.platformFee - asked.amount, currency },
      { account: 'revenue:commission', amount: -asked.platformFee, currency },
    ].filter((posting) => posting.amount !== 0n)
    const id = orderId(plan, position)
    return {
      id: `je_${id}`,
      kind: 'capture',
      orderId: id,
      fact: id,
      lateChargeId: undefined,
      reference: undefined,
      reverses: undefined,
      postings,
    }
  })
}

const manualPostings = (): readonly PostingSeen[] => [
  { account: 'chaos:cash', amount: 70n, currency: 'EUR' },
  { account: 'chaos:capital', amount: -70n, currency: 'EUR' },
]

const manualEntries = (): readonly Entry[] => [
  {
    id: 'je_m1',
    kind: 'manual',
    orderId: undefined,
    fact: 'm1',
    lateChargeId: undefined,
    reference: 'm1',
    reverses: undefined,
    postings: manualPostings(),
  },
]

function walletsOf(turnover: ReturnType<typeof turnoverOf>): readonly WalletRow[] {
  const balance = (account: string, currency: string): bigint => {
    const row = turnover.find((one) => one.account === account && one.currency === currency)
    return row === undefined ? 0n : row.credits - row.debits
  }
  const owners = turnover.flatMap(({ account, currency }) => {
    const seller = /^seller:(.*):pending$/.exec(account)?.[1]
    return seller === undefined ? [] : [{ seller, currency }]
  })
  return owners.map(({ seller, currency }) => ({
    seller,
    currency,
    pending: balance(`seller:${seller}:pending`, currency),
    available: balance(`seller:${seller}:available`, currency),
    reserved: 0n,
    owed: 0n,
    inPayout: 0n,
  }))
}

function turnoverOf(entries: readonly Entry[]) {
  const rows = new Map<string, { account: string; currency: string; debits: bigint; credits: bigint }>()
  for (const { account, currency, amount } of entries.flatMap((entry) => entry.postings)) {
    const row = rows.get(`${account} ${currency}`) ?? { account, currency, debits: 0n, credits: 0n }
    if (amount > 0n) row.debits += amount
    else row.credits -= amount
    rows.set(`${account} ${currency}`, row)
  }
  return [...rows.values()]
}
