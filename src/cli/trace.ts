import type { ApiClient } from './api-client.ts'
import type { ApiEntry, ApiPayment, ApiSearch, ApiTimelineEvent, ApiWhereabouts } from './api-types.ts'
import type { Context } from './context.ts'
import { printEntries } from './entries-view.ts'
import { EXIT } from './failure.ts'
import { findPayments } from './find-payment.ts'
import type { Output } from './output.ts'
import { readPages } from './pages.ts'
import { printPayment, printWhereabouts } from './payment-view.ts'

/** One id rarely leads to more than one payment; a short reference may, and then the first ones are enough. */
const PAYMENT_LIMIT = 5
/** A payment has at most 1,000 payment orders with a handful of entries each. */
const ENTRY_LIMIT = 10_000

type Trail = {
  readonly payment: ApiPayment
  readonly whereabouts: ApiWhereabouts
  readonly timeline: readonly ApiTimelineEvent[]
  readonly entries: readonly ApiEntry[]
}

/** Everything the server knows about an id. An entry that belongs to no payment is shown by itself. */
export async function trace(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const { payments, hits } = await findPayments(client, id)
  const trails: Trail[] = []
  for (const payment of payments.slice(0, PAYMENT_LIMIT)) trails.push(await readTrail(client, payment))
  const entries = await readLoneEntries(client, hits)
  context.show({ id, hits, payments: trails, entries }, () => {
    for (const trail of trails) printTrail(context.output, trail)
    if (entries.length > 0) printEntries(context.output, entries)
    if (trails.length === 0 && entries.length === 0) {
      context.output.table(
        [{ title: 'object' }, { title: 'id' }],
        hits.map((hit) => [hit.object, hit.id]),
      )
    }
    if (payments.length > PAYMENT_LIMIT) context.output.note(`${payments.length} payments, the first 5 are shown`)
  })
  return EXIT.ok
}

async function readTrail(client: ApiClient, id: string): Promise<Trail> {
  const path = `/v1/payments/${encodeURIComponent(id)}`
  const payment = await client.get<ApiPayment>(path)
  const [whereabouts, timeline, entries] = await Promise.all([
    client.get<ApiWhereabouts>(`${path}/whereabouts`),
    client.get<{ data: readonly ApiTimelineEvent[] }>(`${path}/timeline`),
    readPages<ApiEntry>(client, '/v1/ledger/entries', { payment: id }, ENTRY_LIMIT),
  ])
  return { payment, whereabouts, timeline: timeline.data, entries: entries.data }
}

async function readLoneEntries(client: ApiClient, hits: ApiSearch['data']): Promise<readonly ApiEntry[]> {
  const lone = hits.filter((hit) => hit.payment === undefined && hit.id.startsWith('je_'))
  const entries: ApiEntry[] = []
  for (const { id } of lone) entries.push(await client.get<ApiEntry>(`/v1/ledger/entries/${encodeURIComponent(id)}`))
  return entries
}

function printTrail(output: Output, trail: Trail): void {
  printPayment(output, trail.payment)
  output.line('')
  printWhereabouts(output, trail.whereabouts)
  output.line('')
  output.table(
    [{ title: 'at' }, { title: 'what' }, { title: 'order' }, { title: 'detail' }],
    trail.timeline.map((event) => [event.at, event.kind, event.order ?? '', detailText(event.detail)]),
  )
  output.line('')
  printEntries(output, trail.entries)
}

const detailText = (detail: Readonly<Record<string, unknown>> | undefined): string =>
  Object.entries(detail ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ')
