import type { Check, Tally } from './audit.ts'
import { acceptedIds, wronglyAnswered } from './audit-requests.ts'
import { releasable } from './audit-settlement.ts'
import { samePostings, show, sums, turnover } from './postings.ts'
import type { PostingSeen, Snapshot, StoredOrder } from './snapshot.ts'

const COMMISSION = 'revenue:commission'
const receivable = (psp: string): string => `psp:${psp}:receivable`
const KINDS = new Set(['capture', 'manual', 'late_success', 'psp_fee', 'psp_payout', 'unmatched_line', 'release'])
const pending = (seller: string): string => `seller:${seller}:pending`

/** Entries, balances and wallets, each recomputed here from the orders or the postings. */
export const ledgerChecks: readonly Check[] = [
  {
    name: 'each captured order has one capture entry with the right postings',
    examine: (snapshot, tally) => {
      const captures = Map.groupBy(
        snapshot.entries.filter((entry) => entry.kind === 'capture'),
        (entry) => entry.orderId,
      )
      for (const order of snapshot.orders) {
        const entries = captures.get(order.id) ?? []
        const expected = order.status === 'captured' ? 1 : 0
        tally.checked()
        if (entries.length !== expected)
          tally.violation(`${order.id} is ${order.status} and has ${entries.length} capture entries`)
        for (const entry of entries) {
          if (!samePostings(entry.postings, capturePostings(order)))
            tally.violation(`${entry.id} of ${order.id} books ${show(entry.postings)}`)
        }
      }
      const orders = new Set(snapshot.orders.map((order) => order.id))
      for (const [orderId, entries] of captures)
        if (orderId === undefined || !orders.has(orderId))
          tally.violation(`capture entries without an order: ${entries.map((entry) => entry.id).join(', ')}`)
    },
  },
  {
    name: 'each entry sums to zero in each currency',
    examine: (snapshot, tally) => {
      for (const entry of snapshot.entries) {
        tally.checked()
        for (const [currency, sum] of sums(entry.postings, (posting) => posting.currency))
          if (sum !== 0n) tally.violation(`${entry.id} is off by ${sum} ${currency}`)
      }
    },
  },
  {
    name: 'account balances equal the sums of their postings',
    examine: (snapshot, tally) => {
      const postings = turnover(snapshot.entries)
      const stored = new Map(snapshot.balances.map((row) => [`${row.account} ${row.currency}`, row]))
      for (const key of new Set([...postings.keys(), ...stored.keys()])) {
        tally.checked()
        const want = postings.get(key) ?? { debits: 0n, credits: 0n }
        const have = stored.get(key) ?? { debits: 0n, credits: 0n }
        if (want.debits !== have.debits || want.credits !== have.credits)
          tally.violation(
            `${key}: stored ${have.debits} Dr ${have.credits} Cr, postings ${want.debits} Dr ${want.credits} Cr`,
          )
      }
    },
  },
  {
    name: 'captures in the book equal the receivable, currency by currency',
    examine: (snapshot, tally) => {
      const unknown = new Set(
        snapshot.orders.flatMap((order) => (order.status === 'unknown' ? [order.chargeAttemptId] : [])),
      )
      const book = sums(
        snapshot.book.filter((charge) => charge.status === 'captured' && !unknown.has(charge.attemptId ?? '')),
        (charge) => charge.currency,
      )
      const debits = new Map<string, bigint>()
      for (const row of snapshot.balances)
        if (/^psp:[^:]+:receivable$/.test(row.account))
          debits.set(row.currency, (debits.get(row.currency) ?? 0n) + row.debits)
      // What the nights book on that side is no charge of ours.
      for (const entry of snapshot.entries) {
        if (entry.kind === 'capture' || entry.kind === 'late_success') continue
        for (const { account, amount, currency } of entry.postings)
          if (/^psp:[^:]+:receivable$/.test(account) && amount > 0n)
            debits.set(currency, (debits.get(currency) ?? 0n) - amount)
      }
      for (const currency of new Set([...book.keys(), ...debits.keys()])) {
        tally.checked()
        if ((book.get(currency) ?? 0n) !== (debits.get(currency) ?? 0n))
          tally.violation(
            `${currency}: the book captured ${book.get(currency) ?? 0n}, we booked ${debits.get(currency) ?? 0n}`,
          )
      }
    },
  },
  {
    name: "each seller's wallet holds amount − fee of the captured orders",
    examine: (snapshot, tally) => {
      const released = new Set(releasable(snapshot).map((order) => order.id))
      const want = { pending: new Map<string, bigint>(), available: new Map<string, bigint>() }
      for (const order of snapshot.orders) {
        if (order.status !== 'captured') continue
        const key = `${order.seller} ${order.currency}`
        const bucket = want[released.has(order.id) ? 'available' : 'pending']
        bucket.set(key, (bucket.get(key) ?? 0n) + order.amount - order.platformFee)
      }
      const wallets = new Map(snapshot.wallets.map((wallet) => [`${wallet.seller} ${wallet.currency}`, wallet]))
      for (const key of new Set([...want.pending.keys(), ...want.available.keys(), ...wallets.keys()])) {
        tally.checked()
        const wallet = wallets.get(key)
        for (const bucket of ['pending', 'available'] as const) {
          const expected = want[bucket].get(key) ?? 0n
          if ((wallet?.[bucket] ?? 0n) !== expected)
            tally.violation(`wallet of ${key} has ${wallet?.[bucket] ?? 0n} ${bucket}, its orders say ${expected}`)
        }
        if (wallet !== undefined && (wallet.reserved !== 0n || wallet.owed !== 0n))
          tally.violation(`wallet of ${key} has money in a bucket that nothing moved it to`)
      }
    },
  },
  {
    name: 'wallet rows equal the ledger accounts of the seller',
    examine: (snapshot, tally) => {
      const balances = new Map(
        [...turnover(snapshot.entries)].map(([key, { debits, credits }]) => [key, credits - debits]),
      )
      const rows = new Map<string, bigint>(
        snapshot.walletRows.flatMap((row) => [
          [`${pending(row.seller)} ${row.currency}`, row.pending] as const,
          [`seller:${row.seller}:available ${row.currency}`, row.available] as const,
        ]),
      )
      const accounts = [...balances.keys()].filter((key) => /^seller:.*:(pending|available) /.test(key))
      for (const key of new Set([...accounts, ...rows.keys()])) {
        tally.checked()
        if ((rows.get(key) ?? 0n) !== (balances.get(key) ?? 0n))
          tally.violation(`${key}: wallet row ${rows.get(key) ?? 0n}, ledger ${balances.get(key) ?? 0n}`)
      }
    },
  },
  {
    name: 'the trial balance balances and equals the postings',
    examine: (snapshot, tally) => {
      const postings = turnover(snapshot.entries)
      const listed = new Set<string>()
      for (const side of snapshot.trialBalance) {
        tally.checked()
        if (side.debits !== side.credits)
          tally.violation(`${side.currency}: ${side.debits} debits, ${side.credits} credits`)
        const total = side.accounts.reduce((sum, account) => sum + account.debits, 0n)
        if (total !== side.debits) tally.violation(`${side.currency}: accounts sum to ${total}, total ${side.debits}`)
        for (const account of side.accounts) {
          const key = `${account.account} ${side.currency}`
          listed.add(key)
          const want = postings.get(key) ?? { debits: 0n, credits: 0n }
          if (
            want.debits !== account.debits ||
            want.credits !== account.credits ||
            account.balance !== want.debits - want.credits
          )
            tally.violation(
              `${key}: shown ${account.debits} Dr ${account.credits} Cr, postings ${want.debits} Dr ${want.credits} Cr`,
            )
        }
      }
      for (const key of postings.keys())
        if (!listed.has(key)) tally.violation(`${key} is missing from the trial balance`)
    },
  },
  {
    name: 'manual entries: the acknowledged ones once, the refused ones never',
    examine: (snapshot, tally) => {
      const stored = Map.groupBy(
        snapshot.entries.filter((entry) => entry.kind === 'manual'),
        (entry) => entry.reference,
      )
      const asked = new Set(snapshot.manual.map((history) => history.reference))
      for (const history of snapshot.manual) {
        tally.checked()
        const entries = stored.get(history.reference) ?? []
        if (history.mustBeRefusedWith !== undefined) {
          for (const sentence of wronglyAnswered(history)) tally.violation(sentence)
          if (entries.length > 0) tally.violation(`${history.reference} had to be refused and is booked`)
          continue
        }
        for (const answer of history.answers)
          if ('refused' in answer)
            tally.violation(`key ${history.key} was refused with ${answer.status} ${answer.refused}`)
        const ids = new Set([...acceptedIds(history.answers), ...entries.map((entry) => entry.id)])
        const [entry] = entries
        if (entry === undefined || ids.size !== 1)
          tally.violation(`${history.reference} (key ${history.key}) is booked as ${[...ids].join(', ') || 'nothing'}`)
        else if (!samePostings(entry.postings, history.postings) || entry.reverses !== history.reverses)
          tally.violation(`${entry.id} of ${history.reference} books ${show(entry.postings)}`)
      }
      for (const [reference, entries] of stored)
        if (reference === undefined || !asked.has(reference))
          tally.violation(`manual entries that nobody asked for: ${entries.map((entry) => entry.id).join(', ')}`)
    },
  },
  {
    name: 'the API lists every entry as it is stored',
    examine: (snapshot, tally) => {
      const seen = Map.groupBy(snapshot.entriesSeen, (entry) => entry.id)
      for (const entry of snapshot.entries) {
        tally.checked()
        const shown = seen.get(entry.id) ?? []
        const [first] = shown
        if (first === undefined || shown.length > 1) tally.violation(`${entry.id} is listed ${shown.length} times`)
        else if (!samePostings(first.postings, entry.postings) || first.kind !== entry.kind)
          tally.violation(`${entry.id} is shown with ${show(first.postings)}, stored with ${show(entry.postings)}`)
      }
      const stored = new Set(snapshot.entries.map((entry) => entry.id))
      for (const id of seen.keys()) if (!stored.has(id)) tally.violation(`${id} is listed and not stored`)
    },
  },
  {
    name: 'no entry of a kind that this campaign does not cause',
    examine: (snapshot, tally) => {
      for (const entry of snapshot.entries) {
        tally.checked()
        if (!KINDS.has(entry.kind)) tally.violation(`${entry.id} is of kind ${entry.kind}`)
      }
    },
  },
  ...['invariants', 'verification', 'timeline', 'whereabouts', 'wallet', 'server'].map(
    (name): Check => ({
      name: `${name}: every answer is good`,
      examine: (snapshot, tally) => probes(snapshot, name, tally),
    }),
  ),
]

function probes(snapshot: Snapshot, name: string, tally: Tally): void {
  for (const probe of snapshot.probes) {
    if (probe.name !== name) continue
    tally.checked()
    if (!probe.ok) tally.violation(`${probe.subject}: ${probe.detail}`)
  }
}

/** Dr the PSP's receivable with the whole; Cr the seller with what is theirs and us with the commission. */
function capturePostings(order: StoredOrder): readonly PostingSeen[] {
  const currency = order.currency
  return [
    { account: receivable(order.psp), amount: order.amount, currency },
    { account: pending(order.seller), amount: order.platformFee - order.amount, currency },
    { account: COMMISSION, amount: -order.platformFee, currency },
  ].filter((posting) => posting.amount !== 0n)
}
