import { statement } from '../../platform/db.ts'
import { publicId } from '../../platform/ids.ts'
import { endOfDay } from '../calendar.ts'
import type { Engine, LineWithoutOurs } from '../engines/engine.ts'
import type { ReconciliationDeps } from '../service.ts'
import type { Source } from '../source.ts'

/**
 * The file as the last resolver of outcomes: a good line for a charge of ours that is not booked says that it was
 * captured, whatever was lost on the way. Done before anything is matched. A line over another amount or currency than we
 * asked for resolves nothing, and a joined line only all of its charges that are not booked, when they come to what it leaves.
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
    const ids = new Set(lines.flatMap(({ charges }) => charges.map(({ id }) => id)))
    const unbooked = new Map(
      (await deps.db.run<Unbooked>(UNBOOKED, [[...ids], source.name])).map((charge) => [charge.id, charge]),
    )
    const told: Told[] = []
    for (const line of lines) {
      const charges = toldBy(line, unbooked)
      told.push(...charges)
      for (const { charge } of charges) unbooked.delete(charge.id)
    }
    await Promise.all(told.map((each) => tell(deps, each, endOfDay(day, source))))
    resolved += told.length
  }
  return resolved
}

type Told = { readonly charge: Unbooked; readonly line: LineWithoutOurs; readonly pspReference: string }

/** The charges of a line that it says are captured: all that it names, or none. */
function toldBy(line: LineWithoutOurs, unbooked: ReadonlyMap<string, Unbooked>): readonly Told[] {
  const told = line.charges.flatMap(({ id, psp_reference }) => {
    const charge = unbooked.get(id)
    // A file without ids of its own speaks of the charge by our reference.
    return charge === undefined ? [] : [{ charge, line, pspReference: psp_reference ?? publicId('att', id) }]
  })
  const sum = told.reduce((all, { charge }) => all + charge.amount, 0n)
  const agrees = told.every(({ charge }) => charge.currency === line.currency) && sum === line.amount
  return agrees && told.length === line.charges.length ? told : []
}

async function tell(
  { record }: Pick<ReconciliationDeps, 'record'>,
  { charge, line, pspReference }: Told,
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
      pspReference,
      amount: charge.amount,
      currency: line.currency,
      occurredAt,
    },
  })
  if (recorded !== 'recorded')
    throw new Error(`what the file tells about charge ${charge.id} was not recorded: ${recorded}`)
}
