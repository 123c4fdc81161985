import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { accounts } from '../ledger/index.ts'
import { statement, type Tx } from '../platform/db.ts'
import { businessDateSql, type Cut } from './calendar.ts'
import type { Source } from './source.ts'

/**
 * Our records, from the ledger: one for each charge that was booked. The ledger's chains are
 * the log of what was booked and when it was committed: a run reads each chain from where the one before it told it to,
 * so that nothing is missed however late it was learned, and nothing is read twice for ever.
 */
export type Heads = ReadonlyMap<number, bigint>

const HEADS = statement('reconciliation.heads', 'select id, head_seq from ledger_chain order by id')

const RECEIVABLE = statement('reconciliation.receivable', 'select id from ledger_account where name = $1')

/** How long the chains are in this snapshot. */
export const readHeads = async (tx: Tx): Promise<Heads> =>
  new Map((await tx.run<{ id: number; head_seq: bigint }>(HEADS)).map((row) => [row.id, row.head_seq]))

/**
 * Our side as three CSV files, the columns of each with their types: the charges, the orders that they are for, and the
 * ledger's entries about both. They are joined by the engine: of 1 M charges PostgreSQL gives the three in 3 s, and
 * their join, which it would do by a million look-ups or by sorting on disk, in 8 to 14 s. The entries come last: when they
 * do, the engine has read what they are joined with.
 */
export const OURS_FILES = {
  charge: { id: 'uuid', payment_id: 'uuid', psp_reference: 'varchar', amount: 'bigint', currency: 'varchar' },
  charged_order: { id: 'uuid', charge_id: 'uuid', amount: 'bigint' },
  entry: {
    // One of the two: a capture is about an order, a late success about a charge.
    payment_order_id: 'uuid',
    charge_id: 'uuid',
    occurred_ms: 'bigint',
    business_date: 'varchar',
    chain_id: 'integer',
    batch_seq: 'bigint',
  },
} as const

export type OursFile = keyof typeof OURS_FILES

/** Where a file of our side lies in the folder of a run. */
export const oursPath = (folder: string, file: OursFile): string => join(folder, `${file}.csv`)

/** What is read of our side. */
export type OursWindow = {
  readonly from: Heads
  readonly to: Heads
  /** Left out are entries that a run compared, by the cut that it had: those of its day and before that it had seen. */
  readonly compared?: { readonly day: string; readonly cut: Cut; readonly seen: Heads } | undefined
}

/**
 * Begins to write what the ledger booked for charges after `from` and up to `to` into `folder`. Gives when each file is there in
 * full; `onRead` is told how many entries have come.
 */
export async function exportOurs(
  tx: Tx,
  source: Source,
  { from, to, compared }: OursWindow,
  folder: string,
  onRead: (entries: bigint) => void = () => {},
): Promise<Readonly<Record<OursFile, Promise<void>>>> {
  await tx.query(`set local statement_timeout = '15min'`)
  const isNew = (chain: number): string =>
    compared === undefined
      ? ''
      : `and (e.batch_seq > ${compared.seen.get(chain) ?? 0n} or ${businessDateSql('e.occurred_at', compared.cut)} > date '${compared.day}')`
  // Each bound as a number of its own, and not joined: PostgreSQL takes a bound that it does not see for a third of the ledger, and
  // then reads all of it.
  const ofWindow = [...to].map(
    ([chain, seq]) =>
      `(e.chain_id = ${chain} and e.batch_seq > ${from.get(chain) ?? 0n} and e.batch_seq <= ${seq} ${isNew(chain)})`,
  )
  const entries = `journal_entry e where e.kind in ('capture', 'late_success') and (${ofWindow.join(' or ')})`
  const [oldest] = await tx.query<{ id: string | null }>(
    `select least(min(e.payment_order_id::text), min(case when e.kind = 'late_success' then e.fact end)) as id from ${entries}`,
  )
  const since = oldest?.id == null ? LAST_UUID : anHourBefore(oldest.id)
  let read = 0n
  const copy = async (file: OursFile, query: string): Promise<void> => {
    const bytes = tx.copyOut(query)
    // Of entries no value holds a line's end.
    if (file === 'entry')
      bytes.on('data', (piece: Buffer) => {
        read += BigInt(newlinesIn(piece))
        onRead(read)
      })
    return pipeline(bytes, createWriteStream(oursPath(folder, file), { mode: 0o600 }))
  }
  const charge = copy(
    'charge',
    `select id, payment_event_id, psp_reference, amount, currency from attempt
      where id >= '${since}' and psp = '${source.name.replaceAll("'", "''")}' and operation = 'charge'`,
  )
  const chargedOrder = charge.then(() =>
    copy('charged_order', `select id, charge_attempt_id, amount from payment_order where id >= '${since}'`),
  )
  // A double holds the milliseconds of our stamps exactly, and takes half the time of the numeric that extract gives.
  const entry = chargedOrder.then(() =>
    copy(
      'entry',
      `select case when e.kind = 'capture' then e.payment_order_id end, case when e.kind = 'late_success' then e.fact::uuid end,
              (date_part('epoch', e.occurred_at) * 1000)::bigint, ${businessDateSql('e.occurred_at', source)}, e.chain_id, e.batch_seq
         from ${entries}`,
    ),
  )
  return { charge, charged_order: chargedOrder, entry }
}

const NEWLINE = 10

function newlinesIn(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(NEWLINE); at !== -1; at = piece.indexOf(NEWLINE, at + 1)) count += 1
  return count
}

const LAST_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const HOUR_MS = 3_600_000

/**
 * A bound below every id that was made after this one. Ids begin with the time of the machine that made them: a charge is
 * made after its order, perhaps on another machine, whose clock is not an hour behind.
 */
function anHourBefore(uuidv7: string): string {
  const ms = Number.parseInt(uuidv7.replaceAll('-', '').slice(0, 12), 16) - HOUR_MS
  const time = Math.max(0, ms).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`
}

/** What the PSP's receivable was debited with for charges that belong to no run yet, per currency. */
export async function sumOfLater(
  tx: Tx,
  source: Source,
  { day, from, seen }: { readonly day: string; readonly from: Heads; readonly seen: Heads },
): Promise<readonly { readonly currency: string; readonly amount: bigint }[]> {
  const [account] = await tx.run<{ id: number }>(RECEIVABLE, [accounts.pspReceivable(source.name).name])
  const isLater = `${businessDateSql('e.occurred_at', source)} > date '${day}'`
  // With numbers, as above.
  const ofChains = [...from].map(
    ([chain, seq]) =>
      `(e.chain_id = ${chain} and e.batch_seq > ${seq} and (${isLater} or e.batch_seq > ${seen.get(chain) ?? 0n}))`,
  )
  return tx.query(
    `select p.currency, sum(p.amount) as amount
       from journal_entry e join posting p on p.entry_id = e.id and p.account_id = ${account?.id ?? 0} and p.amount > 0
      where e.kind in ('capture', 'late_success') and (${ofChains.join(' or ')})
      group by p.currency`,
  )
}
