import assert from 'node:assert/strict'
import type { BreakCode } from '../break.ts'
import { type Item, namedCharge } from '../engines/stream/record.ts'
import type { Opened, Standing } from './standing.ts'

/** A record as it is stored: what an engine compares, and how it stood last. Its name is its id. */
export type LiveItem = {
  readonly item: Item
  readonly standing: Standing
  /** Of ours that the ledger booked since. */
  readonly booked: { readonly chain: number; readonly seq: bigint } | undefined
  /** Of what is open from an earlier day: what its last run called it. */
  readonly opened: Opened | undefined
}

export const COLUMNS = `id, side, charge_id, psp_reference, reference, payment_event_id, asked_amount, amount, currency, occurred_at,
  file_id, line, kind, status, fee, business_date, chain_id, batch_seq, break_id, break_code, break_due_on, state, code, due_on, twin_id`

export type Row = {
  readonly id: string
  readonly side: 'ours' | 'line' | 'told'
  readonly charge_id: string | null
  readonly psp_reference: string | null
  readonly reference: string | null
  readonly payment_event_id: string | null
  readonly asked_amount: bigint | null
  readonly amount: bigint
  readonly currency: string
  readonly occurred_at: Date | null
  readonly file_id: string | null
  readonly line: number | null
  readonly kind: string | null
  readonly status: string | null
  readonly fee: bigint | null
  readonly business_date: string | null
  readonly chain_id: number | null
  readonly batch_seq: bigint | null
  readonly break_id: string | null
  readonly break_code: BreakCode | null
  readonly break_due_on: string | null
  readonly state: Standing['state']
  readonly code: BreakCode | null
  readonly due_on: string | null
  readonly twin_id: string | null
}

export function liveItemOf(row: Row): LiveItem {
  return {
    item: itemOf(row),
    standing: {
      state: row.state,
      code: row.code ?? undefined,
      dueOn: row.due_on ?? undefined,
      twin: row.twin_id ?? undefined,
    },
    opened: row.break_code === null ? undefined : { code: row.break_code, dueOn: row.break_due_on ?? undefined },
    booked: row.chain_id === null || row.batch_seq === null ? undefined : { chain: row.chain_id, seq: row.batch_seq },
  }
}

function itemOf(row: Row): Item {
  const ms = row.occurred_at === null ? null : BigInt(row.occurred_at.getTime())
  const theirs = {
    name: row.id,
    reference: row.reference,
    psp_reference: row.psp_reference,
    theirs_amount: row.amount,
    theirs_currency: row.currency,
    theirs_ms: ms,
  }
  if (row.side === 'told') {
    assert(row.business_date !== null, 'what was told has a day')
    return { side: 'told', record: { ...theirs, day: row.business_date } }
  }
  if (row.side === 'line') {
    const { file_id, line, kind, status, fee } = row
    assert(file_id !== null && line !== null && kind !== null && fee !== null, 'a line has its place')
    return {
      side: 'line',
      record: { ...theirs, day: row.business_date, file_id, line, kind, status, fee, theirs_break: row.break_id },
    }
  }
  const { charge_id, payment_event_id, asked_amount, business_date } = row
  assert(
    charge_id !== null && payment_event_id !== null && asked_amount !== null && business_date !== null && ms !== null,
    'a record of ours is booked',
  )
  return {
    side: 'ours',
    record: {
      name: row.id,
      attempt_id: charge_id,
      payment_id: payment_event_id,
      ours_psp_reference: row.psp_reference,
      asked_amount,
      ours_amount: row.amount,
      ours_currency: row.currency,
      ours_ms: ms,
      business_date,
      ours_break: row.break_id,
    },
  }
}

/** The values of a row, in the order of `COLUMNS`. */
export function valuesOf({ item, standing, booked, opened }: LiveItem): readonly unknown[] {
  const { side, record } = item
  const stands = [
    ...[booked?.chain, booked?.seq, breakOf(item), opened?.code, opened?.dueOn],
    ...[standing.state, standing.code, standing.dueOn, standing.twin],
  ]
  if (side === 'ours')
    return [
      ...[
        record.name,
        side,
        record.attempt_id,
        record.ours_psp_reference,
        null,
        record.payment_id,
        record.asked_amount,
      ],
      ...[record.ours_amount, record.ours_currency, dateOf(record.ours_ms), null, null, null, null, null],
      ...[record.business_date, ...stands],
    ]
  const place =
    side === 'line' ? [record.file_id, record.line, record.kind, record.status, record.fee] : Array(5).fill(null)
  return [
    ...[record.name, side, namedCharge(record.reference), record.psp_reference, record.reference, null, null],
    ...[record.theirs_amount, record.theirs_currency, dateOf(record.theirs_ms), ...place, record.day, ...stands],
  ]
}

const breakOf = ({ side, record }: Item): string | null =>
  side === 'ours' ? record.ours_break : side === 'line' ? record.theirs_break : null

const dateOf = (ms: bigint | null): Date | null => (ms === null ? null : new Date(Number(ms)))
