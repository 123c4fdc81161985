import type { Db } from '../../src/platform/db.ts'
import { uuidOf } from '../../src/platform/ids.ts'
import type { BookedCharge, ScriptedPsp } from '../support/scripted-psp.ts'

type OurCharge = {
  id: string
  psp: string
  amount: bigint
  currency: string
  statuses: string[] | null
  late: boolean
  /** The PSP refused to give back what is held. */
  void_refused: boolean
}

const OUR_CHARGES = `
  select a.id, a.psp, a.amount, a.currency, array_agg(distinct o.status) filter (where o.id is not null) as statuses,
         exists (select from journal_entry e where e.kind = 'late_success' and e.fact = a.id::text) as late,
         exists (select from attempt f where f.charge_attempt_id = a.id and f.operation = 'void' and f.status = 'declined') as void_refused
    from attempt a left join payment_order o on o.charge_attempt_id = a.id
   where a.operation = 'charge' group by a.id`

const RECEIVABLE = `
  select split_part(a.name, ':', 2) || ' ' || b.currency as key, sum(b.debits - b.credits) as amount
    from account_balance b join ledger_account a on a.id = b.account_id
   where a.name like 'psp:%:receivable' group by 1`

/** What is not as it must be between the PSPs' books and ours, in words. */
export async function auditBooks(db: Db, psps: readonly ScriptedPsp[]): Promise<readonly string[]> {
  const ours = new Map((await db.query<OurCharge>(OUR_CHARGES)).map((charge) => [charge.id, charge]))
  const receivable = new Map(
    (await db.query<{ key: string; amount: bigint }>(RECEIVABLE)).map((row) => [row.key, row.amount]),
  )
  const findings: string[] = []
  const theirs = new Map<string, BookedCharge>()
  const captured = new Map<string, bigint>()
  for (const psp of psps) {
    findings.push(...psp.violations)
    for (const charge of psp.book()) {
      theirs.set(uuidOf('att', charge.reference) ?? charge.reference, charge)
      if (charge.state !== 'captured') continue
      const key = `${psp.name} ${charge.currency}`
      captured.set(key, (captured.get(key) ?? 0n) + charge.amount)
    }
  }
  for (const key of new Set([...captured.keys(), ...receivable.keys()])) {
    const [there, here] = [captured.get(key) ?? 0n, receivable.get(key) ?? 0n]
    if (there !== here) findings.push(`${key}: the PSP captured ${there}, the ledger says ${here}`)
  }
  for (const [id, charge] of theirs) findings.push(...disagreements(charge, ours.get(id)))
  for (const charge of ours.values()) {
    if (charge.statuses?.includes('captured') && theirs.get(charge.id)?.state !== 'captured')
      findings.push(`charge ${charge.id} is captured here and ${theirs.get(charge.id)?.state ?? 'not'} there`)
  }
  return findings
}

function disagreements(theirs: BookedCharge, ours: OurCharge | undefined): readonly string[] {
  if (ours === undefined) return [`the PSP has ${theirs.reference}, which we never sent`]
  const says = `charge ${ours.id} is ${theirs.state} there and ${ours.statuses?.join() ?? 'replaced'}${ours.late ? ' with a late success' : ''} here`
  if (theirs.amount !== ours.amount || theirs.currency !== ours.currency) return [`${says}, over another amount`]
  const sale = ours.statuses?.join() === 'captured'
  if (theirs.state === 'captured') return sale !== ours.late ? [] : [says]
  if (sale || ours.late) return [says]
  // Held money is held for an order, or was given back.
  if (theirs.state === 'authorised') return ours.statuses?.join() === 'authorised' || ours.void_refused ? [] : [says]
  return theirs.state === 'pending' || theirs.state === 'requires_action' ? [says] : []
}
