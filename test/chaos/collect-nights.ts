import { amount, optional, optionalId, type Row, shown, text } from './rows.ts'
import type { Nights, StoredBreak, StoredRun } from './snapshot.ts'
import { asArray, asObject, asText } from './wire.ts'

/** What the database holds of the nights. */
export type StoredNights = Omit<Nights, 'pspFiles' | 'firstDay'>

/** Reads everything about settlement, in the snapshot of the database that `rows` reads in. */
export async function readNights(rows: (sql: string) => Promise<readonly Row[]>): Promise<StoredNights> {
  return {
    runs: (await rows('select * from recon_run order by business_date, id')).map(readRun),
    files: (
      await rows(`select id, business_date, status, encode(sha256, 'hex') as sha256 from settlement_file order by id`)
    ).map((row) => ({
      id: shown('sf', text(row, 'id')),
      day: optional(row, 'business_date'),
      status: text(row, 'status'),
      sha256: text(row, 'sha256'),
    })),
    statements: (await rows('select * from settlement_statement order by file_id, position')).map((row) => ({
      fileId: shown('sf', text(row, 'file_id')),
      currency: text(row, 'currency'),
      opening: amount(row, 'opening'),
      closing: amount(row, 'closing'),
    })),
    breaks: (await rows('select * from recon_break order by id')).map(readBreak),
    breakEvents: (await rows('select break_id, run_id, kind from recon_break_event')).map((row) => ({
      breakId: shown('brk', text(row, 'break_id')),
      runId: shown('run', text(row, 'run_id')),
      kind: text(row, 'kind'),
    })),
    settled: (await rows('select * from settled_charge order by attempt_id')).map((row) => ({
      chargeId: shown('att', text(row, 'attempt_id')),
      runId: shown('run', text(row, 'run_id')),
      fileId: shown('sf', text(row, 'file_id')),
      line: Number(text(row, 'line')),
    })),
    bookings: (await rows(BOOKINGS)).map((row) => ({
      chargeId: shown('att', text(row, 'charge')),
      chain: text(row, 'chain_id'),
      batch: amount(row, 'batch'),
    })),
  }
}

const BOOKINGS = `
  select c.charge, c.chain_id, max(c.batch_seq) as batch
    from (select case when e.kind = 'capture' then o.charge_attempt_id::text else e.fact end as charge, e.chain_id, e.batch_seq
            from journal_entry e left join payment_order o on o.id = e.payment_order_id
           where e.kind in ('capture', 'late_success')) c
   group by c.charge, c.chain_id`

function readRun(row: Row): StoredRun {
  const id = shown('run', text(row, 'id'))
  const proof = asArray(JSON.parse(optional(row, 'proof') ?? '[]'), `proof of ${id}`)
  const seen = asObject(JSON.parse(optional(row, 'seen_heads') ?? '{}'), `what ${id} has seen`)
  return {
    id,
    day: text(row, 'business_date'),
    status: text(row, 'status'),
    fileId: optionalId('sf', row, 'file_id'),
    completedAt: optional(row, 'completed_at'),
    proof: proof.map((item) => {
      const line = asObject(item, `proof of ${id}`)
      return {
        currency: asText(line['currency'], `currency in the proof of ${id}`),
        unexplained: BigInt(asText(line['unexplained'], `what ${id} leaves unexplained`)),
      }
    }),
    seen: Object.fromEntries(
      Object.entries(seen).map(([chain, at]) => [chain, BigInt(asText(at, `head of ${chain}`))]),
    ),
  }
}

function readBreak(row: Row): StoredBreak {
  const line = optional(row, 'line')
  const difference = optional(row, 'difference')
  return {
    id: shown('brk', text(row, 'id')),
    code: text(row, 'code'),
    class: text(row, 'class'),
    state: text(row, 'state'),
    chargeId: optionalId('att', row, 'attempt_id'),
    fileId: optionalId('sf', row, 'file_id'),
    line: line === undefined ? undefined : Number(line),
    difference: difference === undefined ? undefined : BigInt(difference),
    currency: optional(row, 'currency'),
    isPromoted: optional(row, 'promoted_at') !== undefined,
  }
}
