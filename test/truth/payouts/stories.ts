import { type Part, type Planted, type Row, real } from '../row.ts'
import { toleratedMinor } from '../stories.ts'
import { type Payout, payoutThat, sumOf, type Teller } from './teller.ts'
import { type Waterfall, waterfallOf } from './waterfall.ts'
import { dueOf, type PayoutWorld } from './world.ts'

/** A part of a report and of a bank of which it is known what is wrong with it. */
export type PayoutPart = {
  readonly report: readonly Row[]
  readonly bank: readonly Row[]
  readonly breaks: readonly Planted[]
  readonly matched: number
  readonly waterfalls: readonly Waterfall[]
}

type Story = (teller: Teller) => PayoutPart | undefined

/** The line of a payout, some days later. Only lines that name it, and it alone, have its id. */
function lineOf({ random, world, reference }: Teller, payout: Payout, over: Partial<Row> = {}): Row {
  const { id, currency, amount, day } = payout
  const last = Date.parse(`${world.last}T00:00:00Z`)
  const arrives = Date.parse(`${day}T00:00:00Z`) + random.integer(0, 3) * 86_400_000
  return {
    ...{ reference: id, second: reference(), amount, currency, fee: 0n, kind: 'charge', status: 'paid' },
    ...{ at: Math.min(arrives, last), payout: id, text: textWith(random, id) },
    ...over,
  }
}

/** How banks pass on what they were told: as it is, among other words, without marks, in pieces of four. */
function textWith(random: Teller['random'], id: string): string {
  const letters = id.replace(/[^\p{L}\d]/gu, '')
  return random.pick([
    id,
    `SEPA CREDIT ${id} PSP LTD`,
    `payout ${id.toLowerCase()}`,
    `/REF/${letters.toUpperCase()}/`,
    `PAYOUT ${id.replaceAll(/[^\p{L}\d]/gu, '-')} THANK YOU`,
    (letters.match(/.{1,4}/g) ?? []).join(' '),
  ])
}

const STRANGE = ['OFFICE RENT 2026', 'INTEREST', 'CARD FEES Q1', 'INVOICE 4711', 'REFUND OF A SUPPLIER'] as const

/** Money of a bank that is not of any payout. */
function strange(teller: Teller, text: string, amount: bigint, currency: string): Row {
  const { id } = teller
  const line = lineOf(teller, { id: id(), day: teller.world.first, currency, rows: [], amount }, { text })
  const { payout: _, ...rest } = line
  return { ...rest, reference: '' }
}

const one = (payout: Payout, bank: readonly Row[], over: Partial<PayoutPart> = {}): PayoutPart => ({
  report: payout.rows,
  bank,
  breaks: [],
  matched: 0,
  waterfalls: [],
  ...over,
})

/** Both have it, over the same amount or nearly. */
const paid = (world: PayoutWorld, payout: Payout, bank: readonly Row[]): PayoutPart =>
  one(payout, bank, { matched: 1, waterfalls: [waterfallOf(world, payout, { bank: moneyOf(bank), state: undefined })] })

const moneyOf = (rows: readonly Row[]): bigint => rows.reduce((sum, { amount }) => sum + amount, 0n)

/** Ours less theirs, of what the report has less what the bank has. */
const gapOf = ({ report }: PayoutWorld, gap: bigint): bigint => (report === 'ours' ? gap : -gap)

/** A break that the report alone has, or the bank. */
function lone(world: PayoutWorld, of: 'report' | 'bank', code: string, about: Payout | Row): Planted {
  const isOurs = (of === 'report') === (world.report === 'ours')
  const name = 'id' in about ? about.id : about.reference === '' ? undefined : about.reference
  const difference = gapOf(world, of === 'report' ? about.amount : -about.amount)
  return real(code, { [isOurs ? 'ours' : 'theirs']: name, difference, currency: about.currency })
}

/** A code as it is called when the other side has it. */
const codeAt = (world: PayoutWorld, of: 'report' | 'bank', code: 'missing' | 'duplicate'): string => {
  const isOurs = (of === 'report') === (world.report === 'ours')
  // What is missing is missing on the other side, and what is there twice is so on its own.
  return code === 'missing'
    ? `missing_${isOurs ? 'external' : 'internal'}`
    : `duplicate_${isOurs ? 'internal' : 'external'}`
}

const unknownLine = (world: PayoutWorld, line: Row): Planted =>
  lone(world, 'bank', codeAt(world, 'bank', 'missing'), line)
const lineAgain = (world: PayoutWorld, line: Row): Planted =>
  lone(world, 'bank', codeAt(world, 'bank', 'duplicate'), line)

/** A payout that no line names: on its way until it is due. */
function unpaid(world: PayoutWorld, payout: Payout, bank: readonly Row[] = [], breaks: readonly Planted[] = []): PayoutPart {
  const dueOn = dueOf(world, payout.day)
  const code = dueOn === undefined ? codeAt(world, 'report', 'missing') : 'payout_in_transit'
  const found = { ...lone(world, 'report', code, payout), isTemporary: dueOn !== undefined, dueOn }
  const waterfalls = [waterfallOf(world, payout, { bank: undefined, state: code })]
  return one(payout, bank, { breaks: [found, ...breaks], waterfalls })
} // biome-ignore format: short

/** The payout and its lines differ. */
function differing(world: PayoutWorld, payout: Payout, bank: readonly Row[], more: readonly Row[] = []): PayoutPart {
  const [arrived, { id, amount, currency }] = [moneyOf(bank), payout]
  const difference = gapOf(world, amount - arrived)
  const found = real('payout_mismatch', { ours: id, theirs: id, difference, currency })
  const again = more.map((line) => lineAgain(world, line))
  const waterfalls = [waterfallOf(world, payout, { bank: arrived, state: 'payout_mismatch' })]
  return one(payout, [...bank, ...more], { breaks: [found, ...again], waterfalls })
}

/** An amount that is beyond the tolerance away, by cents or by much. */
function beyond({ random, world }: Teller, { amount, currency }: Payout): bigint {
  const least = toleratedMinor(world, currency) + 1n
  const by = random.chance(0.5) ? least : least + BigInt(random.integer(1, 400))
  const isMore = random.chance(0.5)
  // The sign stays as it is: what comes and what goes is never one thing.
  return amount < 0n === isMore
    ? amount - by
    : amount > by || amount < -by
      ? amount + (amount < 0n ? by : -by)
      : amount + by
}

const again = (teller: Teller, line: Row): Row => ({
  ...line,
  second: teller.reference(),
  text: teller.random.chance(0.5) ? (line.text ?? '') : `AGAIN ${textWith(teller.random, line.reference)}`,
})

const withRows = (payout: Payout, rows: readonly Row[]): Payout => ({ ...payout, rows, amount: sumOf(rows) })

export const PAYOUT_STORIES = {
  paid(teller) {
    const payout = teller.payout()
    return paid(teller.world, payout, [lineOf(teller, payout)])
  },
  paid_less_or_more(teller) {
    const payout = teller.payout()
    return differing(teller.world, payout, [lineOf(teller, payout, { amount: beyond(teller, payout) })])
  },
  within_tolerance(teller) {
    const payout = teller.payout()
    const by = toleratedMinor(teller.world, payout.currency)
    const line = lineOf(teller, payout, { amount: payout.amount + (teller.random.chance(0.5) ? by : -by) })
    return paid(teller.world, payout, [line])
  },
  missing_at_the_bank(teller) {
    const payout = payoutThat(teller, 'is missing')
    return payout && unpaid(teller.world, payout)
  },
  on_its_way(teller) {
    const payout = payoutThat(teller, 'waits')
    return payout && unpaid(teller.world, payout)
  },
  line_that_nobody_knows(teller) {
    const { random, world, id } = teller
    const text = random.chance(0.5) ? random.pick(STRANGE) : textWith(random, id())
    const amount = BigInt(random.integer(100, 500_000)) * (random.chance(0.4) ? -1n : 1n)
    const line = strange(teller, text, amount, random.pick(world.currencies))
    const lines = random.chance(0.2) ? [line, { ...line, second: teller.reference() }] : [line]
    return {
      report: [],
      bank: lines,
      breaks: lines.map((each) => unknownLine(world, each)),
      matched: 0,
      waterfalls: [],
    }
  },
  line_twice(teller) {
    const payout = teller.payout()
    const line = lineOf(teller, payout)
    const second = again(teller, line)
    const { world } = teller
    return { ...paid(world, payout, [line]), bank: [line, second], breaks: [lineAgain(world, second)] }
  },
  other_line_twice(teller) {
    const payout = teller.payout()
    const line = lineOf(teller, payout, { amount: beyond(teller, payout) })
    return differing(teller.world, payout, [line], [again(teller, line)])
  },
  in_two_lines(teller) {
    const payout = teller.payout()
    const first = payout.amount / 3n + BigInt(teller.random.integer(1, 5))
    const lines = [first, payout.amount - first].map((amount) => lineOf(teller, payout, { amount }))
    return payout.amount > 100n ? paid(teller.world, payout, lines) : undefined
  },
  in_two_lines_that_do_not_come_to_it(teller) {
    const payout = teller.payout()
    const first = payout.amount / 3n
    const lines = [first, beyond(teller, payout) - first].map((amount) => lineOf(teller, payout, { amount }))
    return payout.amount > 10_000n ? differing(teller.world, payout, lines) : undefined
  },
  another_line_that_names_it(teller) {
    const payout = teller.payout()
    const [line, other] = [lineOf(teller, payout), lineOf(teller, payout, { amount: payout.amount + 12_345n })]
    const { world } = teller
    return { ...paid(world, payout, [line]), bank: [line, other], breaks: [unknownLine(world, other)] }
  },
  two_in_one_line(teller) {
    const { random, world } = teller
    const fate = random.pick(['waits', 'is missing'] as const)
    const first = payoutThat(teller, fate)
    const second = first && payoutThat(teller, random.pick(['waits', 'is missing']), { currency: first.currency })
    if (first === undefined || second === undefined) return undefined
    const text = `SEPA CREDIT ${first.id} ${second.id}`
    const line = strange(teller, text, first.amount + second.amount, first.currency)
    const [a, b] = [unpaid(world, first), unpaid(world, second)]
    return joined(a, b, one(withRows(first, []), [line], { breaks: [unknownLine(world, line)] }))
  },
  id_that_was_cut(teller) {
    const payout = payoutThat(teller, teller.random.pick(['waits', 'is missing']))
    if (payout === undefined) return undefined
    const line = strange(teller, `SEPA CREDIT ${payout.id.slice(0, -2)} PSP`, payout.amount, payout.currency)
    return unpaid(teller.world, payout, [line], [unknownLine(teller.world, line)])
  },
  in_two_currencies(teller) {
    const { world, random } = teller
    const [a, b] = [world.currencies[0] ?? '', random.pick(world.currencies.slice(1).concat(''))]
    if (b === '') return undefined
    const first = teller.payout({ currency: a })
    const second = teller.payout({ ...first, currency: b })
    const other = random.chance(0.6) ? paid(world, second, [lineOf(teller, second)]) : unpaid(world, second)
    return joined(paid(world, first, [lineOf(teller, first)]), other)
  },
  in_another_currency(teller) {
    const { random, world } = teller
    if (!world.names.report || !world.names.bank) return undefined
    const payout = teller.payout()
    const { id, amount } = payout
    const currency = random.pick([...world.currencies, 'CHF', 'SEK'].filter((code) => code !== payout.currency))
    const line = lineOf(teller, payout, { currency, amount: random.chance(0.5) ? amount : amount + 11n })
    const found = real('currency_mismatch', { ours: id, theirs: id })
    const waterfalls = [waterfallOf(world, payout, { bank: line.amount, state: 'currency_mismatch' })]
    return one(payout, [line], { breaks: [found], waterfalls })
  },
  that_takes_money(teller) {
    const payout = teller.payout({ takes: true })
    const { random, world } = teller
    if (random.chance(0.6)) return paid(world, payout, [lineOf(teller, payout)])
    return random.chance(0.5)
      ? differing(world, payout, [lineOf(teller, payout, { amount: beyond(teller, payout) })])
      : unpaid(world, payout)
  },
  of_one_row(teller) {
    const made = teller.payout()
    const payout = withRows(made, made.rows.slice(0, 1))
    return paid(teller.world, payout, [lineOf(teller, payout)])
  },
  row_that_is_not_in_the_report(teller) {
    const made = teller.payout()
    const payout = withRows(made, made.rows.slice(0, -1))
    return beyondTolerance(teller, payout, made.amount)
      ? differing(teller.world, payout, [lineOf(teller, made)])
      : undefined
  },
  row_twice_in_the_report(teller) {
    const made = teller.payout()
    const [row] = made.rows
    if (row === undefined) return undefined
    const payout = withRows(made, [...made.rows, row])
    return beyondTolerance(teller, payout, made.amount)
      ? differing(teller.world, payout, [lineOf(teller, made)])
      : undefined
  },
  row_that_cannot_be_read(teller) {
    const made = teller.payout()
    const rows = made.rows.map((row, place) => (place === 1 ? { ...row, garbage: 'n/a' } : row))
    const payout = withRows(
      made,
      rows.filter(({ garbage }) => garbage === undefined),
    )
    if (!beyondTolerance(teller, payout, made.amount)) return undefined
    const part = differing(teller.world, payout, [lineOf(teller, made)])
    return { ...part, report: rows, breaks: [...part.breaks, real('unparsed_line', {})] }
  },
  line_that_cannot_be_read(teller) {
    const payout = payoutThat(teller, teller.random.pick(['waits', 'is missing']))
    if (payout === undefined) return undefined
    const line = lineOf(teller, payout, { garbage: '#VALUE!' })
    return unpaid(teller.world, payout, [line], [real('unparsed_line', {})])
  },
  not_paid_out_yet(teller) {
    const rows = teller.payout().rows.map((row): Row => ({ ...row, payout: '', isApart: true }))
    return { report: rows, bank: [], breaks: [], matched: 0, waterfalls: [] }
  },
  with_a_row_of_its_own(teller) {
    const { world } = teller
    if (!world.has.ownRows) return undefined
    const made = teller.payout()
    const payout = withRows(made, [...made.rows, ownRow(teller, made, true)])
    return teller.random.chance(0.6)
      ? paid(world, payout, [lineOf(teller, payout)])
      : differing(world, payout, [lineOf(teller, payout, { amount: beyond(teller, payout) })])
  },
  with_nothing_but_a_row_of_its_own(teller) {
    const { world } = teller
    if (!world.has.ownRows) return undefined
    const made = teller.payout()
    const payout = withRows(made, [ownRow(teller, made, false)])
    return teller.random.chance(0.6) ? paid(world, payout, [lineOf(teller, payout)]) : unpaid(world, payout)
  },
} satisfies Readonly<Record<string, Story>>

const beyondTolerance = ({ world }: Teller, { amount, currency }: Payout, bank: bigint): boolean => {
  const most = toleratedMinor(world, currency)
  return amount !== 0n && amount < 0n === bank < 0n && (amount - bank > most || bank - amount > most)
}

/** The row that says what a payout is: what leaves the account that the PSP keeps. */
const ownRow = (teller: Teller, { id, day, currency, amount }: Payout, isApart: boolean): Row => ({
  ...{ reference: teller.reference(), second: teller.reference(), currency, amount: -amount, fee: 0n, isApart },
  ...{ kind: 'payout', status: 'paid', payout: id },
  ...{ at: Date.parse(`${day}T12:00:00Z`), paidOn: Date.parse(`${day}T00:00:00Z`) },
})

const joined = (...parts: readonly PayoutPart[]): PayoutPart => ({
  report: parts.flatMap(({ report }) => report),
  bank: parts.flatMap(({ bank }) => bank),
  breaks: parts.flatMap(({ breaks }) => breaks),
  matched: parts.reduce((sum, { matched }) => sum + matched, 0),
  waterfalls: parts.flatMap(({ waterfalls }) => waterfalls),
})

/** As both sides of a set have it. */
export const asPart = ({ report }: PayoutWorld, { report: rows, bank, breaks, matched }: PayoutPart): Part =>
  report === 'ours' ? { ours: rows, theirs: bank, breaks, matched } : { ours: bank, theirs: rows, breaks, matched }
