import { chargeChecks } from './audit-charges.ts'
import { ledgerChecks } from './audit-ledger.ts'
import { nightChecks } from './audit-nights.ts'
import { orderChecks } from './audit-orders.ts'
import { requestChecks } from './audit-requests.ts'
import { settlementChecks } from './audit-settlement.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * One question to a snapshot. `examine` calls `tally.checked()` for every thing it looked at and
 * `tally.violation(…)`, with the ids concerned, for every thing that is wrong.
 */
export type Check = { readonly name: string; readonly examine: (snapshot: Snapshot, tally: Tally) => void }

export type Tally = { readonly checked: (count?: number) => void; readonly violation: (sentence: string) => void }

export type CheckResult = {
  readonly name: string
  /** How many things were looked at. A check that looked at nothing proves nothing. */
  readonly checked: number
  readonly violations: readonly string[]
}

/**
 * Compares what the client was told, what the product stored and booked, and what the simulator's
 * book says. Pure: the same snapshot gives the same results, so that each check is itself tested
 * with planted violations.
 */
export function audit(snapshot: Snapshot): readonly CheckResult[] {
  return [...requestChecks, ...orderChecks, ...chargeChecks, ...ledgerChecks, ...nightChecks, ...settlementChecks].map(
    (check) => {
      let checked = 0
      const violations: string[] = []
      check.examine(snapshot, {
        checked: (count = 1) => {
          checked += count
        },
        violation: (sentence) => violations.push(sentence),
      })
      return { name: check.name, checked, violations }
    },
  )
}
