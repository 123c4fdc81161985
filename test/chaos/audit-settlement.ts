import type { Check, Tally } from './audit.ts'
import { type FileLine, type Pair, workOut } from './oracle.ts'
import { RECEIVABLE, samePostings, show, sumsBy, turnover } from './postings.ts'
import type { Entry, PostingSeen, Snapshot, StoredOrder } from './snapshot.ts'

const SUSPENSE = 'suspense:simulator'
const IN_TRANSIT = 'psp:simulator:in_transit'
const PSP_FEE = 'expense:psp_fee'

/** What the nights booked, line by line of the files, and what it adds up to. */
export const settlementChecks: readonly Check[] = [
  {
    name: 'each settled line has its fee booked once, and no other has one',
    examine: (snapshot, tally) => {
      const want = workOut(snapshot).pairs.flatMap((pair) => (pair.line.fee === 0n ? [] : [feeOf(pair)]))
      compareEntries(snapshot, 'psp_fee', want, tally)
    },
  },
  {
    name: 'each line that nobody knows stands in suspense once',
    examine: (snapshot, tally) => {
      const want = workOut(snapshot).strangers.map((line) => ({
        line,
        postings: postings(line.currency, [
          [RECEIVABLE, line.gross - line.fee],
          [SUSPENSE, line.fee - line.gross],
        ]),
      }))
      compareEntries(snapshot, 'unmatched_line', want, tally)
    },
  },
  {
    name: 'each payout is on its way to the bank once',
    examine: (snapshot, tally) => {
      const want = workOut(snapshot).payouts.map((line) => ({
        line,
        postings: postings(line.currency, [
          [IN_TRANSIT, -line.gross],
          [RECEIVABLE, line.gross],
        ]),
      }))
      compareEntries(snapshot, 'psp_payout', want, tally)
    },
  },
  {
    name: 'exactly the orders that are settled as they should be are released, once',
    examine: (snapshot, tally) => {
      const released = new Set(releasable(snapshot).map((order) => order.id))
      const entries = Map.groupBy(
        snapshot.entries.filter((entry) => entry.kind === 'release'),
        (entry) => entry.orderId,
      )
      for (const order of snapshot.orders) {
        tally.checked()
        const found = entries.get(order.id) ?? []
        entries.delete(order.id)
        const times = released.has(order.id) && order.amount > order.platformFee ? 1 : 0
        if (found.length !== times) tally.violation(`${order.id} is released ${found.length} times, not ${times}`)
        for (const entry of found)
          if (!samePostings(entry.postings, releaseOf(order)))
            tally.violation(`${entry.id} releases ${order.id} by ${show(entry.postings)}`)
      }
      for (const found of entries.values())
        tally.violation(`released for no order: ${found.map((entry) => entry.id).join(', ')}`)
    },
  },
  {
    name: 'the receivable less the last file is what stands open, currency by currency',
    examine: (snapshot, tally) => {
      const { pairs, missing, later } = workOut(snapshot)
      const open = sumsBy([
        ...[...missing, ...later].map(({ amount, currency }) => ({ amount, currency })),
        ...pairs.map(({ charge: { amount, currency } }) => ({ amount, currency })),
        ...pairs.map(({ line: { gross, currency } }) => ({ amount: -gross, currency })),
      ])
      const closings = new Map(snapshot.nights.pspFiles.at(-1)?.balances.map((row) => [row.currency, row.closing]))
      const owed = balanceOf(snapshot, RECEIVABLE)
      for (const currency of new Set([...open.keys(), ...closings.keys(), ...owed.keys()])) {
        tally.checked()
        const left = (owed.get(currency) ?? 0n) - (closings.get(currency) ?? 0n)
        if (left !== (open.get(currency) ?? 0n))
          tally.violation(`${currency}: ${left} between ledger and file, ${open.get(currency) ?? 0n} open`)
      }
    },
  },
  {
    name: 'what is in transit is what the files paid out',
    examine: (snapshot, tally) => {
      const paid = sumsBy(workOut(snapshot).payouts.map(({ gross, currency }) => ({ amount: -gross, currency })))
      const transit = balanceOf(snapshot, IN_TRANSIT)
      for (const currency of new Set([...paid.keys(), ...transit.keys()])) {
        tally.checked()
        if ((paid.get(currency) ?? 0n) !== (transit.get(currency) ?? 0n))
          tally.violation(
            `${currency}: ${transit.get(currency) ?? 0n} in transit, ${paid.get(currency) ?? 0n} paid out`,
          )
      }
    },
  },
]

/** The captured orders whose charge stands in a file with nothing wrong about it but its fee. */
export function releasable(snapshot: Snapshot): readonly StoredOrder[] {
  const good = new Set(
    workOut(snapshot).pairs.flatMap(({ code, charge }) =>
      code === undefined || code === 'fee_mismatch' ? [charge.attemptId] : [],
    ),
  )
  return snapshot.orders.filter((order) => order.status === 'captured' && good.has(order.chargeAttemptId))
}

type Wanted = { readonly line: FileLine; readonly postings: readonly PostingSeen[] }

/** The fee up to what it should be is a cost, what is beyond stands in suspense. */
function feeOf({ line, expectedFee }: Pair): Wanted {
  const cost = line.fee < expectedFee ? line.fee : expectedFee
  return {
    line,
    postings: postings(line.currency, [
      [PSP_FEE, cost],
      [SUSPENSE, line.fee - cost],
      [RECEIVABLE, -line.fee],
    ]),
  }
}

function compareEntries(snapshot: Snapshot, kind: string, want: readonly Wanted[], tally: Tally): void {
  const fileOf = new Map(
    snapshot.nights.files.flatMap((file) => (file.status === 'accepted' ? [[file.day, file.id] as const] : [])),
  )
  const entries = Map.groupBy(
    snapshot.entries.filter((entry) => entry.kind === kind),
    (entry) => entry.fact,
  )
  for (const { line, postings: expected } of want) {
    tally.checked()
    const fact = `${fileOf.get(line.day)}:${line.line}${line.part === undefined ? '' : `:${line.part}`}`
    const found: readonly Entry[] = entries.get(fact) ?? []
    entries.delete(fact)
    if (found.length !== 1) tally.violation(`line ${fact} of ${line.day} has ${found.length} entries of ${kind}`)
    for (const entry of found)
      if (!samePostings(entry.postings, expected))
        tally.violation(`${entry.id} of ${fact} books ${show(entry.postings)}, not ${show(expected)}`)
  }
  for (const [fact, found] of entries)
    tally.violation(`${fact} has ${kind} entries ${found.map((entry) => entry.id).join(', ')} and must have none`)
}

const postings = (
  currency: string,
  parts: readonly (readonly [account: string, amount: bigint])[],
): readonly PostingSeen[] =>
  parts.flatMap(([account, amount]) => (amount === 0n ? [] : [{ account, amount, currency }]))

const releaseOf = ({ seller, amount, platformFee, currency }: StoredOrder): readonly PostingSeen[] =>
  postings(currency, [
    [`seller:${seller}:pending`, amount - platformFee],
    [`seller:${seller}:available`, platformFee - amount],
  ])

const balanceOf = (snapshot: Snapshot, account: string): ReadonlyMap<string, bigint> =>
  new Map(
    [...turnover(snapshot.entries)].flatMap(([key, { debits, credits }]) =>
      key.startsWith(`${account} `) ? [[key.slice(account.length + 1), debits - credits] as const] : [],
    ),
  )
