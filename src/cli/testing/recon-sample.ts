import { csv } from '../../recon/testing.ts'

/**
 * A month of a ledger and of its PSP: 12,480 rows against 12,473. 12,401 pairs agree, 38 within a cent, 10 orders are 5
 * charges, 11 amounts differ, 2 charges stand twice, and 7, 3, 17 and 9 rows are on one side. Amounts are chosen so that
 * ours is 1,043,211.57.
 */
type Sale = { readonly ref: string; readonly ours?: number; readonly theirs?: number; readonly at: string }

const MARCH = (place: number): string => `2026-03-${String(1 + (place % 27)).padStart(2, '0')}T09:00:00Z`
const LAST_EVENING = '2026-03-31T20:00:00Z'

/** So many amounts of whole cents that are this sum. */
function parts(count: number, sum: number): readonly number[] {
  const each = Math.floor(sum / count)
  return Array.from({ length: count }, (_, place) => (place === 0 ? sum - each * (count - 1) : each))
}

const some = (
  name: string,
  amounts: readonly number[],
  sale: (amount: number, place: number) => Omit<Sale, 'ref'>,
): readonly Sale[] => amounts.map((amount, place) => ({ ref: `pay_${name}${place}`, ...sale(amount, place) }))

const tolerated = some('near', parts(38, 190_000), (amount, place) => ({
  ours: amount + (place < 22 ? 1 : -1),
  theirs: amount,
  at: MARCH(place),
}))
const joined = Array.from({ length: 5 }, (_, place): readonly Sale[] => [
  { ref: `pay_joined${place}`, ours: 2_500 + place, at: MARCH(place) },
  { ref: `pay_joined${place}`, ours: 3_500, at: MARCH(place) },
  { ref: `pay_joined${place}`, theirs: 6_000 + place, at: MARCH(place) },
]).flat()
const differing = some('differs', parts(11, 33_000), (amount, place) => ({
  ours: amount - (place === 0 ? 30 : 410),
  theirs: amount,
  at: MARCH(place),
}))
const twice = some('twice', parts(2, 8_400), (amount, place) => ({
  ours: amount,
  theirs: amount,
  at: MARCH(place),
})).flatMap((sale) => [
  sale,
  { ref: sale.ref, at: sale.at, ...(sale.theirs === undefined ? {} : { theirs: sale.theirs }) },
])
const missing = [
  ...some('unknown', parts(7, 91_800), (theirs, place) => ({ theirs, at: MARCH(place) })),
  ...some('lost', parts(3, 21_240), (ours, place) => ({ ours, at: MARCH(place) })),
  ...some('waits', parts(17, 190_420), (ours) => ({ ours, at: LAST_EVENING })),
  ...some('late', parts(9, 64_010), (theirs) => ({ theirs, at: '2026-03-31T23:50:00Z' })),
]
const others = [...tolerated, ...joined, ...differing, ...twice, ...missing]
const sumOf = (sales: readonly Sale[]): number => sales.reduce((sum, { ours = 0 }) => sum + ours, 0)
const exact = some('', parts(12_399, 104_321_157 - sumOf(others)), (amount, place) => ({
  ours: amount,
  theirs: amount,
  at: MARCH(place),
}))
const sales = [...exact, ...others]

const cents = (amount: number): string => `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')}`

export const SAMPLE = {
  ours: csv([
    ['payment_ref', 'amount', 'currency', 'captured_at'],
    ...sales.flatMap(({ ref, ours, at }) => (ours === undefined ? [] : [[ref, ours, 'USD', at]])),
  ]),
  theirs: csv([
    ['charge_id', 'gross', 'fee', 'currency', 'created'],
    ...sales.flatMap(({ ref, theirs, at }) => (theirs === undefined ? [] : [[ref, cents(theirs), '0.30', 'USD', at]])),
  ]),
  // Our day ends at 23:45, theirs at midnight: what is stamped in between comes in our next file.
  flags: ['--tolerance', '0.01', '--lag', '2bd', '--ours-cutoff', '23:45', '--as-of', '2026-03-31', '--no-html'],
  lines: [
    'ledger.csv 12,480 rows',
    'report.csv 12,473 rows',
    'exact reference 12,401',
    'within tolerance 38',
    'many to one 10 -> 5',
    'RESULT 99.75 % of ours matched',
    'real breaks 23',
    'missing in theirs 3 212.40 USD',
    'missing in ours 7 -918.00 USD',
    'amount differs 11 -41.30 USD',
    'twice in theirs 2 -84.00 USD',
    'temporary 26',
    'not in theirs yet 17 1,904.20 USD due by Thu 2 Apr 2026',
    'not in ours yet 9 -640.10 USD due by Wed 1 Apr 2026',
    'ours 1,043,211.57 - theirs 1,042,778.31 = 433.26 = every line above and 0.06 within tolerance, to the cent',
  ],
} as const
