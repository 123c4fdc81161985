import type { PspCalls } from './executor/index.ts'
import { IN_FLIGHT } from './payments/index.ts'
import type { Db } from './platform/db.ts'
import type { Metrics } from './platform/metrics.ts'
import type { Intake, SourceState } from './settlement/index.ts'

/** The gauges an operator watches: what is in flight, what is unknown, and what must always read 0. */
export function addAppGauges(
  metrics: Metrics,
  deps: {
    readonly db: Db
    readonly calls: ReadonlyMap<string, PspCalls>
    readonly backlog: () => number
    readonly intake: Pick<Intake, 'states'>
  },
): void {
  const { db, calls } = deps
  const psps = [...calls.keys()]
  metrics.addGauge({
    name: 'tallystick_attempts_in_flight',
    help: 'Attempts that are not finished, by PSP and status.',
    labels: ['psp', 'status'],
    read: async () => {
      const rows = await db.query<{ psp: string; status: string; n: bigint }>(
        `select psp, status, count(*) as n from (${IN_FLIGHT}) a group by psp, status`,
      )
      const statuses = ['dispatched', 'pending', 'retry_wait', 'unknown']
      return psps.flatMap((psp) =>
        statuses.map((status) => {
          const row = rows.find((candidate) => candidate.psp === psp && candidate.status === status)
          return { labels: { psp, status }, value: Number(row?.n ?? 0n) }
        }),
      )
    },
  })
  metrics.addGauge({
    name: 'tallystick_unknown_exposure_minor_units',
    help: 'Money whose outcome at the PSP is unknown.',
    labels: ['psp', 'currency'],
    read: async () => {
      const rows = await db.query<{ psp: string; currency: string; amount: bigint }>(
        `select psp, currency, sum(amount) as amount from attempt
          where line_due_at is not null and line_status = 'unknown' and operation = 'charge' group by psp, currency`,
      )
      return rows.map(({ psp, currency, amount }) => ({ labels: { psp, currency }, value: Number(amount) }))
    },
  })
  metrics.addGauge({
    name: 'tallystick_ledger_imbalance_minor_units',
    help: 'Debits less credits over all accounts. Must read 0.',
    labels: ['currency'],
    read: async () => {
      const rows = await db.query<{ currency: string; amount: bigint }>(
        'select currency, abs(sum(debits - credits)) as amount from account_balance group by currency',
      )
      return rows.map(({ currency, amount }) => ({ labels: { currency }, value: Number(amount) }))
    },
  })
  addNightGauges(metrics, db)
  addIntakeGauges(metrics, deps.intake)
  metrics.addGauge({
    name: 'tallystick_psp_breaker_open',
    help: '1 while calls to the PSP are held back.',
    labels: ['psp'],
    read: async () => [...calls].map(([psp, call]) => ({ labels: { psp }, value: call.breakerOpen() ? 1 : 0 })),
  })
  metrics.addGauge({
    name: 'tallystick_executor_backlog',
    help: 'Attempts held by this node.',
    labels: [],
    read: async () => [{ labels: {}, value: deps.backlog() }],
  })
}

/** Everything that has runs or will have: PSPs, and banks from their first run on. */
const RECONCILED = '(select name from settlement_source union select source from recon_run) s'

/** The nights: a file that is late and money that no break explains are what somebody has to be woken for. */
function addNightGauges(metrics: Metrics, db: Db): void {
  metrics.addGauge({
    name: 'tallystick_settlement_file_late',
    help: 'Business days whose settlement file is late or was rejected. Must read 0.',
    labels: ['source'],
    read: async () => {
      const rows = await db.query<{ source: string; n: bigint }>(
        `select s.name as source, count(r.id) as n
           from settlement_source s left join recon_run r on r.source = s.name and r.status = 'waiting_for_file' and r.late_since is not null
          group by s.name`,
      )
      return rows.map(({ source, n }) => ({ labels: { source }, value: Number(n) }))
    },
  })
  metrics.addGauge({
    name: 'tallystick_recon_run_failed',
    help: 'Reconciliation runs that stopped at a contradiction. Must read 0.',
    labels: ['source'],
    read: async () => {
      const rows = await db.query<{ source: string; n: bigint }>(
        `select s.name as source, count(r.id) as n
           from ${RECONCILED} left join recon_run r on r.source = s.name and r.status = 'failed' group by s.name`,
      )
      return rows.map(({ source, n }) => ({ labels: { source }, value: Number(n) }))
    },
  })
  metrics.addGauge({
    name: 'tallystick_recon_unexplained_minor_units',
    help: 'What the newest completed run of a source leaves unexplained, without its sign. Must read 0.',
    labels: ['source', 'currency'],
    read: async () => {
      const rows = await db.query<{ source: string; currency: string; amount: bigint }>(
        `select s.name as source, p ->> 'currency' as currency, abs((p ->> 'unexplained')::numeric) as amount
           from ${RECONCILED}
          cross join lateral (select proof from recon_run r where r.source = s.name and r.status = 'completed'
                               order by r.business_date desc limit 1) r, jsonb_array_elements(r.proof) p`,
      )
      return rows.map(({ source, currency, amount }) => ({ labels: { source, currency }, value: Number(amount) }))
    },
  })
  metrics.addGauge({
    name: 'tallystick_breaks_open',
    help: 'Open breaks, by source, class and code.',
    labels: ['source', 'class', 'code'],
    read: async () => {
      const rows = await db.query<{ source: string; class: string; code: string; n: bigint }>(
        `select source, class, code, count(*) as n from recon_break where state = 'open' group by source, class, code`,
      )
      return rows.map(({ source, class: kind, code, n }) => ({
        labels: { source, class: kind, code },
        value: Number(n),
      }))
    },
  })
}

/** Declared sources: a file that does not come, and a place that cannot be looked at. */
function addIntakeGauges(metrics: Metrics, intake: Pick<Intake, 'states'>): void {
  const gauge = (name: string, help: string, value: (state: SourceState) => number): void =>
    metrics.addGauge({
      name,
      help,
      labels: ['source'],
      read: async () =>
        (await intake.states()).map((state) => ({ labels: { source: state.name }, value: value(state) })),
    })
  gauge(
    'tallystick_settlement_source_overdue',
    'Files of a declared source that were due and are not there. Must read 0.',
    ({ overdue }) => overdue,
  )
  gauge(
    'tallystick_settlement_source_unreachable',
    '1 when the last look at a declared source could not be finished. Must read 0.',
    ({ lookProblem }) => (lookProblem === undefined ? 0 : 1),
  )
}
