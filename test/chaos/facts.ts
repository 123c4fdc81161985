import { paidShare } from './audit-orders.ts'
import type { NightKills } from './nights.ts'
import type { Victim } from './schedule.ts'
import type { Snapshot } from './snapshot.ts'

/** What the campaign was made of: the numbers that tell whether it tried hard enough. */
export type Facts = {
  readonly kills: Readonly<Record<Victim, number>>
  /** Kills at night, by the stage that the run was in. */
  readonly nightKills: NightKills
  readonly runs: number
  readonly settledCharges: number
  readonly breaksByCode: Readonly<Record<string, number>>
  readonly serverStarts: number
  readonly requests: number
  readonly reads: number
  readonly payments: number
  readonly replays: number
  readonly ordersByStatus: Readonly<Record<string, number>>
  readonly chargesByStatus: Readonly<Record<string, number>>
  readonly attempts: number
  readonly entries: number
  readonly lateSuccesses: number
  readonly payableOrders: number
  readonly paidOrders: number
  /** Captured minor units by currency, as text because JSON has no bigint. */
  readonly captured: Readonly<Record<string, string>>
}

export function factsOf(
  snapshot: Snapshot,
  run: {
    readonly kills: Readonly<Record<Victim, number>>
    readonly nightKills: NightKills
    readonly starts: number
  },
): Facts {
  const { payable, paid } = paidShare(snapshot)
  const captured = new Map<string, bigint>()
  for (const charge of snapshot.book)
    if (charge.status === 'captured')
      captured.set(charge.currency, (captured.get(charge.currency) ?? 0n) + charge.amount)
  const answers = snapshot.keys.flatMap((history) => history.answers)
  return {
    kills: run.kills,
    nightKills: run.nightKills,
    runs: snapshot.nights.runs.length,
    settledCharges: snapshot.nights.settled.length,
    breaksByCode: countBy(snapshot.nights.breaks.map((one) => `${one.code} ${one.state}`)),
    serverStarts: run.starts,
    requests: snapshot.observations.requests,
    reads: snapshot.observations.reads,
    payments: snapshot.events.length,
    replays: answers.filter((answer) => 'accepted' in answer && answer.replayed).length,
    ordersByStatus: countBy(snapshot.orders.map((order) => order.status)),
    chargesByStatus: countBy(snapshot.book.map((charge) => charge.status)),
    attempts: snapshot.attempts.length,
    entries: snapshot.entries.length,
    lateSuccesses: snapshot.entries.filter((entry) => entry.kind === 'late_success').length,
    payableOrders: payable,
    paidOrders: paid,
    captured: Object.fromEntries([...captured].map(([currency, amount]) => [currency, String(amount)])),
  }
}

function countBy(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const value of values.toSorted()) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
