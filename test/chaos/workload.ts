import type { Random } from './random.ts'
import type { PaymentAsked, PostingSeen } from './snapshot.ts'

/** One checkout that a buyer wants, and what the campaign does around it. */
export type Checkout = {
  readonly key: string
  readonly asked: PaymentAsked
  /** The body as it is sent. */
  readonly body: Readonly<Record<string, unknown>>
  /** Asks the server to hold its answer for up to so many seconds. */
  readonly waitSeconds: number | undefined
  readonly mischief: Mischief
  readonly followUp: FollowUpPlan
  /** The payment method that a retry of the failed orders uses. */
  readonly retryWith: string
  readonly mustBeRefusedWith: string | undefined
}

/**
 * What a client does wrong, or a buyer in a hurry. `parallel`: the same request several times at once.
 * `double_click`: the same checkout under a second key. `reuse`: another body under the acknowledged
 * key. `replay`: the same request again much later, often after a restart.
 */
export type Mischief = 'none' | 'parallel' | 'double_click' | 'reuse' | 'replay'

export type FollowUpPlan = 'none' | 'capture' | 'cancel' | 'capture_and_cancel' | 'retry'

export type ManualEntry = {
  readonly key: string
  readonly reference: string
  readonly postings: readonly PostingSeen[]
  /** Whether to reverse the entry once it is acknowledged. */
  readonly thenReverse: boolean
  readonly mustBeRefusedWith: string | undefined
}

/** One thing to do, in one request or one conversation. */
export type Unit =
  | { readonly kind: 'checkout'; readonly checkout: Checkout }
  | { readonly kind: 'batch'; readonly key: string; readonly checkouts: readonly Checkout[] }
  | {
      readonly kind: 'entries'
      readonly batch: boolean
      readonly key: string
      readonly entries: readonly ManualEntry[]
    }

export const MANUAL_ACCOUNTS = [
  { account: 'chaos:cash', type: 'asset' },
  { account: 'chaos:float', type: 'asset' },
  { account: 'chaos:owed', type: 'liability' },
  { account: 'chaos:capital', type: 'equity' },
] as const

const DECLINES = [
  'pm_test_declined',
  'pm_test_insufficient_funds',
  'pm_test_lost_card',
  'pm_test_expired_card',
  'pm_test_processing_error',
] as const

/** Digits of magic amounts whose payment ends with its day. */
const WAITS_FOR_NIGHT: ReadonlySet<bigint> = new Set([45n, 60n])

/** One unit in this many is a manual ledger entry or a batch of them. */
const ENTRIES_EVERY = 12

/**
 * The units of a campaign, `payments` checkouts in all. Each unit draws from a stream of its own
 * number, so that a unit is the same whatever was drawn before it.
 */
export function planWorkload(random: Random, payments: number): readonly Unit[] {
  const units: Unit[] = []
  let planned = 0
  for (let number = 0; planned < payments; number += 1) {
    const own = random.fork(String(number))
    const name = `chaos-${number}`
    if (number % ENTRIES_EVERY === ENTRIES_EVERY - 1) {
      units.push(planEntries(own, name))
      continue
    }
    const size = own.chance(0.08) ? own.int(2, Math.min(20, Math.max(2, payments - planned))) : 1
    const unit =
      size === 1 ? ({ kind: 'checkout', checkout: planCheckout(own, name) } as const) : planBatch(own, name, size)
    units.push(unit)
    planned += size
  }
  return units
}

/** Digits that make trouble in the settlement file; with 41 and 45 beside them, which make it before. */
const NIGHTLY_DIGITS = [41, 45, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 59, 60] as const
/** So many more charges that a night takes long enough to be hit in every stage, and is booked in more than one piece. */
const NIGHTLY_LARGE = 34
const NIGHTLY_LARGE_ORDERS = 40

/** What is bought before a night: each fault of the files once, and a lot that nothing is wrong with. */
export function planEvening(random: Random, evening: number): readonly Unit[] {
  const name = (index: number): string => `chaos-evening-${evening}-${index}`
  const magic = NIGHTLY_DIGITS.map((digits, index) => {
    // The two of 59 are alike: in one currency they share a line.
    const own = random.fork(`magic ${digits}`)
    const amount = BigInt(own.int(3, 500) * 100 + digits)
    const orders = [{ seller: planSeller(own), amount, platformFee: planFee(own, amount) }]
    return plainCheckout(own, name(index), 'pm_test_magic', orders)
  })
  const large = Array.from({ length: NIGHTLY_LARGE }, (_, index) => {
    const own = random.fork(`large ${index}`)
    const orders = Array.from({ length: NIGHTLY_LARGE_ORDERS }, () => {
      const amount = planAmount(own)
      return { seller: planSeller(own), amount, platformFee: planFee(own, amount) }
    })
    return plainCheckout(own, name(NIGHTLY_DIGITS.length + index), 'pm_test_visa', orders)
  })
  return [...magic, ...large].map((checkout) => ({ kind: 'checkout', checkout }))
}

function plainCheckout(random: Random, key: string, paymentMethod: string, orders: PaymentAsked['orders']): Checkout {
  const asked: PaymentAsked = {
    checkoutId: undefined,
    currency: random.pick(['EUR', 'USD', 'JPY', 'KWD']),
    paymentMethod,
    chargeMode: 'per_order',
    capture: 'automatic',
    onPartial: 'keep',
    orders,
  }
  return {
    key,
    asked,
    body: bodyOf(asked, key),
    waitSeconds: undefined,
    mischief: 'none',
    followUp: 'none',
    retryWith: paymentMethod,
    mustBeRefusedWith: undefined,
  }
}

function planBatch(random: Random, name: string, size: number): Unit {
  const ownKeys = random.chance(0.7)
  const checkouts = Array.from({ length: size }, (_, index) => {
    const checkout = planCheckout(random.fork(`item ${index}`), `${name}-${index}`)
    // An item without a key of its own gets the batch's key and its index.
    const key = ownKeys ? checkout.key : `${name}:${index}`
    return { ...(random.chance(0.03) ? spoil(checkout) : checkout), key, mischief: 'none' as const }
  })
  return { kind: 'batch', key: name, checkouts }
}

function planCheckout(random: Random, name: string): Checkout {
  const paymentMethod = random.weighted([
    [62, 'pm_test_visa'],
    [24, 'pm_test_magic'],
    [10, random.pick(DECLINES)],
    [4, 'pm_test_3ds'],
  ])
  const chargeMode = random.chance(0.3) ? 'single' : 'per_order'
  const magic = paymentMethod === 'pm_test_magic'
  // The table says what magic amounts do to a charge that is captured at once, and only that.
  const capture = !magic && random.chance(0.2) ? 'manual' : 'automatic'
  const currency = random.weighted([
    [45, 'EUR'],
    [30, 'USD'],
    [15, 'JPY'],
    [10, 'KWD'],
  ])
  const orders = planOrders(random, magic ? magicDigits(random, chargeMode) : undefined, chargeMode)
  const partial = random.chance(magic ? 0.3 : 0.1)
  const mischief = random.weighted<Mischief>([
    [66, 'none'],
    [10, 'parallel'],
    [10, 'double_click'],
    [7, 'reuse'],
    [7, 'replay'],
  ])
  const asked: PaymentAsked = {
    checkoutId: mischief === 'double_click' || random.chance(0.3) ? `checkout-${name}` : undefined,
    currency,
    paymentMethod,
    chargeMode,
    capture,
    onPartial:
      partial && chargeMode === 'per_order' && !orders.some((order) => WAITS_FOR_NIGHT.has(order.amount % 100n))
        ? 'void_all'
        : 'keep',
    orders,
  }
  return {
    key: name,
    asked,
    body: bodyOf(asked, name),
    waitSeconds: random.chance(0.25) ? random.int(1, 3) : undefined,
    mischief,
    followUp: planFollowUp(random, asked),
    retryWith: random.chance(0.8) ? 'pm_test_visa' : random.pick(DECLINES),
    mustBeRefusedWith: undefined,
  }
}

function planFollowUp(random: Random, asked: PaymentAsked): FollowUpPlan {
  if (asked.paymentMethod === 'pm_test_3ds') return random.chance(0.3) ? 'cancel' : 'none'
  if (asked.capture === 'manual')
    return random.weighted([
      [55, 'capture'],
      [25, 'cancel'],
      [12, 'none'],
      [8, 'capture_and_cancel'],
    ])
  if (asked.onPartial === 'void_all') return 'none'
  return random.chance(0.5) ? 'retry' : 'none'
}

/** Last two digits for the amounts that the PSP will see: mostly ones that make trouble at payment time or in the file. */
function magicDigits(random: Random, chargeMode: 'per_order' | 'single'): () => number {
  const troubled = chargeMode === 'single' ? 0.9 : 0.5
  return () =>
    random.chance(troubled)
      ? random.weighted([
          [30, 41],
          [20, 42],
          [25, 43],
          [25, 44],
          [3, 45],
          [25, random.int(50, 59)],
          [2, 60],
        ])
      : random.int(0, 40)
}

function planOrders(random: Random, digits: (() => number) | undefined, chargeMode: 'per_order' | 'single') {
  const count = random.chance(0.015)
    ? 50
    : random.weighted([
        [35, 1],
        [30, 2],
        [15, 3],
        [20, random.int(4, 8)],
      ])
  const orders = Array.from({ length: count }, () => {
    const amount = digits === undefined ? planAmount(random) : BigInt(random.int(1, 500) * 100 + digits())
    return { seller: planSeller(random), amount, platformFee: planFee(random, amount) }
  })
  const [first] = orders
  if (digits === undefined || chargeMode === 'per_order' || first === undefined) return orders
  // One charge for all: the digits of the sum count, so the first order makes up the difference.
  const sum = orders.reduce((total, order) => total + order.amount, 0n)
  const amount = first.amount + ((BigInt(digits()) - (sum % 100n) + 100n) % 100n)
  return [{ ...first, amount }, ...orders.slice(1)]
}

/** Mostly everyday prices, now and then one minor unit, now and then more than 32 bits hold. */
function planAmount(random: Random): bigint {
  return BigInt(
    random.weighted([
      [80, random.int(100, 50_000)],
      [12, random.int(1, 9)],
      [6, random.int(1_000_000, 99_999_999)],
      [2, random.int(2 ** 32, 2 ** 40)],
    ]),
  )
}

function planFee(random: Random, amount: bigint): bigint {
  return random.weighted([
    [70, (amount * BigInt(random.int(1, 30))) / 100n],
    [15, 0n],
    [5, amount],
    [10, BigInt(random.int(0, Number(amount < 1_000n ? amount : 1_000n)))],
  ])
}

/** A few sellers get most of the orders, as in real shops, so that their rows are contended. */
function planSeller(random: Random): string {
  return `seller-${Math.floor(40 * random.next() ** 3)}`
}

export function bodyOf(asked: PaymentAsked, name: string): Record<string, unknown> {
  return {
    ...(asked.checkoutId === undefined ? {} : { checkout_id: asked.checkoutId }),
    buyer: { reference: `buyer-${name}` },
    currency: asked.currency,
    payment_method: asked.paymentMethod,
    charge_mode: asked.chargeMode,
    capture: asked.capture,
    on_partial: asked.onPartial,
    orders: asked.orders.map((order, index) => ({
      reference: `${name}-${index}`,
      seller: order.seller,
      amount: Number(order.amount),
      platform_fee: Number(order.platformFee),
    })),
    metadata: { chaos: name },
  }
}

/** The same checkout with a currency that does not exist: refused, whatever stands beside it in the batch. */
function spoil(checkout: Checkout): Checkout {
  return {
    ...checkout,
    body: { ...checkout.body, currency: 'ZZZ' },
    mustBeRefusedWith: 'invalid_request',
    followUp: 'none',
  }
}

function planEntries(random: Random, name: string): Unit {
  const batch = random.chance(0.5)
  const entries = Array.from({ length: batch ? random.int(2, 30) : 1 }, (_, index) => {
    const wrong = random.chance(0.08)
    return {
      key: batch ? `${name}-${index}` : name,
      reference: `${name}-${index}`,
      postings: planPostings(random, wrong),
      thenReverse: !wrong && random.chance(0.15),
      mustBeRefusedWith: wrong ? 'entry_unbalanced' : undefined,
    }
  })
  return { kind: 'entries', batch, key: name, entries }
}

function planPostings(random: Random, wrong: boolean): readonly PostingSeen[] {
  const names = MANUAL_ACCOUNTS.map((row) => row.account)
  const currencies = random.chance(0.2) ? ['EUR', 'USD'] : [random.pick(['EUR', 'USD', 'JPY', 'KWD'])]
  return currencies.flatMap((currency, index) => {
    const amount = BigInt(random.int(2, 1_000_000))
    const first = random.int(0, names.length - 1)
    const debit = names[first] ?? 'chaos:cash'
    const credit = names[(first + random.int(1, names.length - 1)) % names.length] ?? 'chaos:capital'
    const off = wrong && index === 0 ? 1n : 0n
    return [
      { account: debit, amount: amount + off, currency },
      { account: credit, amount: -amount, currency },
    ]
  })
}
