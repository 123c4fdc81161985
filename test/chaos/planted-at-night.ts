import type { Snapshot } from './snapshot.ts'
import type { Mutable } from './sound-snapshot.ts'

type Plant = (snapshot: Mutable<Snapshot>) => void
export type Planted = readonly [what: string, check: string, plant: Plant]

/** The one element that `matches`; a plant that finds nothing to break would prove nothing. */
export function the<T>(items: readonly T[], matches: (item: T) => boolean): T {
  const found = items.find(matches)
  if (found === undefined) throw new Error('the planted violation has nothing to break')
  return found
}

export const without = <T>(items: T[], matches: (item: T) => boolean): void => {
  const index = items.findIndex(matches)
  if (index < 0) throw new Error('the planted violation has nothing to remove')
  items.splice(index, 1)
}

const RUN = 'each day has one completed run, in order and proven'
const FILE = "each day has one accepted file, byte for byte the simulator's"
const SETTLED = 'each charge in a file is settled once, by its line'
const LINE = 'each charge line is settled or a break of theirs, and not both'
const BREAKS = 'the breaks are those of the files and the book, and no other'
const HISTORY = 'each break was opened once, and promoted and cleared as it says'
const FEE = 'each settled line has its fee booked once, and no other has one'
const STRANGER = 'each line that nobody knows stands in suspense once'
const PAYOUT = 'each payout is on its way to the bank once'
const RELEASE = 'exactly the orders that are settled as they should be are released, once'

const run = (snapshot: Mutable<Snapshot>, day: string) => the(snapshot.nights.runs, (row) => row.day === day)
const found = (snapshot: Mutable<Snapshot>, code: string) => the(snapshot.nights.breaks, (row) => row.code === code)
const booked = (snapshot: Mutable<Snapshot>, kind: string) => the(snapshot.entries, (row) => row.kind === kind)

/** What the nights may get wrong. */
export const PLANTED_AT_NIGHT: readonly Planted[] = [
  ['a day without a run', RUN, (s) => without(s.nights.runs, (row) => row.day === '2026-03-03')],
  ['a day with two runs', RUN, (s) => s.nights.runs.push({ ...run(s, '2026-03-03'), id: 'run_again' })],
  [
    'a run that is not done',
    RUN,
    (s) => {
      run(s, '2026-03-04').status = 'running'
    },
  ],
  [
    'a run that leaves a cent unexplained',
    RUN,
    (s) => {
      the(run(s, '2026-03-02').proof, () => true).unexplained = 1n
    },
  ],
  [
    'a run that was completed before the one of the day before',
    RUN,
    (s) => {
      run(s, '2026-03-03').completedAt = '2026-03-01'
    },
  ],
  [
    'a file with other bytes',
    FILE,
    (s) => {
      the(s.nights.files, () => true).sha256 = 'other'
    },
  ],
  ['a file that is missing', FILE, (s) => without(s.nights.files, () => true)],
  [
    'a file that was rejected',
    FILE,
    (s) => s.nights.files.push({ id: 'sf_x', day: '2026-03-02', status: 'rejected', sha256: 'x' }),
  ],
  [
    'a closing balance that is a cent off',
    FILE,
    (s) => {
      the(s.nights.statements, () => true).closing += 1n
    },
  ],
  ['a charge in a file that is not settled', SETTLED, (s) => without(s.nights.settled, () => true)],
  [
    'a charge that is settled twice',
    SETTLED,
    (s) => s.nights.settled.push({ ...the(s.nights.settled, () => true), line: 99 }),
  ],
  [
    'a charge that is settled by the line of another',
    SETTLED,
    (s) => {
      the(s.nights.settled, () => true).chargeId = 'att_paid_1'
    },
  ],
  [
    'a charge that is settled and in no file',
    SETTLED,
    (s) => s.nights.settled.push({ ...the(s.nights.settled, () => true), chargeId: 'att_n51_0', line: 99 }),
  ],
  ['a line that is neither settled nor a break', LINE, (s) => without(s.nights.settled, () => true)],
  [
    'a line that is settled and a break too',
    LINE,
    (s) => {
      found(s, 'missing_internal').line = 4
    },
  ],
  ['a break that was not found', BREAKS, (s) => without(s.nights.breaks, (row) => row.code === 'fee_mismatch')],
  [
    'a break that was found twice',
    BREAKS,
    (s) => s.nights.breaks.push({ ...found(s, 'amount_mismatch'), id: 'brk_x' }),
  ],
  [
    'a break that should have cleared',
    BREAKS,
    (s) => {
      found(s, 'cutoff_straddle').state = 'open'
    },
  ],
  [
    'a break that was not promoted',
    BREAKS,
    (s) => {
      Object.assign(found(s, 'missing_external'), {
        code: 'awaiting_settlement',
        class: 'temporary',
        isPromoted: false,
      })
    },
  ],
  [
    'a break over another amount',
    BREAKS,
    (s) => {
      found(s, 'duplicate_external').difference = 1n
    },
  ],
  [
    'a ledger that does not agree with the file',
    BREAKS,
    (s) => s.nights.breaks.push({ ...found(s, 'missing_internal'), id: 'brk_x', code: 'ledger_mismatch' }),
  ],
  ['a break that was opened twice', HISTORY, (s) => s.nights.breakEvents.push(the(s.nights.breakEvents, () => true))],
  ['a break without its clearing', HISTORY, (s) => without(s.nights.breakEvents, (row) => row.kind === 'cleared')],
  ['a fee that was not booked', FEE, (s) => without(s.entries, (row) => row.kind === 'psp_fee')],
  ['a fee that was booked twice', FEE, (s) => s.entries.push({ ...booked(s, 'psp_fee'), id: 'je_x' })],
  [
    'a fee that was booked for another line',
    FEE,
    (s) => {
      booked(s, 'psp_fee').fact = 'sf_2026-03-02:99'
    },
  ],
  [
    'a fee beyond the schedule that is a cost',
    FEE,
    (s) => {
      const entry = the(s.entries, (row) => row.kind === 'psp_fee' && row.postings.length === 3)
      the(entry.postings, (row) => row.account === 'suspense:simulator').account = 'expense:psp_fee'
    },
  ],
  [
    'a charge of a shared line that is not settled',
    LINE,
    (s) => without(s.nights.settled, (row) => row.chargeId === 'att_n59b_0'),
  ],
  ['a strange line that was not booked', STRANGER, (s) => without(s.entries, (row) => row.kind === 'unmatched_line')],
  [
    'a strange line that was booked without its fee',
    STRANGER,
    (s) => {
      for (const posting of booked(s, 'unmatched_line').postings) posting.amount *= 2n
    },
  ],
  ['a payout that was not booked', PAYOUT, (s) => without(s.entries, (row) => row.kind === 'psp_payout')],
  ['a payout that was booked twice', PAYOUT, (s) => s.entries.push({ ...booked(s, 'psp_payout'), id: 'je_x' })],
  ['an order that was not released', RELEASE, (s) => without(s.entries, (row) => row.kind === 'release')],
  ['an order that was released twice', RELEASE, (s) => s.entries.push({ ...booked(s, 'release'), id: 'je_x' })],
  [
    'an order that was released although its amount differs',
    RELEASE,
    (s) => s.entries.push({ ...booked(s, 'release'), id: 'je_x', orderId: 'po_n54_0' }),
  ],
  [
    'an order that was released to the cent too much',
    RELEASE,
    (s) => {
      for (const posting of booked(s, 'release').postings) posting.amount += posting.amount > 0n ? 1n : -1n
    },
  ],
  [
    'a receivable that no open charge explains',
    'the receivable less the last file is what stands open, currency by currency',
    (s) => {
      the(the(s.entries, (row) => row.kind === 'psp_fee').postings, (row) => row.amount < 0n).amount -= 1n
    },
  ],
  [
    'a payout that is not in transit',
    'what is in transit is what the files paid out',
    (s) => without(s.entries, (row) => row.kind === 'psp_payout'),
  ],
]
