import type { OpenBreak } from '../../break.ts'
import type { Item } from './record.ts'

/** What is open comes back as a record of an earlier day, under the name of its break; undefined when it is about no record. */
export function openItem({ id, ours, theirs }: Pick<OpenBreak, 'id' | 'ours' | 'theirs'>): Item | undefined {
  if (ours !== undefined)
    return {
      side: 'ours',
      record: {
        name: id,
        attempt_id: ours.attemptId,
        payment_id: ours.paymentId,
        ours_psp_reference: ours.pspReference,
        asked_amount: ours.amount,
        ours_amount: ours.amount,
        ours_currency: ours.currency,
        ours_ms: BigInt(ours.occurredAt.getTime()),
        business_date: ours.businessDate,
        ours_break: id,
      },
    }
  if (theirs === undefined) return undefined
  return {
    side: 'line',
    record: {
      name: id,
      day: null,
      file_id: theirs.fileId,
      line: theirs.line,
      kind: theirs.kind,
      status: theirs.status,
      reference: theirs.reference,
      psp_reference: theirs.pspReference,
      theirs_amount: theirs.amount,
      fee: theirs.fee,
      theirs_currency: theirs.currency,
      theirs_ms: theirs.occurredAt && BigInt(theirs.occurredAt.getTime()),
      theirs_break: id,
    },
  }
}
