import { describe, expect, it } from 'vitest'
import { createSeeded, type Seeded } from '../../test/support/seeded.ts'
import { formatMinor } from '../money/index.ts'
import { briefly, csv, done } from './testing.ts'

/**
 * Two files of which it is known what is wrong with them: every kind of break is planted at random, and what is found has to
 * be exactly that, whatever the order of the rows, with a proof that closes.
 */
const SEEDS = Array.from({ length: 12 }, (_, place) => 1_000 + place)

type Row = {
  readonly ref: string
  readonly amount: bigint
  readonly currency: string
  readonly fee: bigint
  readonly at: string
  /** Stands in the file instead of the amount. */
  readonly text?: string
}

type Planted = { readonly ours: readonly Row[]; readonly theirs: readonly Row[]; readonly found: readonly string[] }

const PLANTS = {
  nothing: (row) => ({ ours: [row], theirs: [row], found: [] }),
  missing_external: (row) => ({ ours: [row], theirs: [], found: [`missing_external ${row.ref} ${row.amount}`] }),
  missing_internal: (row) => ({ ours: [], theirs: [row], found: [`missing_internal ${row.ref} ${-row.amount}`] }),
  amount_mismatch: (row) => ({ ours: [row], theirs: [{ ...row, amount: row.amount - 7n }], found: [`amount_mismatch ${row.ref} 7`] }),
  currency_mismatch: (row) => ({ ours: [row], theirs: [{ ...row, currency: row.currency === 'EUR' ? 'USD' : 'EUR' }], found: [`currency_mismatch ${row.ref}`] }),
  fee_mismatch: (row) => ({ ours: [row], theirs: [{ ...row, fee: row.fee + 9n }], found: [`fee_mismatch ${row.ref} -9`] }),
  split_mismatch: (row) => ({ ours: [{ ...row, amount: 300n }, { ...row, amount: 500n }], theirs: [{ ...row, amount: 750n }], found: [`split_mismatch ${row.ref} 50`] }),
  split: (row) => ({ ours: [{ ...row, amount: 300n }, { ...row, amount: 500n }], theirs: [{ ...row, amount: 800n }], found: [] }),
  joined: (row) => ({ ours: [{ ...row, amount: 900n }], theirs: [{ ...row, amount: 400n }, { ...row, amount: 500n }], found: [] }),
  duplicate_internal: (row) => ({ ours: [row, row], theirs: [row], found: [`duplicate_internal ${row.ref} ${row.amount}`] }),
  duplicate_external: (row) => ({ ours: [row], theirs: [row, row], found: [`duplicate_external ${row.ref} ${-row.amount}`] }),
  refund: (row) => ({ ours: [row, { ...row, amount: -row.amount }], theirs: [row, { ...row, amount: -row.amount }], found: [] }),
  cutoff_straddle: (row) => ({ ours: [{ ...row, at: '2026-03-20T23:59:50Z' }], theirs: [], found: [`cutoff_straddle ${row.ref} ${row.amount}`] }),
  awaiting_settlement: (row) => ({ ours: [{ ...row, at: '2026-03-20T15:00:00Z' }], theirs: [], found: [`awaiting_settlement ${row.ref} ${row.amount}`] }),
  awaiting_internal: (row) => ({ ours: [], theirs: [{ ...row, at: '2026-03-02T00:00:30Z' }], found: [`awaiting_internal ${row.ref} ${-row.amount}`] }),
  unparsed_line: (row) => ({ ours: [{ ...row, text: 'n/a' }], theirs: [], found: ['unparsed_line nothing'] }),
  rewritten: (row) => ({ ours: [row], theirs: [{ ...row, ref: row.ref.toUpperCase() }], found: [] }),
} satisfies Readonly<Record<string, (row: Row) => Planted>> // biome-ignore format: a table

function plant(random: Seeded): Planted {
  const names = Object.keys(PLANTS) as (keyof typeof PLANTS)[]
  const at = (day: number): string => `2026-03-${String(day).padStart(2, '0')}T12:00:00Z`
  const rowOf = (place: number): Row => ({
    ref: `pay_${place}k${random.integer(1_000, 9_999)}`,
    amount: BigInt(random.integer(1_000, 90_000)),
    currency: random.pick(['EUR', 'EUR', 'USD', 'JPY', 'KWD']),
    fee: BigInt(random.integer(10, 90)),
    at: at(random.integer(3, 16)),
  })
  const edges = [2, 20].map((day, place) => PLANTS.nothing({ ...rowOf(place), at: at(day) }))
  const all = Array.from({ length: 60 }, (_, place) => {
    const name = random.chance(0.6) ? 'nothing' : random.pick(names)
    return PLANTS[name](rowOf(10 + place))
  })
  const parts = [...edges, ...all]
  return {
    ours: parts.flatMap(({ ours }) => ours),
    theirs: parts.flatMap(({ theirs }) => theirs),
    found: parts.flatMap(({ found }) => found).toSorted(),
  }
}

const shuffled = <T>(random: Seeded, items: readonly T[]): readonly T[] =>
  items.map((item) => ({ item, key: random.next() })).toSorted((a, b) => a.key - b.key).map(({ item }) => item) // biome-ignore format: one line

const ledger = (rows: readonly Row[]): string =>
  csv([
    ['payment_ref', 'amount_minor', 'fee_minor', 'currency', 'captured_at'],
    ...rows.map(({ ref, amount, text, fee, currency, at }) => [ref, text ?? String(amount), String(fee), currency, at]),
  ])

const report = (rows: readonly Row[]): string =>
  csv(
    [
      ['Created', 'Charge ID', 'Gross', 'Fee', 'Currency'],
      ...rows.map(({ ref, amount, fee, currency, at }) => [
        at.replace('T', ' ').replace('Z', ''),
        ref,
        formatMinor(amount, currency).replace('.', ','),
        formatMinor(fee, currency).replace('.', ','),
        currency.toLowerCase(),
      ]),
    ],
    ';',
  )

describe('planted breaks', () => {
  it.each(SEEDS)('are found, all of them and nothing else, in any order (seed %i)', async (seed) => {
    const random = createSeeded(seed)
    const { ours, theirs, found } = plant(random)

    const first = await done({ ours: ledger(ours), theirs: report(theirs) })
    const again = await done({ ours: ledger(shuffled(random, ours)), theirs: report(shuffled(random, theirs)) })

    expect(briefly(first.items).toSorted()).toEqual(found)
    expect(briefly(again.items).toSorted()).toEqual(found)
    expect(again.items.map(({ id }) => id).toSorted()).toEqual(first.items.map(({ id }) => id).toSorted())
    for (const { proof } of [first.summary, again.summary])
      expect(proof.filter(({ unexplained }) => unexplained !== 0n)).toEqual([])
  })
})
