import type { Charge, Entry, Nights, PostingSeen, PspFile, PspLine, StoredBreak, StoredOrder } from './snapshot.ts'

const DAYS = ['2026-03-02', '2026-03-03', '2026-03-04'] as const
const RECEIVABLE = 'psp:simulator:receivable'
const SUSPENSE = 'suspense:simulator'

/** When the charges that are not of the first day at noon were captured. */
const CAPTURED_AT: Readonly<Record<string, string>> = {
  att_n60_0: '2026-03-02T23:59:55.000Z',
  att_single_0: '2026-03-03T12:00:00.000Z',
  att_tonight_0: '2026-03-04T12:00:00.000Z',
}
export const capturedAt = (attemptId: string): string => CAPTURED_AT[attemptId] ?? '2026-03-02T12:00:00.000Z'

/** A charge's line in the file of a day, and what differs about it. */
type LineOf = {
  readonly charge: string
  readonly role: 'pair' | 'stranger'
  /** The charge that shares the line. */
  readonly sharedWith?: string
} & Partial<PspLine>

const pair = (charge: string, differs: Partial<PspLine> = {}): LineOf => ({ charge, role: 'pair', ...differs })

const LINES: readonly (readonly LineOf[])[] = [
  [
    ...['paid_0', 'paid_1', 'magic_0', 'n50_0', 'n53_0', 'n57_0'].map((name) => pair(`att_${name}`)),
    { charge: 'att_n50_0', role: 'stranger', pspReference: 'ch_foreign', gross: 1_234n, fee: 66n },
    { charge: 'att_n53_0', role: 'stranger' },
    pair('att_n54_0', { gross: 19_954n }),
    pair('att_n55_0', { fee: 6_120n }),
    pair('att_n56_0', { currency: 'USD' }),
    pair('att_n58_0', { status: 'refunded', gross: 0n, fee: 0n }),
    { ...pair('att_n59_0'), sharedWith: 'att_n59b_0' },
  ],
  [pair('att_single_0'), pair('att_n52_0'), pair('att_n60_0', { occurredAt: '2026-03-03T00:00:30.000Z' })],
  [],
]

/** Code, class, state, charge, line of the first file, difference, whether it was promoted. */
const BREAKS: readonly (readonly [
  string,
  'temporary' | 'real',
  'open' | 'cleared',
  string | undefined,
  number | undefined,
  bigint | undefined,
  boolean,
])[] = [
  ['missing_internal', 'real', 'open', undefined, 10, -1_234n, false],
  ['duplicate_external', 'real', 'open', undefined, 11, -20_053n, false],
  ['amount_mismatch', 'real', 'open', 'att_n54_0', 12, 100n, false],
  ['fee_mismatch', 'real', 'open', 'att_n55_0', 13, -5_508n, false],
  ['currency_mismatch', 'real', 'open', 'att_n56_0', 14, undefined, false],
  ['status_mismatch', 'real', 'open', 'att_n58_0', 15, 20_058n, false],
  ['missing_external', 'real', 'open', 'att_n51_0', undefined, 20_051n, true],
  ['awaiting_settlement', 'temporary', 'cleared', 'att_n52_0', undefined, 20_052n, false],
  ['cutoff_straddle', 'temporary', 'cleared', 'att_n60_0', undefined, 20_060n, false],
  ['awaiting_settlement', 'temporary', 'open', 'att_tonight_0', undefined, 20_052n, false],
]

/** What nothing was wrong about but a fee. */
const RELEASED = [
  'paid_0',
  'paid_1',
  'single_0',
  'magic_0',
  'n50_0',
  'n52_0',
  'n53_0',
  'n55_0',
  'n57_0',
  'n59_0',
  'n59b_0',
  'n60_0',
]

type Order = Pick<StoredOrder, 'id' | 'seller' | 'amount' | 'platformFee' | 'currency' | 'chargeAttemptId'>

/** Three nights over the charges of the sound snapshot, and what they booked. */
export function soundNights(
  book: readonly Charge[],
  orders: readonly Order[],
): { readonly nights: Nights; readonly entries: readonly Entry[] } {
  const charges = new Map(book.map((charge) => [charge.attemptId, charge]))
  const entries: Entry[] = []
  const settled: Nights['settled'][number][] = []
  const pspFiles: PspFile[] = []
  for (const [index, day] of DAYS.entries()) {
    const before = pspFiles.at(-1)?.balances ?? []
    const own = (LINES[index] ?? []).map((line, position) => lineFor(line, charges, 4 + position))
    const payouts = before.flatMap(({ currency, closing }, position) =>
      closing > 0n ? [payoutLine(currency, closing, day, 4 + own.length + position)] : [],
    )
    const lines = [...own, ...payouts]
    pspFiles.push({ day, sha256: `hash of ${day}`, lines, balances: balancesOf(before, lines) })
    for (const [position, line] of lines.entries()) {
      const of = LINES[index]?.[position]
      entries.push(...entriesOf(line, `sf_${day}:${line.line}`, of))
      if (of?.role !== 'pair') continue
      for (const chargeId of [of.charge, ...(of.sharedWith === undefined ? [] : [of.sharedWith])])
        settled.push({ chargeId, runId: `run_${day}`, fileId: `sf_${day}`, line: line.line })
    }
  }
  const released = orders.filter((order) => RELEASED.some((name) => order.chargeAttemptId === `att_${name}`))
  return { nights: { ...stored(pspFiles, book), settled, pspFiles }, entries: [...entries, ...released.map(release)] }
}

const feeOf = (gross: bigint): bigint => (gross * 29n + 500n) / 1_000n + 30n

function lineFor(
  { charge: name, sharedWith, role: _, ...differs }: LineOf,
  charges: ReadonlyMap<string | undefined, Charge>,
  line: number,
): PspLine {
  const charge = charges.get(name)
  if (charge === undefined) throw new Error('a line of the sound nights has no charge')
  const { currency, occurredAt } = charge
  const other = charges.get(sharedWith)
  const all = other === undefined || sharedWith === undefined ? [charge] : [charge, other]
  return {
    line,
    kind: 'charge',
    pspReference: all.map(({ id }) => id).join(' '),
    status: 'captured',
    gross: all.reduce((sum, { amount }) => sum + amount, 0n),
    fee: all.reduce((sum, { amount }) => sum + feeOf(amount), 0n),
    currency,
    occurredAt,
    ...differs,
  }
}

const payoutLine = (currency: string, closing: bigint, day: string, line: number): PspLine => ({
  line,
  kind: 'payout',
  pspReference: `po_${day}_${currency}`,
  status: 'paid',
  gross: -closing,
  fee: 0n,
  currency,
  occurredAt: `${day}T23:59:59.999Z`,
})

function balancesOf(before: PspFile['balances'], lines: readonly PspLine[]): PspFile['balances'] {
  const currencies = new Set([...before, ...lines].map(({ currency }) => currency))
  return [...currencies].map((currency) => {
    const opening = before.find((row) => row.currency === currency)?.closing ?? 0n
    const moved = lines
      .filter((line) => line.currency === currency)
      .reduce((sum, line) => sum + line.gross - line.fee, 0n)
    return { currency, opening, closing: opening + moved }
  })
}

function entriesOf(line: PspLine, fact: string, of: LineOf | undefined): readonly Entry[] {
  const { gross, fee, currency } = line
  if (line.kind === 'payout')
    return [
      entry('psp_payout', fact, undefined, currency, [
        ['psp:simulator:in_transit', -gross],
        [RECEIVABLE, gross],
      ]),
    ]
  if (of?.role === 'stranger')
    return [
      entry('unmatched_line', fact, undefined, currency, [
        [RECEIVABLE, gross - fee],
        [SUSPENSE, fee - gross],
      ]),
    ]
  if (fee === 0n) return []
  if (of?.sharedWith !== undefined)
    return [1, 2].map((part) =>
      entry('psp_fee', `${fact}:${part}`, undefined, currency, [
        ['expense:psp_fee', fee / 2n],
        [RECEIVABLE, -fee / 2n],
      ]),
    )
  const excess = of?.charge === 'att_n55_0' ? 5_508n : 0n
  return [
    entry('psp_fee', fact, undefined, currency, [
      ['expense:psp_fee', fee - excess],
      [SUSPENSE, excess],
      [RECEIVABLE, -fee],
    ]),
  ]
}

const release = ({ id, seller, amount, platformFee, currency }: Order): Entry =>
  entry('release', id, id, currency, [
    [`seller:${seller}:pending`, amount - platformFee],
    [`seller:${seller}:available`, platformFee - amount],
  ])

const entry = (
  kind: string,
  fact: string,
  orderId: string | undefined,
  currency: string,
  parts: readonly (readonly [string, bigint])[],
): Entry => ({
  id: `je_${kind}_${fact}`,
  kind,
  orderId,
  fact,
  lateChargeId: undefined,
  reference: undefined,
  reverses: undefined,
  postings: parts.flatMap(([account, amount]): PostingSeen[] => (amount === 0n ? [] : [{ account, amount, currency }])),
})

/** The rows of the database beside those files. */
function stored(pspFiles: readonly PspFile[], book: readonly Charge[]): Omit<Nights, 'settled' | 'pspFiles'> {
  const breaks = BREAKS.map(([code, kind, state, chargeId, line, difference, isPromoted], index): StoredBreak => {
    const fileId = line === undefined ? undefined : `sf_${DAYS[0]}`
    return {
      id: `brk_${index}`,
      code,
      class: kind,
      state,
      chargeId,
      fileId,
      line,
      difference,
      currency: 'EUR',
      isPromoted,
    }
  })
  return {
    firstDay: DAYS[0],
    runs: DAYS.map((day, index) => ({
      id: `run_${day}`,
      day,
      status: 'completed',
      fileId: `sf_${day}`,
      completedAt: `${day} 23`,
      proof: [{ currency: 'EUR', unexplained: 0n }],
      seen: { 0: BigInt(index + 1) },
    })),
    files: pspFiles.map(({ day, sha256 }) => ({ id: `sf_${day}`, day, status: 'accepted', sha256 })),
    statements: pspFiles.flatMap(({ day, balances }) => balances.map((row) => ({ fileId: `sf_${day}`, ...row }))),
    breaks,
    breakEvents: breaks.flatMap(({ id, state, isPromoted }) => [
      { breakId: id, runId: `run_${DAYS[0]}`, kind: 'opened' },
      ...(isPromoted ? [{ breakId: id, runId: `run_${DAYS[1]}`, kind: 'promoted' }] : []),
      ...(state === 'cleared' ? [{ breakId: id, runId: `run_${DAYS[1]}`, kind: 'cleared' }] : []),
    ]),
    bookings: book.flatMap(({ status, attemptId, occurredAt }) =>
      status === 'captured' && attemptId !== undefined
        ? [{ chargeId: attemptId, chain: '0', batch: BigInt(DAYS.findIndex((day) => occurredAt.startsWith(day)) + 1) }]
        : [],
    ),
  }
}
