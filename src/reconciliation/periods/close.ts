import { closeDays } from '../../ledger/index.ts'
import { type Actor, audit } from '../../platform/audit/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { takeFileTurn } from '../../settlement/index.ts'
import { addDays } from '../calendar.ts'
import { correctionIsDue } from '../corrections/corrections.ts'
import { takeTurn } from '../resolutions/turn.ts'
import { insertEvent, periodOf } from './rows.ts'

/** What stands in the way of closing the days of a source. */
export type Obstacle = { readonly check: string; readonly detail: string }

const LAST_RUN = statement(
  'periods.last_completed_run',
  `select max(business_date)::text as day from recon_run where source = $1 and status = 'completed'`,
)
const WAITING = statement(
  'periods.waiting_resolutions',
  `select count(*) as n from break_resolution r join approval a on a.id = r.approval_id
    where r.source = $1 and r.state = 'proposed' and a.expires_at > $2`,
)
const UNEXPLAINED = statement(
  'periods.open_ledger_mismatches',
  `select count(*) as n from recon_break where source = $1 and state = 'open' and code = 'ledger_mismatch'`,
)

/** Two sources that are closed at once do it one after the other: else neither sees that both are closed now. */
const TAKE_CLOSING_TURN = statement(
  'periods.take_closing_turn',
  `select pg_advisory_xact_lock(hashtextextended(current_schema() || ' closing of days', 0))`,
)

/** Each thing that has to be so before days are closed; none of it when they can be. */
export async function obstaclesTo(tx: Tx, source: string, through: string, now: Date): Promise<readonly Obstacle[]> {
  const [last] = await tx.run<{ day: string | null }>(LAST_RUN, [source])
  const [waiting] = await tx.run<{ n: bigint }>(WAITING, [source, now])
  const [unexplained] = await tx.run<{ n: bigint }>(UNEXPLAINED, [source])
  const isCorrected = !(await correctionIsDue(tx, source))
  const obstacle = (check: string, holds: boolean, detail: string): Obstacle[] => (holds ? [] : [{ check, detail }])
  return [
    ...obstacle(
      'runs_completed',
      last?.day != null && last.day >= through,
      `Runs of ${source} are completed through ${last?.day ?? 'no day'}.`,
    ),
    ...obstacle(
      'corrections_done',
      isCorrected,
      'A file was replaced or withdrawn, and the next run has to correct it.',
    ),
    ...obstacle('nothing_waits', waiting?.n === 0n, `${waiting?.n} resolutions wait for a second person.`),
    ...obstacle('receivable_explained', unexplained?.n === 0n, 'A ledger_mismatch is open.'),
  ]
}

/**
 * Closes the days of a source through this one: no file of them counts or stops counting any more. Days that all sources have
 * closed take no more journal entries either. Throws `invalid_request`, `period_state`, `run_in_progress`.
 */
export async function closePeriod(
  tx: Tx,
  {
    source,
    through,
    reason,
    sources,
  }: {
    readonly source: string
    readonly through: string
    readonly reason: string
    readonly sources: readonly string[]
  },
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<void> {
  await takeTurn(tx, source)
  await takeFileTurn(tx, source)
  await tx.run(TAKE_CLOSING_TURN)
  const { closedThrough } = await periodOf(tx, source)
  if (closedThrough !== null && through <= closedThrough) {
    const detail = `${source} is closed through ${closedThrough} already.`
    throw new Refusal('period_state', detail, { facts: { closed_through: closedThrough } })
  }
  const obstacles = await obstaclesTo(tx, source, through, now)
  if (obstacles.length > 0)
    throw new Refusal(
      'period_state',
      `${source} cannot be closed through ${through}. ${obstacles.map(({ detail }) => detail).join(' ')}`,
      {
        facts: { obstacles },
      },
    )
  await insertEvent(tx, source, {
    kind: 'closed',
    closedThrough: through,
    keyId: actor.keyId,
    reason,
    approvalId: null,
    at: now,
  })
  const days = await Promise.all(sources.map(async (each) => (await periodOf(tx, each)).closedThrough))
  const yesterday = addDays(now.toISOString().slice(0, 10), -1)
  // A source of which no day is closed keeps the ledger's open, whichever place it has among the others.
  const closed = days.filter((day) => day !== null)
  const [common = yesterday] = [...closed, yesterday].toSorted()
  if (closed.length === days.length) await closeDays(tx, common, now)
  await audit(tx, actor, now, [{ action: 'period.closed', object: source, detail: { through, reason } }])
}
