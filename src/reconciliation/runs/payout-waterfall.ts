import { type Db, statement } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { LINE_KINDS, type StoredStatement, statementsOf } from '../../settlement/index.ts'
import { ARRIVAL_STANDS, isPayout, PAYOUT_STANDS } from '../bank/payouts.ts'
import { getRun, type RunInProgress } from './run.ts'

/**
 * What led from the sales of a day to what the PSP paid out, by the file that the run read:
 *
 *     opening + charges − refunds − disputes − fees ± adjustments − reserves … = paid out + closing
 *
 * Amounts are minor units as we see them: what came to us is positive.
 */
export type PayoutWaterfall = {
  readonly run: Pick<RunInProgress, 'id' | 'source' | 'businessDate'>
  readonly fileId: string
  readonly statements: readonly StatementWaterfall[]
  /** The payouts of the day, the first 200, as they stand now. */
  readonly payouts: readonly PaidOut[]
}

/** One account and currency of the file. */
export type StatementWaterfall = {
  readonly account: string
  readonly currency: string
  readonly opening: bigint | null
  readonly closing: bigint | null
  readonly steps: readonly WaterfallLine[]
  /** Σ of the steps: what the day came to. */
  readonly settled: bigint
  readonly paidOut: bigint
  /** opening + settled − paid out − closing: 0 for every file that was accepted; null without balances. */
  readonly unexplained: bigint | null
}

/** Lines of one kind before their fees, or all fees that lines were paid less. */
export type WaterfallLine = {
  readonly kind: string
  /** How many; of fees that were withheld, all lines of the kinds that have any. */
  readonly lines: bigint
  readonly amount: bigint
}

export const FEES_WITHHELD = 'fees_withheld'

/** A payout of the day, and the line of a bank in which it arrived. */
export type PaidOut = {
  readonly pspReference: string | null
  readonly line: number
  readonly amount: bigint
  readonly currency: string
  readonly bank: string | null
  readonly arrivedOn: string | null
  readonly arrived: bigint | null
  /** Open about it: it is in transit, missing, or arrived over another amount. */
  readonly breakId: string | null
}

/** In which order kinds are told. */
const ORDER: readonly string[] = LINE_KINDS

/** The steps of a statement, from its totals by kind. */
export function waterfallOfStatement({
  account,
  currency,
  opening,
  closing,
  totals,
}: Pick<StoredStatement, 'account' | 'currency' | 'opening' | 'closing' | 'totals'>): StatementWaterfall {
  const known = totals.map(({ kind, lines, amount, fee }) => ({
    kind,
    lines: BigInt(lines),
    amount: BigInt(amount),
    fee: BigInt(fee),
  }))
  const kinds = known
    .filter(({ kind }) => !isPayout(kind))
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
    .map(({ kind, lines, amount }) => ({ kind, lines, amount }))
  const withFee = known.filter(({ fee }) => fee !== 0n)
  const withheld = { kind: FEES_WITHHELD, lines: sum(withFee, 'lines'), amount: -sum(withFee, 'fee') }
  const steps = withFee.length === 0 ? kinds : [...kinds, withheld]
  const settled = sum(steps, 'amount')
  const paidOut = -sum(
    known.filter(({ kind }) => isPayout(kind)),
    'amount',
  )
  const unexplained = opening === null || closing === null ? null : opening + settled - paidOut - closing
  return { account, currency, opening, closing, steps, settled, paidOut, unexplained }
}

const sum = <K extends string>(rows: readonly Readonly<Record<K, bigint>>[], field: K): bigint =>
  rows.reduce((total, row) => total + row[field], 0n)

// A PSP pays out once or a few times a day.
const PAYOUTS_MAX = 200

const PAID_OUT = statement(
  'reconciliation.payouts_of_day',
  `select p.psp_reference as "pspReference", p.line, p.amount, p.currency, a.bank, a.arrived_on as "arrivedOn", a.arrived,
          (select b.id from recon_break b where b.payout_id = p.id and b.state = 'open') as "breakId"
     from payout p
     left join lateral (
       select max(a.source) as bank, max(a.line_on) as arrived_on, sum(a.amount) as arrived
         from payout_arrival a where a.payout_id = p.id and ${ARRIVAL_STANDS}) a on true
    where p.psp = $1 and p.business_date = $2 and ${PAYOUT_STANDS}
    order by p.currency, p.line limit ${PAYOUTS_MAX}`,
)

/** Throws `not_found`, and `run_state` for a run of a bank and one that has read no file. */
export async function payoutWaterfall(db: Db, runId: string): Promise<PayoutWaterfall> {
  const run = await getRun(db, runId)
  if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${publicId('run', runId)}.`)
  const { fileId, status, source, businessDate, bank } = run
  const refuse = (why: string): never => {
    throw new Refusal('run_state', `The run is ${status} and ${why}.`, { facts: { status } })
  }
  if (bank !== undefined) return refuse('is one of a bank: ask for that of the PSP')
  if (fileId === null) return refuse('has read no file yet')
  return {
    run,
    fileId,
    statements: (await statementsOf(db, fileId)).map(waterfallOfStatement),
    payouts: await db.run<PaidOut>(PAID_OUT, [source, businessDate]),
  }
}
