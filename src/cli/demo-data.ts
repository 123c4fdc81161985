/** One payment of the demo: the body of `POST /v1/payments`, under a key of its own, and what to do with it later. */
export type DemoPayment = {
  readonly name: string
  readonly body: {
    readonly currency: string
    readonly payment_method: string
    readonly orders: readonly { seller: string; amount: number; platform_fee?: number; reference?: string }[]
    readonly charge_mode?: 'single'
    readonly capture?: 'manual'
    readonly on_partial?: 'void_all'
  }
  readonly then?: 'capture' | 'cancel'
}

type Order = DemoPayment['body']['orders'][number]

const SELLERS = ['acme-books', 'bluebird-coffee', 'casa-lima', 'delta-cycles', 'edo-ceramics', 'gulf-lamps'] as const

/** Ordinary checkouts. Enough to fill a page of a list, few enough to be seeded in a second. */
const ORDINARY = 36
const ORDINARY_CURRENCIES = ['EUR', 'EUR', 'USD', 'BRL', 'JPY', 'KWD'] as const

/** The Lehmer generator of 1993: the demo is the same on every machine, so that guides may show it. */
function createNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

/** Commission of 10 %, in whole minor units. */
const sale = (seller: string, amount: number): Order => ({ seller, amount, platform_fee: Math.floor(amount / 10) })

function ordinary(): readonly DemoPayment[] {
  const number = createNumbers(20_261_122)
  return Array.from({ length: ORDINARY }, (_, index) => {
    const first = number(SELLERS.length)
    const sellers = Array.from({ length: 1 + number(3) }, (_skip, offset) => SELLERS[(first + offset) % SELLERS.length])
    return {
      name: `ordinary-${String(index + 1).padStart(2, '0')}`,
      body: {
        currency: ORDINARY_CURRENCIES[index % ORDINARY_CURRENCIES.length] ?? 'EUR',
        payment_method: 'pm_test_visa',
        orders: sellers.map((seller) => sale(seller ?? SELLERS[0], 500 + number(20_000))),
      },
    }
  })
}

const single = (name: string, paymentMethod: string, currency: string, ...orders: Order[]): DemoPayment => ({
  name,
  body: { currency, payment_method: paymentMethod, orders },
})

const declined: readonly DemoPayment[] = [
  single('declined', 'pm_test_declined', 'EUR', sale('acme-books', 4_990)),
  single('declined-funds', 'pm_test_insufficient_funds', 'EUR', sale('delta-cycles', 129_900)),
  single('declined-expired', 'pm_test_expired_card', 'USD', sale('bluebird-coffee', 1_850)),
  single('declined-two-sellers', 'pm_test_lost_card', 'JPY', sale('edo-ceramics', 8_800), sale('casa-lima', 3_300)),
]

const waiting: readonly DemoPayment[] = [
  single('3ds-one', 'pm_test_3ds', 'EUR', sale('acme-books', 7_500)),
  single('3ds-two', 'pm_test_3ds', 'BRL', sale('casa-lima', 18_990), sale('bluebird-coffee', 4_200)),
]

/** The last two digits of an amount decide, with this token only: see the test PSP in the reference. */
const magic: readonly DemoPayment[] = [
  single('magic-41', 'pm_test_magic', 'EUR', sale('acme-books', 10_041)),
  single('magic-42', 'pm_test_magic', 'EUR', sale('acme-books', 10_042)),
  single('magic-43', 'pm_test_magic', 'EUR', sale('bluebird-coffee', 10_043)),
  single('magic-44', 'pm_test_magic', 'EUR', sale('bluebird-coffee', 10_044)),
  single('magic-45', 'pm_test_magic', 'EUR', sale('casa-lima', 10_045)),
  single('magic-60', 'pm_test_magic', 'EUR', sale('delta-cycles', 10_060)),
  single('partial', 'pm_test_magic', 'EUR', sale('acme-books', 6_000), sale('casa-lima', 2_542)),
  single('partial-yen', 'pm_test_magic', 'JPY', sale('edo-ceramics', 9_800), sale('acme-books', 1_742)),
]

const special: readonly DemoPayment[] = [
  {
    name: 'one-charge',
    body: {
      currency: 'EUR',
      payment_method: 'pm_test_visa',
      charge_mode: 'single',
      orders: [sale('acme-books', 2_500), sale('delta-cycles', 89_900), sale('bluebird-coffee', 1_250)],
    },
  },
  {
    name: 'all-or-nothing',
    body: {
      currency: 'EUR',
      payment_method: 'pm_test_magic',
      on_partial: 'void_all',
      orders: [sale('casa-lima', 3_000), sale('gulf-lamps', 1_942)],
    },
  },
]

function manual(name: string, amount: number, then?: 'capture' | 'cancel'): DemoPayment {
  const orders = [sale('gulf-lamps', amount)]
  const body = { currency: 'KWD', payment_method: 'pm_test_visa', capture: 'manual', orders } as const
  return { name, body, ...(then === undefined ? {} : { then }) }
}

/** Every demo payment, always the same and in the same order. */
export const demoPayments = (): readonly DemoPayment[] => [
  ...ordinary(),
  ...declined,
  ...waiting,
  ...magic,
  ...special,
  manual('authorised', 24_500),
  manual('captured-later', 36_750, 'capture'),
  manual('canceled', 12_250, 'cancel'),
]
