import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { type Db, statement } from '../../platform/db.ts'
import { parseJson, writeJson } from '../../platform/exact-json.ts'
import { lastCompletedRun } from '../runs/run.ts'
import { type Apart, payoutsApart } from './apart.ts'
import type { OpenBankBreak } from './judge.ts'
import type { Place, StatementFile } from './lines.ts'
import { type StoredPayout, standingPayouts } from './payouts.ts'
import type { BankSource } from './source.ts'
import { claimedLines, statementsSince } from './statements.ts'

/**
 * What a run over a bank's statements reads: payouts and open breaks as they stand, the statements, which of their lines are
 * done with, and what people took apart. All of it changes later; a run that is computed again reads it as it stood.
 */
export type BankInputs = {
  readonly payouts: readonly StoredPayout[]
  readonly open: readonly OpenBankBreak[]
  readonly files: readonly StatementFile[]
  readonly claimed: readonly Place[]
  readonly apart: readonly Apart[]
}

// A second line that names a payout is told from a stranger for so long.
export const ARRIVED_DAYS = 90

const OPEN = statement(
  'reconciliation.open_bank_breaks',
  `select id, code, class, due_on as "dueOn", business_date as "businessDate", payout_id as "payoutId", file_id as "fileId", line,
          difference, currency
     from recon_break where source = $1 and state = 'open' and (payout_id is null) <> (line is null) order by id`,
)

/** Reads them as they are now, in one snapshot. */
export const readInputs = (db: Db, source: BankSource, day: string): Promise<BankInputs> =>
  db.transaction(
    async (tx) => {
      const previous = await lastCompletedRun(tx, source.name)
      const files = await statementsSince(tx, source, day, previous?.startedAt ?? new Date(0))
      return {
        payouts: await standingPayouts(tx, source.psps, day, ARRIVED_DAYS),
        open: await tx.run<OpenBankBreak>(OPEN, [source.name]),
        files,
        claimed: await claimedLines(tx, source.name, files),
        apart: await payoutsApart(tx, source.name, files),
      }
    },
    { isolation: 'repeatable read' },
  )

/** Writes them to a file: a JSON document, packed. */
export const keepInputs = async (path: string, inputs: BankInputs): Promise<void> =>
  writeFile(path, await promisify(gzip)(writeJson(inputs)), { mode: 0o600 })

/** JSON has neither instants nor whole numbers of any length: both are made again of what was written. */
export async function keptInputs(path: string): Promise<BankInputs> {
  const text = (await promisify(gunzip)(await readFile(path))).toString()
  const { payouts, open, ...rest } = parseJson(text) as Omit<BankInputs, 'apart'> & Partial<Pick<BankInputs, 'apart'>>
  return {
    // Runs of earlier versions kept none, because there was none.
    apart: [],
    ...rest,
    payouts: payouts.map((each) => ({
      ...each,
      amount: BigInt(each.amount),
      occurredAt: new Date(each.occurredAt),
    })),
    open: open.map((each) => ({ ...each, difference: each.difference === null ? null : BigInt(each.difference) })),
  }
}
