import type { Seeded } from '../support/seeded.ts'
import { differs, type Part, type Planted, part, type Row, real } from './row.ts'
import { DECIMALS } from './style.ts'
import {
  bothInstant, type Fate, oursDue, oursInstant, theirsDue, theirsInstant, type World,
} from './world.ts' // biome-ignore format: one line

/** What stories are told with. `row` is a fresh one, of which both files know. */
export type Teller = {
  readonly random: Seeded
  readonly world: World
  readonly row: () => Row
}

type Story = (teller: Teller) => Part | undefined

const loneOurs = ({ reference, amount, currency }: Row, code = 'missing_external'): Planted =>
  real(code, { ours: reference, difference: amount, currency })

const loneTheirs = ({ reference, amount, currency }: Row, code = 'missing_internal'): Planted =>
  real(code, { theirs: reference, difference: -amount, currency })

/** A row of ours at an instant at which it means what is wanted. */
function oursAt({ random, world, row }: Teller, fate: Fate): Row | undefined {
  const at = oursInstant(random, world, fate)
  return at === undefined ? undefined : { ...row(), at }
}

function theirsAt({ random, world, row }: Teller, fate: 'missing' | 'awaiting'): Row | undefined {
  const at = theirsInstant(random, world, fate)
  return at === undefined ? undefined : { ...row(), at }
}

const CODES: Readonly<Record<Fate, string>> = {
  missing: 'missing_external',
  awaiting: 'awaiting_settlement',
  straddle: 'cutoff_straddle',
}

const loneOursStory =
  (fate: Fate): Story =>
  (teller) => {
    const row = oursAt(teller, fate)
    if (row === undefined) return undefined
    const dueOn = oursDue(teller.world, row.at, fate)
    return part([row], [], [{ ...loneOurs(row, CODES[fate]), isTemporary: fate !== 'missing', dueOn }], 0)
  }

/** Two different amounts that add up to a third. */
const inParts = (random: Seeded, row: Row): readonly Row[] => {
  const first = row.amount / 3n + BigInt(random.integer(1, 5))
  return [
    { ...row, amount: first },
    { ...row, amount: row.amount - first },
  ]
}

/** An amount that is beyond the tolerance away, now by the least that counts, now by much. */
const beyond = ({ random, world }: Teller, { currency, amount }: Row): bigint => {
  const least = toleratedMinor(world, currency) + 1n
  const by = random.chance(0.5) ? least : least + BigInt(random.integer(1, 400))
  return random.chance(0.5) && amount > by * 2n ? amount - by : amount + by
}

/** The tolerance is in hundredths of a unit; what is less than a minor unit counts for nothing. */
export const toleratedMinor = ({ toleranceHundredths }: Pick<World, 'toleranceHundredths'>, currency: string): bigint =>
  (BigInt(toleranceHundredths) * 10n ** BigInt(DECIMALS[currency] ?? 2)) / 100n

const refundOf = (row: Row, amount: bigint): Row => ({ ...row, amount: -amount, fee: 0n, kind: 'refund' })

export const STORIES = {
  missing_external: loneOursStory('missing'),
  awaiting_settlement: loneOursStory('awaiting'),
  cutoff_straddle: loneOursStory('straddle'),
  missing_internal(teller) {
    const row = theirsAt(teller, 'missing')
    return row && part([], [row], [loneTheirs(row)], 0)
  },
  awaiting_internal(teller) {
    const row = theirsAt(teller, 'awaiting')
    if (row === undefined) return undefined
    const dueOn = theirsDue(teller.world)
    return part([], [row], [{ ...loneTheirs(row, 'awaiting_internal'), isTemporary: true, dueOn }], 0)
  },
  amount_mismatch(teller) {
    const row = teller.row()
    const theirs = { ...row, amount: beyond(teller, row) }
    return part([row], [theirs], [differs('amount_mismatch', row, theirs, row.amount - theirs.amount)], 0)
  },
  within_tolerance(teller) {
    const row = teller.row()
    const most = toleratedMinor(teller.world, row.currency)
    const theirs = { ...row, amount: row.amount + (teller.random.chance(0.5) ? most : -most) }
    return part([row], [theirs], [], 1)
  },
  currency_mismatch(teller) {
    const others = teller.world.currencies
    const row = teller.row()
    const currency = teller.random.pick([...others, 'CHF', 'SEK'].filter((code) => code !== row.currency))
    const theirs = { ...row, currency, amount: teller.random.chance(0.5) ? row.amount : row.amount + 11n }
    return part([row], [theirs], [differs('currency_mismatch', row, theirs, undefined)], 0)
  },
  fee_mismatch(teller) {
    if (!teller.world.has.fees) return undefined
    const row = teller.row()
    const theirs = { ...row, fee: row.fee + BigInt(teller.random.pick([1, -1, 25])) }
    return part([row], [theirs], [differs('fee_mismatch', row, theirs, row.fee - theirs.fee)], 0)
  },
  many_to_one(teller) {
    const row = teller.row()
    return part(inParts(teller.random, row), [row], [], 1)
  },
  one_to_many(teller) {
    const row = teller.row()
    return part([row], inParts(teller.random, row), [], 1)
  },
  equal_parts(teller) {
    const row = teller.row()
    const count = teller.random.integer(2, 5)
    const parts = Array.from({ length: count }, () => row)
    const whole = { ...row, amount: row.amount * BigInt(count) }
    return teller.random.chance(0.5) ? part(parts, [whole], [], 1) : part([whole], parts, [], 1)
  },
  split_mismatch(teller) {
    const row = teller.row()
    const parts = inParts(teller.random, row)
    const apart = beyond(teller, row)
    const tolerated = toleratedMinor(teller.world, row.currency)
    const isNear = parts.some(({ amount }) => apart - amount <= tolerated && amount - apart <= tolerated)
    // One that a single part comes near enough to is matched with it.
    const whole = { ...row, amount: isNear ? 2n * row.amount - apart : apart }
    const [ours, theirs] = teller.random.chance(0.5) ? [parts, [whole]] : [[whole], parts]
    const sum = (rows: readonly Row[]): bigint => rows.reduce((total, { amount }) => total + amount, 0n)
    const first = parts[0] ?? row
    return part(ours, theirs, [differs('split_mismatch', first, first, sum(ours) - sum(theirs))], 0)
  },
  duplicate_internal(teller) {
    const row = oursAt(teller, 'missing') ?? teller.row()
    const copies = Array.from({ length: teller.random.integer(1, 2) }, () => row)
    return part([row, ...copies], [row], copies.map((copy) => loneOurs(copy, 'duplicate_internal')), 1) // biome-ignore format: one line
  },
  duplicate_external(teller) {
    const row = teller.row()
    const copies = Array.from({ length: teller.random.integer(1, 2) }, () => row)
    return part([row], [row, ...copies], copies.map((copy) => loneTheirs(copy, 'duplicate_external')), 1) // biome-ignore format: one line
  },
  twice_and_missing_external(teller) {
    const row = oursAt(teller, 'missing')
    return row && part([row, row], [], [loneOurs(row), loneOurs(row, 'duplicate_internal')], 0)
  },
  twice_and_missing_internal(teller) {
    const row = theirsAt(teller, 'missing')
    return row && part([], [row, row], [loneTheirs(row), loneTheirs(row, 'duplicate_external')], 0)
  },
  twice_on_both_sides(teller) {
    const row = teller.row()
    return part([row, row], [row, row], [], 2)
  },
  capture_missing_external(teller) {
    const [row] = [oursAt(teller, 'missing')]
    if (row === undefined) return undefined
    const other = { ...row, amount: row.amount + 700n }
    return part([row, other], [other], [loneOurs(row)], 1)
  },
  capture_missing_internal(teller) {
    const row = theirsAt(teller, 'missing')
    if (row === undefined) return undefined
    const other = { ...row, amount: row.amount + 700n, at: bothInstant(teller.random, teller.world) }
    return part([other], [row, other], [loneTheirs(row)], 1)
  },
  captured_in_part(teller) {
    const row = teller.row()
    const theirs = { ...row, amount: row.amount / BigInt(teller.random.integer(2, 5)) }
    return part([row], [theirs], [differs('amount_mismatch', row, theirs, row.amount - theirs.amount)], 0)
  },
  captured_in_parts_that_come_to_less(teller) {
    const row = teller.row()
    const all = inParts(teller.random, { ...row, amount: row.amount - row.amount / 4n })
    const [first = row, second = row] = all
    const captures = teller.random.chance(0.5) ? all : [first, ...inParts(teller.random, second)]
    const rest = captures.reduce((left, { amount }) => left - amount, row.amount)
    return part([row], captures, [differs('split_mismatch', row, row, rest)], 0)
  },
  /** Equal ones are the same capture again, as long as they do not come to the order. */
  captured_in_equal_parts_that_come_to_less(teller) {
    const row = teller.row()
    const capture = { ...row, amount: row.amount / 3n - 1n }
    const found = differs('amount_mismatch', row, capture, row.amount - capture.amount)
    return part([row], [capture, capture], [found, loneTheirs(capture, 'duplicate_external')], 0)
  },
  second_capture_differs(teller) {
    const first = teller.row()
    const second = { ...first, amount: first.amount * 2n + 7n }
    const theirs = { ...second, amount: beyond(teller, second) }
    const found = differs('amount_mismatch', second, theirs, second.amount - theirs.amount)
    return part([first, second], [theirs, first], [found], 1)
  },
  captures(teller) {
    const row = teller.row()
    const parts = inParts(teller.random, row)
    return part(parts, parts.toReversed(), [], 2)
  },
  capture_and_parts(teller) {
    // One capture is alike in both files, and the other was written in parts.
    const row = teller.row()
    const other = { ...row, amount: row.amount * 3n + 1n }
    return part([other, ...inParts(teller.random, row)], [row, other], [], 2)
  },
  refunded(teller) {
    const row = teller.row()
    const refund = refundOf(row, teller.random.chance(0.5) ? row.amount : row.amount / 4n)
    return part([row, refund], [refund, row], [], 2)
  },
  refunded_twice_alike(teller) {
    const row = teller.row()
    const refund = refundOf(row, row.amount / 4n)
    return part([row, refund, refund], [row, refund, refund], [], 3)
  },
  refund_missing_external(teller) {
    const row = oursAt(teller, 'missing')
    if (row === undefined) return undefined
    const refund = refundOf(row, row.amount / 4n)
    return part([row, refund], [row], [loneOurs(refund)], 1)
  },
  refund_missing_internal(teller) {
    const row = theirsAt(teller, 'missing')
    if (row === undefined) return undefined
    const refund = refundOf(row, row.amount)
    const sale = { ...row, at: bothInstant(teller.random, teller.world) }
    return part([sale], [sale, refund], [loneTheirs(refund)], 1)
  },
  refund_differs(teller) {
    const row = teller.row()
    const ours = refundOf(row, row.amount / 4n)
    const theirs = { ...ours, amount: -beyond(teller, { ...ours, amount: -ours.amount }) }
    const found = differs('amount_mismatch', ours, theirs, ours.amount - theirs.amount)
    return part([row, ours], [row, theirs], [found], 1)
  },
  refund_in_one_row(teller) {
    const row = teller.row()
    const refund = refundOf(row, row.amount / 4n)
    return part([row, refund], [{ ...row, amount: row.amount + refund.amount }], [], 1)
  },
  refund_alone(teller) {
    const row = oursAt(teller, 'missing')
    if (row === undefined) return undefined
    const refund = refundOf(row, row.amount)
    return part([refund], [], [loneOurs(refund)], 0)
  },
  rewritten(teller) {
    const row = teller.row()
    return part([row], [{ ...row, reference: otherWriting(row.reference) }], [], 1)
  },
  both_writings(teller) {
    if (teller.world.writing !== 'same') return undefined
    const row = teller.row()
    const other = { ...row, reference: otherWriting(row.reference), amount: row.amount + 100n }
    return part([row, other], [other, row], [], 2)
  },
  near_references(teller) {
    // They differ in one character at the end, and their amounts are equal: neither is the other.
    const [ours, theirs] = [oursAt(teller, 'missing'), theirsAt(teller, 'missing')]
    if (ours === undefined || theirs === undefined) return undefined
    const other = { ...ours, reference: `${ours.reference}0`, second: theirs.second, at: theirs.at }
    return part([ours], [other], [loneOurs(ours), loneTheirs(other)], 0)
  },
  other_prefixes(teller) {
    if (teller.world.writing !== 'same') return undefined
    const [ours, theirs] = [oursAt(teller, 'missing'), theirsAt(teller, 'missing')]
    if (ours === undefined || theirs === undefined) return undefined
    const [a, b] = [`CH-${ours.reference}`, `RF-${ours.reference}`]
    const [left, right] = [
      { ...ours, reference: a },
      { ...ours, reference: b, second: theirs.second, at: theirs.at },
    ]
    return part([left], [right], [loneOurs(left), loneTheirs(right)], 0)
  },
  without_reference(teller) {
    const [ours, theirs] = [oursAt(teller, 'missing'), theirsAt(teller, 'missing')]
    if (ours === undefined || theirs === undefined) return undefined
    const left = { ...ours, reference: '' }
    const right = { ...left, second: theirs.second, at: theirs.at }
    const found = [loneOurs(left), loneTheirs(right)].map((each) => ({ ...each, ours: undefined, theirs: undefined }))
    return part([left], [right], found, 0)
  },
  unparsed_in_ours(teller) {
    const row = theirsAt(teller, 'missing')
    if (row === undefined) return undefined
    const garbage = teller.random.pick(['n/a', 'twelve', '12.34.56,7'])
    return part([{ ...row, garbage }], [row], [real('unparsed_line', {}), loneTheirs(row)], 0)
  },
  unparsed_in_theirs(teller) {
    const row = oursAt(teller, 'missing')
    if (row === undefined) return undefined
    return part([row], [{ ...row, garbage: '#VALUE!' }], [real('unparsed_line', {}), loneOurs(row)], 0)
  },
  payout_apart(teller) {
    if (!teller.world.has.kinds) return undefined
    const row: Row = { ...teller.row(), kind: teller.random.pick(['payout', 'fee']), isApart: true }
    return part([], [{ ...row, amount: -row.amount }], [], 0)
  },
  status_mismatch(teller) {
    const { statuses } = teller.world
    if (!statuses.ours || !statuses.theirs) return undefined
    const row = teller.row()
    const theirs: Row = { ...row, status: teller.random.pick(['failed', 'refunded', 'pending']) }
    const [a, b] = teller.random.chance(0.5) ? [row, theirs] : [theirs, row]
    return part([a], [b], [differs('status_mismatch', a, b, 0n)], 0)
  },
  status_and_amount(teller) {
    const { statuses } = teller.world
    if (!statuses.ours || !statuses.theirs) return undefined
    const row = teller.row()
    const theirs: Row = { ...row, amount: beyond(teller, row), status: 'refunded' }
    return part([row], [theirs], [differs('status_mismatch', row, theirs, row.amount - theirs.amount)], 0)
  },
  failed_here_and_paid_there(teller) {
    const { ours, theirs } = teller.world.statuses
    if (ours === theirs) return undefined
    const row = teller.row()
    const failed: Row = { ...row, status: 'failed' }
    const [a, b] = ours ? [failed, row] : [row, failed]
    return part([a], [b], [differs('status_mismatch', a, b, 0n)], 0)
  },
  refunded_here_and_paid_there(teller) {
    const { ours, theirs } = teller.world.statuses
    if (ours === theirs) return undefined
    const row = teller.row()
    const refunded: Row = { ...row, status: 'refunded' }
    const [a, b] = ours ? [refunded, row] : [row, refunded]
    return part([a], [b], [differs('status_mismatch', a, b, 0n)], 0)
  },
  refunded_and_a_row_of_it(teller) {
    const { ours, theirs } = teller.world.statuses
    const row = theirsAt(teller, 'missing')
    if (row === undefined || !ours || theirs) return undefined
    const sale: Row = { ...row, at: bothInstant(teller.random, teller.world), status: 'refunded' }
    const refund = refundOf(row, row.amount)
    return part([sale], [sale, refund], [loneTheirs(refund)], 1)
  },
  failed_alone(teller) {
    const { ours, theirs } = teller.world.statuses
    const row: Row = { ...teller.row(), status: teller.random.pick(['failed', 'pending']), isApart: true }
    if (ours && teller.random.chance(0.5)) return part([row], [], [], 0)
    return theirs ? part([], [row], [], 0) : undefined
  },
  failed_and_tried_again(teller) {
    if (!teller.world.statuses.ours) return undefined
    const row = teller.row()
    const failed: Row = { ...row, status: 'failed', isApart: true, at: row.at - 60_000 }
    return part([failed, row], [row], [], 1)
  },
  second_reference_alone(teller) {
    if (!teller.world.has.seconds) return undefined
    const row = teller.row()
    return part([row], [{ ...row, reference: '' }], [], 1)
  },
  second_reference_and_a_wrong_first(teller) {
    if (!teller.world.has.seconds) return undefined
    const row = teller.row()
    return part([row], [{ ...row, reference: teller.row().reference }], [], 1)
  },
  second_reference_and_another_amount(teller) {
    if (!teller.world.has.seconds) return undefined
    const row = teller.row()
    const theirs = { ...row, reference: '', amount: beyond(teller, row) }
    const found = differs('amount_mismatch', row, theirs, row.amount - theirs.amount)
    return part([row], [theirs], [{ ...found, theirs: undefined }], 0)
  },
} satisfies Readonly<Record<string, Story>>

const otherWriting = (reference: string): string =>
  /[a-z]/.test(reference)
    ? reference.toUpperCase()
    : /[A-Z]/.test(reference)
      ? reference.toLowerCase()
      : `#${reference}`

/** Both files tell the same. */
export const agreed = (row: Row): Part => part([row], [row], [], 1)
