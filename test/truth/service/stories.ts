import { dayAt, feeOf } from '../../support/nights.ts'
import type { Seeded } from '../../support/seeded.ts'
import type { FileLine } from '../../support/settlement-text.ts'
import type { Life, PlannedLine, Sale, Story } from './plan.ts'

/** What may happen to a sale or to a line of which we know nothing, with what the runs have to say about it. */

export type Teller = {
  readonly random: Seeded
  readonly day: number
  readonly last: number
  /** The run of the next day has a night of its own, so that something can happen between the two. */
  readonly isNextApart: boolean
  /** The run before which this day's file is issued again. */
  readonly reissued: number | undefined
  readonly sale: (over?: Partial<Sale>) => Sale
  readonly foreign: () => string
}

const MINUTE_MS = 60_000
const startOf = (day: number): number => Date.parse(`${dayAt(day)}T00:00:00Z`)

const line = (sale: Sale, over: Partial<PlannedLine> = {}): PlannedLine => ({
  day: sale.day,
  of: [sale.name],
  change: {},
  version: 'both',
  ...over,
})

const nothing = (sales: readonly Sale[], lines: readonly PlannedLine[]): Story => ({ sales, lines, lives: [] })

/** Only we have it: it waits a day, is missing then, and clears when its line comes. */
function alone(sale: Sale, comes: number | undefined, code = 'awaiting_settlement'): Life {
  const due = sale.day + 1
  return {
    ...{ source: 'simulator', ours: sale.name, theirs: '-', code, opened: sale.day, due },
    difference: sale.amount,
    currency: sale.currency,
    promoted: comes !== undefined && comes <= due ? undefined : [due, 'missing_external'],
    cleared: comes,
  }
}

const lonely = (theirs: string, code: string, opened: number, amount: bigint, currency: string): Life => ({
  ...{ source: 'simulator', ours: '-', theirs, code, opened },
  difference: -amount,
  currency,
})

/** A charge and its line that are not over the same amount. */
const differing = ({ name, day, currency }: Sale, difference: bigint): Life => ({
  ...{ source: 'simulator', ours: name, theirs: name, code: 'amount_mismatch', opened: day, difference, currency },
})

const ACROSS = { code: 'currency_mismatch', difference: undefined, currency: undefined } as const

export type Defect =
  | 'none'
  | 'gone'
  | 'amount'
  | 'currency'
  | 'status'
  | 'fee'
  | 'twice'
  | 'amount and fee'
  | 'status and amount'
export const DEFECTS: readonly Defect[] = [
  'none', 'gone', 'amount', 'currency', 'status', 'fee', 'twice', 'amount and fee', 'status and amount',
] // biome-ignore format: one list

/** The lines of a sale in one version of its file, and what the first run that reads them says. */
function defective(
  sale: Sale,
  defect: Defect,
  by: bigint,
  opened: number,
): { changes: readonly Partial<FileLine>[]; lives: readonly Life[] } {
  const pair = (code: string, difference: bigint | undefined): Life => ({
    ...{ source: 'simulator', ours: sale.name, theirs: sale.name, code, opened, difference },
    currency: difference === undefined ? undefined : sale.currency,
  })
  const [amount, fee] = [sale.amount + by, feeOf(sale.amount) + by]
  switch (defect) {
    case 'none': return { changes: [{}], lives: [] }
    case 'gone': return {
      changes: [],
      lives: opened > sale.day ? [{ ...alone(sale, undefined, 'missing_external'), opened, due: undefined, promoted: undefined }] : [alone(sale, undefined)],
    }
    case 'amount': return { changes: [{ amount }], lives: [pair('amount_mismatch', -by)] }
    case 'currency': return { changes: [{ currency: sale.currency === 'EUR' ? 'USD' : 'EUR' }], lives: [pair('currency_mismatch', undefined)] }
    case 'status': return { changes: [{ status: 'refunded' }], lives: [pair('status_mismatch', 0n)] }
    case 'fee': return { changes: [{ fee }], lives: [pair('fee_mismatch', -by)] }
    case 'twice': return {
      changes: [{}, { at: new Date(sale.at + 1_000) }],
      lives: [lonely(sale.name, 'duplicate_external', opened, sale.amount, sale.currency)],
    }
    case 'amount and fee': return { changes: [{ amount, fee }], lives: [pair('amount_mismatch', -by)] }
    case 'status and amount': return { changes: [{ amount, status: 'refunded' }], lives: [pair('status_mismatch', -by)] }
  } // biome-ignore format: a table
}

const gap = (random: Seeded): bigint => BigInt(random.pick([1, -1, 25, -300]))

export const STORIES = {
  agreed: ({ sale }) => {
    const sold = sale()
    return nothing([sold], [line(sold)])
  },
  defect: ({ random, sale, day }) => {
    const sold = sale()
    const { changes, lives } = defective(sold, random.pick(DEFECTS), gap(random), day)
    return { sales: [sold], lines: changes.map((change) => line(sold, { change })), lives }
  },
  /** One thing is wrong in the first version of the file, and another one, or none, in the second. */
  defect_in_one_version: ({ random, sale, day, reissued }) => {
    if (reissued === undefined) return undefined
    const sold = sale()
    const [before, after] = [random.pick(DEFECTS), random.pick(DEFECTS)]
    const isTwice = before === 'twice' || after === 'twice'
    // What stays in both versions stays as it is; of two equal lines nobody could say which one stayed.
    if (before === after || (isTwice && before !== 'none' && after !== 'none')) return undefined
    const by = gap(random)
    const [first, second] = [defective(sold, before, by, day), defective(sold, after, by, reissued)]
    return {
      sales: [sold],
      lines: [
        ...first.changes.map((change) => line(sold, { change, version: 'first' })),
        ...second.changes.map((change) => line(sold, { change, version: 'second' })),
      ],
      lives: [
        ...first.lives.map((life) => (before === 'gone' ? alone(sold, reissued) : { ...life, cleared: reissued })),
        ...second.lives,
      ],
    }
  },
  late_line: ({ random, sale, day, last }) => {
    const sold = sale()
    const comes = day + random.integer(1, 3)
    return {
      sales: [sold],
      lines: comes > last ? [] : [line(sold, { day: comes })],
      lives: [alone(sold, comes > last ? undefined : comes)],
    }
  },
  straddle: ({ random, sale, day, last }) => {
    const sold = sale({ at: startOf(day + 1) - random.integer(1, 15) * MINUTE_MS })
    const comes = day + random.integer(0, 3)
    if (comes === day) return nothing([sold], [line(sold)])
    const isThere = comes <= last
    return {
      sales: [sold],
      lines: isThere ? [line(sold, { day: comes })] : [],
      lives: [alone(sold, isThere ? comes : undefined, 'cutoff_straddle')],
    }
  },
  foreign: ({ random, day, foreign, reissued }) => {
    const [pspReference, kind] = [
      foreign(),
      random.pick(['charge', 'charge', 'refund', 'dispute', 'adjustment', 'fee']),
    ]
    const amount = kind === 'charge' ? 1_234n : -567n
    const version = reissued === undefined ? 'both' : random.pick(['both', 'first', 'second'] as const)
    const change = {
      pspReference,
      kind,
      amount,
      fee: 0n,
      reference: random.pick(['', pspReference]),
      at: new Date(startOf(day) + 9 * 3_600_000),
      currency: 'EUR',
      status: 'captured',
    }
    const life = lonely(pspReference, 'missing_internal', version === 'second' ? (reissued ?? day) : day, amount, 'EUR')
    return {
      sales: [],
      lines: [{ day, of: [], change, version }],
      lives: kind === 'fee' ? [] : [{ ...life, cleared: version === 'first' ? reissued : undefined }],
    }
  },
  foreign_just_after_the_cut_off: ({ random, day, foreign }) => {
    const pspReference = foreign()
    const at = new Date(startOf(day) + random.integer(0, 14) * MINUTE_MS)
    const change = {
      pspReference,
      kind: 'charge',
      amount: 999n,
      fee: 0n,
      reference: '',
      at,
      currency: 'EUR',
      status: 'captured',
    }
    const life = lonely(pspReference, 'awaiting_internal', day, 999n, 'EUR')
    return {
      sales: [],
      lines: [{ day, of: [], change, version: 'both' }],
      lives: [{ ...life, due: day + 1, promoted: [day + 1, 'missing_internal'] }],
    }
  },
  /** The line names it by the PSP's id alone, and we book it a day late. */
  booked_late: ({ random, sale, day, last, isNextApart }) => {
    if (!isNextApart || day === last) return undefined
    const isEarly = random.chance(0.5)
    const at = startOf(day) + (isEarly ? random.integer(0, 14) * MINUTE_MS : 9 * 3_600_000)
    const sold = sale({ at, booked: day + 1 })
    const code = isEarly ? 'awaiting_internal' : 'missing_internal'
    const life = lonely(sold.name, code, day, sold.amount, sold.currency)
    return {
      sales: [sold],
      lines: [line(sold, { change: { reference: '' } })],
      lives: [{ ...life, due: isEarly ? day + 1 : undefined, cleared: day + 1 }],
    }
  },
  booked_late_and_in_no_file: ({ sale, day, last, isNextApart }) => {
    if (!isNextApart || day === last) return undefined
    const sold = sale({ booked: day + 1 })
    const life = alone(sold, undefined, 'missing_external')
    return { sales: [sold], lines: [], lives: [{ ...life, opened: day + 1, due: undefined, promoted: undefined }] }
  },
  duplicate_in_a_later_file: ({ random, sale, day, last }) => {
    const sold = sale()
    const again = day + random.integer(1, 2)
    if (again > last) return undefined
    return {
      sales: [sold],
      lines: [line(sold), line(sold, { day: again })],
      lives: [lonely(sold.name, 'duplicate_external', again, sold.amount, sold.currency)],
    }
  },
  captured_in_part: ({ random, sale }) => {
    const sold = sale()
    const amount = sold.amount / BigInt(random.integer(2, 5))
    return {
      sales: [sold],
      lines: [line(sold, { change: { amount } })],
      lives: [differing(sold, sold.amount - amount)],
    }
  },
  /** A charge is settled by one line: of captures that come to it the first one is, and every other one is there too much. */
  captured_in_parts: ({ random, sale, day, last }) => {
    const sold = sale()
    const first = sold.amount / 3n + BigInt(random.integer(1, 5))
    const rest = sold.amount - first
    const comes = day + random.integer(0, 1)
    if (comes > last) return undefined
    return {
      sales: [sold],
      lines: [
        line(sold, { change: { amount: first } }),
        line(sold, { day: comes, change: { amount: rest, at: new Date(sold.at + 1_000) } }),
      ],
      lives: [differing(sold, rest), lonely(sold.name, 'duplicate_external', comes, rest, sold.currency)],
    }
  },
  /** Settled at a rate: between two currencies there is no difference to tell. */
  settled_in_another_currency: ({ random, sale }) => {
    const sold = sale({ currency: 'EUR' })
    const [currency, amount] = random.pick([
      ['USD', (sold.amount * 10_873n) / 10_000n],
      ['JPY', (sold.amount * 163n) / 100n],
    ] as const)
    const change = { currency, amount, fee: amount / 30n }
    return { sales: [sold], lines: [line(sold, { change })], lives: [{ ...differing(sold, 0n), ...ACROSS }] }
  },
  /** A charge that stands for several orders is booked once for each, and is one record. */
  of_several_orders: ({ random, sale }) => {
    const sold = sale({ orders: random.integer(2, 4) })
    if (random.chance(0.5)) return nothing([sold], [line(sold)])
    const by = gap(random)
    return {
      sales: [sold],
      lines: [line(sold, { change: { amount: sold.amount + by } })],
      lives: [differing(sold, -by)],
    }
  },
  by_the_id_of_the_psp: ({ random, sale }) => {
    const sold = sale()
    return nothing([sold], [line(sold, { change: { reference: random.pick(['', '~mangled~']) } })])
  },
  joined: ({ random, sale, day }) => {
    const currency = random.pick(['EUR', 'JPY'])
    const sales = Array.from({ length: random.integer(2, 4) }, () => sale({ currency }))
    const names = sales.map(({ name }) => name)
    if (random.chance(0.6)) return nothing(sales, [{ day, of: names, change: {}, version: 'both' }])
    const amount = sales.reduce((sum, each) => sum + each.amount, 0n) + 1n
    return {
      sales,
      lines: [{ day, of: names, change: { amount }, version: 'both' }],
      lives: [
        lonely(names.join('+'), 'missing_internal', day, amount, currency),
        ...sales.map((each) => alone(each, undefined)),
      ],
    }
  },
  unknown: ({ random, sale, day, last }) => {
    const sold = sale({ booked: 'unknown' })
    const told = day + random.integer(0, 2)
    if (told === day) return nothing([sold], [line(sold)])
    const isTold = told <= last
    return {
      sales: [sold],
      lines: isTold ? [line(sold, { day: told })] : [],
      lives: [
        {
          ...{ source: 'simulator', ours: sold.name, theirs: '-', code: 'pending_outcome', opened: day, due: day + 1 },
          promoted: told === day + 1 && isTold ? undefined : [day + 1, 'pending_outcome'],
          cleared: isTold ? told : undefined,
        },
      ],
    }
  },
  captured_after_a_decline: ({ sale }) => {
    const sold = sale({ booked: 'after a decline' })
    return nothing([sold], [line(sold)])
  },
} satisfies Readonly<Record<string, (teller: Teller) => Story | undefined>>
