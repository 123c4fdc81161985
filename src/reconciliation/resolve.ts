import { statement } from '../platform/db.ts'
import { uuidOf } from '../platform/ids.ts'
import { endOfDay } from './calendar.ts'
import type { Engine, LineWithoutOurs } from './engines/engine.ts'
import type { ReconciliationDeps } from './service.ts'
import type { Source } from './source.ts'

/**
 * The file as the last resolver of outcomes: a good line for a charge of ours that is not booked says that it was
 * captured, whatever was lost on the way. Done before anything is matched. A line over another amount or currency than we
 * asked for resolves nothing.
 */
const UNBOOKED = statement(
  'reconciliation.unbooked_charges',
  `select a.id, a.payment_event_id as "paymentId", a.amount, a.currency
     from attempt a
    where a.id = any($1::uuid[]) and a.operation = 'charge' and a.psp = $2
      and (select o.id from payment_order o where o.charge_attempt_id = a.id and o.status = 'captured' limit 1) is null
      and (select e.id from journal_entry e where e.kind = 'late_success' and e.fact = a.id::text) is null`,
)

type Unbooked = { readonly id: string; readonly paymentId: string; readonly amount: bigint; readonly currency: string }

/** Records what the file tells about charges that are not booked. Gives how many there were. */
export async function resolveByFile(
  deps: Pick<ReconciliationDeps, 'db' | 'record'>,
  engine: Engine,
  { source, day }: { readonly source: Source; readonly day: string },
): Promise<number> {
  let resolved = 0
  for await (const lines of engine.withoutOurs()) {
    const linesOf = Map.groupBy(lines, (line) => uuidOf('att', line.reference))
    linesOf.delete(undefined)
    const charges = await deps.db.run<Unbooked>(UNBOOKED, [[...linesOf.keys()], source.name])
    const told = charges.flatMap((charge) => {
      const agrees = (line: LineWithoutOurs): boolean =>
        line.amount === charge.amount && line.currency === charge.currency
      const line = linesOf.get(charge.id)?.find(agrees)
      return line === undefined ? [] : [{ charge, line }]
    })
    await Promise.all(told.map(({ charge, line }) => tell(deps, charge, line, endOfDay(day, source))))
    resolved += told.length
  }
  return resolved
}

async function tell(
  { record }: Pick<ReconciliationDeps, 'record'>,
  charge: Unbooked,
  line: LineWithoutOurs,
  dayEnd: Date,
): Promise<void> {
  const occurredAt = line.occurred_ms === null ? new Date(dayEnd.getTime() - 1) : new Date(Number(line.occurred_ms))
  const recorded = await record({
    paymentId: charge.paymentId,
    chargeId: charge.id,
    attemptId: charge.id,
    via: 'file',
    outcome: {
      outcome: 'captured',
      // A file without ids of its own speaks of the charge by our reference.
      pspReference: line.psp_reference ?? line.reference,
      amount: line.amount,
      currency: line.currency,
      occurredAt,
    },
  })
  if (recorded !== 'recorded')
    throw new Error(`what the file tells about charge ${charge.id} was not recorded: ${recorded}`)
}
