import type { Accepted, NewPayment, Payment, PaymentRequest } from '../../payments/index.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { JournalEntry, NewManualEntry, Services } from '../services.ts'
import { createFakeNights, type FakeNights } from './fake-nights.ts'
import { createFakeResolutions, type FakeResolutions, fakePeriods } from './fake-resolutions.ts'

/** Services that keep everything in memory and know no rule but idempotency: enough to see what the edge asks of them. */
export type FakeServices = Services & {
  readonly stored: Map<string, Payment>
  readonly requests: PaymentRequest[]
  readonly entries: Map<string, JournalEntry>
  readonly accounts: Set<string>
  readonly webhookBodies: Buffer[]
  readonly advances: number[]
  readonly nights: FakeNights
  readonly resolutions: FakeResolutions
  /** Replaces what a method does, e.g. to make it fail. */
  readonly override: (part: Partial<Services>) => Services
}

export function createFakeServices(): FakeServices {
  const stored = new Map<string, Payment>()
  const requests: PaymentRequest[] = []
  const entries = new Map<string, JournalEntry>()
  const accounts = new Set<string>()
  const webhookBodies: Buffer[] = []
  const advances: number[] = []
  const nights = createFakeNights()
  const resolutions = createFakeResolutions()

  const services: Services = {
    payments: fakePayments(stored, requests),
    ledger: fakeLedger(entries, accounts),
    wallets: fakeWallets(),
    settlementFiles: nights.files,
    reconciliation: nights.reconciliation,
    live: nights.live,
    resolutions,
    periods: fakePeriods(resolutions),
    search: async (text) =>
      [...stored.values()].filter(({ checkoutId }) => checkoutId === text).map(({ id }) => ({ object: 'payment', id })),
    webhooks: {
      receive: async (psp, headers, body) => {
        if (psp !== 'simulator') return 'unknown_psp'
        if (headers['webhook-signature'] !== 'right') return 'bad_signature'
        webhookBodies.push(body)
        return 'stored'
      },
    },
    testClock: {
      advance: async (ms) => {
        advances.push(ms)
        return new Date(Date.UTC(2026, 2, 3) + ms)
      },
    },
    readiness: { check: async () => ({ ready: true, detail: { database: 'ok' } }) },
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', render: async () => 'up 1\n' },
    defaultPsp: 'simulator',
    pspNames: ['simulator'],
  }
  const override = (part: Partial<Services>): Services => ({ ...services, ...part })
  return { ...services, stored, requests, entries, accounts, webhookBodies, advances, nights, resolutions, override }
}

function fakePayments(stored: Map<string, Payment>, requests: PaymentRequest[]): Services['payments'] {
  const byKey = new Map<string, { readonly input: NewPayment; readonly id: string }>()
  const accept = (input: NewPayment): Accepted | Refusal => {
    const earlier = byKey.get(input.idempotencyKey)
    const payment = earlier === undefined ? paymentOf(input) : stored.get(earlier.id)
    if (payment === undefined) throw new Error('a stored payment vanished')
    if (earlier !== undefined && !earlier.input.fingerprint.equals(input.fingerprint)) {
      return new Refusal('idempotency_key_reused', 'This key was used before with another body.')
    }
    byKey.set(input.idempotencyKey, { input, id: payment.id })
    stored.set(payment.id, payment)
    return { payment, replayed: earlier !== undefined }
  }
  return {
    accept: async (items) => items.map(accept),
    get: async (id) => stored.get(id),
    list: async ({ limit, after }) => {
      const all = [...stored.values()].filter(({ id }) => after === undefined || id < after)
      all.sort((a, b) => (a.id < b.id ? 1 : -1))
      return { data: all.slice(0, limit), hasMore: all.length > limit }
    },
    waitForFinal: async (id) => {
      const payment = stored.get(id)
      if (payment === undefined) throw new Error('nothing to wait for')
      return { ...payment, status: 'succeeded' }
    },
    timeline: async (id) =>
      stored.has(id) ? [{ at: new Date(0), kind: 'payment.created', detail: { amount: 1250n } }] : undefined,
    whereabouts: async (id) =>
      stored.has(id)
        ? { sentence: 'With the PSP.', steps: [{ step: 'event', state: 'done', at: new Date(0), detail: 'stored' }] }
        : undefined,
    request: async (request) => {
      requests.push(request)
      const payment = stored.get(request.paymentId)
      if (payment === undefined) throw new Refusal('not_found', 'There is no such payment.')
      return { payment, replayed: false }
    },
  }
}

/** A payment of this input; the first order is told in full, so that a test sees every field. */
function paymentOf(input: NewPayment): Payment {
  const { idempotencyKey: _key, fingerprint: _fingerprint, orders, ...rest } = input
  return {
    ...rest,
    id: newId(),
    status: 'processing',
    amount: orders.reduce((sum, { amount }) => sum + amount, 0n),
    createdAt: new Date(Date.UTC(2026, 2, 3, 14, 1, 58, 120)),
    orders: orders.map((order) => ({
      ...order,
      id: newId(),
      status: 'executing',
      psp: input.psp,
      pspReference: undefined,
      decline: undefined,
      actionUrl: undefined,
      capturedAt: undefined,
    })),
  }
}

function fakeLedger(entries: Map<string, JournalEntry>, accounts: Set<string>): Services['ledger'] {
  const post = (input: NewManualEntry) => {
    const { idempotencyKey: _key, fingerprint: _fingerprint, ...rest } = input
    const id = newId()
    const bookedAt = new Date(Date.UTC(2026, 2, 3))
    const entry = {
      ...rest,
      id,
      kind: 'manual',
      occurredAt: rest.occurredAt ?? bookedAt,
      bookedAt,
      accountingDate: '2026-03-03',
    }
    entries.set(id, entry)
    return { entry, replayed: false }
  }
  return {
    createAccount: async ({ account, type }) => {
      const created = !accounts.has(account)
      accounts.add(account)
      return { account, type, created }
    },
    listAccounts: async ({ limit, after }) => {
      const names = [...accounts].sort().filter((name) => after === undefined || name > after)
      const balances = [{ currency: 'EUR', debits: 10n, credits: 3n, balance: 7n }]
      const data = names.slice(0, limit).map((account) => ({ account, type: 'asset' as const, balances }))
      return { data, hasMore: names.length > limit }
    },
    listEntries: async ({ limit }) => ({ data: [...entries.values()].slice(0, limit), hasMore: entries.size > limit }),
    getEntry: async (id) => entries.get(id),
    post: async (items) => items.map(post),
    trialBalance: async (asOf) => ({ asOf: asOf ?? new Date(0), currencies: [] }),
    invariants: async () => ({ ok: true, checks: [{ name: 'balanced', ok: true, detail: 'all entries' }] }),
    verify: async () => ({
      ok: false,
      checked: { batches: 1, entries: 2, postings: 4, anchors: 1 },
      anchors: [{ day: '2026-03-03', hash: 'ab'.repeat(32) }],
      findings: [
        { kind: 'posting_changed', chain: 1, batch: 1, entryId: newId(), posting: 2, detail: 'Its hash differs.' },
      ],
    }),
  }
}

function fakeWallets(): Services['wallets'] {
  const balances = [{ currency: 'EUR', pending: 1125n, available: 0n, reserved: 0n, owed: 0n }]
  const line = (position: number) => {
    const entryId = '019a4c2f-7b3c-7d1e-8f20-a1b2c3d4e5f6'
    const fact = { entryId, kind: 'capture', paymentId: entryId, orderId: null, bucket: 'pending' as const }
    return { ...fact, id: `${entryId}/${position}`, at: new Date(0), amount: 1125n, currency: 'EUR' }
  }
  return {
    get: async (seller) => (seller === 'nobody' ? undefined : { seller, balances }),
    statement: async ({ seller, after }) =>
      seller === 'nobody' ? undefined : { data: [line(after === undefined ? 2 : 1)], hasMore: after === undefined },
  }
}
