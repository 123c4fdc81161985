import { type Actor, audit } from '../platform/audit/index.ts'
import { type Db, statement } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { publicId } from '../platform/ids.ts'
import { closedThrough } from './closed-days.ts'
import { returnLines } from './intake/returned.ts'
import { getFile, type SettlementFile } from './read.ts'
import { takeTurn } from './receive.ts'

export type WithdrawRequest = {
  readonly id: string
  readonly reason: string
  readonly by: string
  readonly at: Date
  readonly actor?: Actor
}

/** `scratch`: a folder for work in progress. */
type WithdrawDeps = { readonly db: Db; readonly scratch: string }

const WITHDRAW = statement(
  'settlement.withdraw',
  `insert into settlement_withdrawal (file_id, reason, withdrawn_by, withdrawn_at) values ($1, $2, $3, $4)
   on conflict do nothing`,
)

/**
 * Takes a whole file back: nothing of it counts from now on, and the next run of its source undoes what it caused. Lines that
 * other statements of a bank told as well count in those. The file and its report stay as they were. Asked twice, it is done once. Throws `not_found`, `period_closed`, and `file_state` for one that
 * was rejected or that another version replaced.
 */
export async function withdrawFile(
  { db, scratch }: WithdrawDeps,
  { id, reason, by, at, actor }: WithdrawRequest,
): Promise<SettlementFile> {
  return db.transaction(async (tx) => {
    const known = await getFile(tx, id)
    if (known === undefined) throw new Refusal('not_found', `There is no settlement file ${publicId('sf', id)}.`)
    await takeTurn(tx, known.source)
    const file = (await getFile(tx, id)) ?? known
    if (file.status === 'withdrawn') return file
    if (file.status !== 'accepted') {
      const why = file.status === 'rejected' ? 'nothing of it was ever used' : 'another version has replaced it'
      throw new Refusal('file_state', `${publicId('sf', id)} is ${file.status}: ${why}.`, {
        facts: { status: file.status },
      })
    }
    const closed = await closedThrough(tx, file.source)
    if (closed !== undefined && file.businessDate !== null && file.businessDate <= closed)
      throw new Refusal('period_closed', `The days of ${file.source} are closed through ${closed}.`, {
        facts: { closed_through: closed },
      })
    await tx.run(WITHDRAW, [id, reason, by, at])
    await returnLines(tx, scratch, id, at)
    if (actor !== undefined)
      await audit(tx, actor, at, [{ action: 'file.withdrawn', object: publicId('sf', id), detail: { reason } }])
    return (await getFile(tx, id)) ?? file
  })
}
