import type { PspCalls } from './executor/index.ts'
import type { Db } from './platform/db.ts'
import type { Metrics } from './platform/metrics.ts'

/** The gauges an operator watches: what is in flight, what is unknown, and what must always read 0. */
export function addAppGauges(
  metrics: Metrics,
  deps: { readonly db: Db; readonly calls: ReadonlyMap<string, PspCalls>; readonly backlog: () => number },
): void {
  const { db, calls } = deps
  const psps = [...calls.keys()]
  metrics.addGauge({
    name: 'tallystick_attempts_in_flight',
    help: 'Attempts that are not finished, by PSP and status.',
    labels: ['psp', 'status'],
    read: async () => {
      const rows = await db.query<{ psp: string; status: string; n: bigint }>(
        'select psp, status, count(*) as n from attempt where due_at is not null group by psp, status',
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
          where due_at is not null and status = 'unknown' and operation = 'charge' group by psp, currency`,
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
