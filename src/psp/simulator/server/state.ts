import assert from 'node:assert'
import { type BusinessClock, createBusinessClock } from './business-clock.ts'
import { type Charge, type Charges, createCharges } from './charges.ts'
import { StartRefusal } from './errors.ts'
import { createKeys, KEY_RETENTION_MS, type Keys, type KeyUse } from './keys.ts'
import { BOOK_VERSION, type BookRecord } from './records.ts'
import { DEFAULT_SETTINGS, type Settings } from './settings.ts'
import { createSettlementBook, type SettlementBook } from './settlement-book.ts'
import { createWebhookQueue, type WebhookQueue } from './webhook-queue.ts'
import type { Endpoint } from './webhook-sender.ts'

/** Everything the simulator knows: the records of its book, applied in order. */
export type State = {
  readonly clock: BusinessClock
  readonly charges: Charges
  readonly webhooks: WebhookQueue
  readonly settlement: SettlementBook
  /** The only way in which anything here changes, at start and while running. */
  readonly apply: (record: BookRecord) => Charge | undefined
  readonly bookId: () => string
  readonly settings: () => Settings
  readonly endpoint: () => Endpoint | undefined
  /** What an idempotency key was used for, unless it is older than the retention. */
  readonly keyUse: (key: string) => KeyUse | undefined
  readonly chargeId: (index: number) => string
  readonly webhookId: (number: number) => string
  readonly chargeById: (id: string) => Charge | undefined
}

export function createState(): State {
  const clock = createBusinessClock()
  const charges = createCharges()
  const keys = createKeys()
  const webhooks = createWebhookQueue()
  const settlement = createSettlementBook(charges)
  let id = ''
  let settings = DEFAULT_SETTINGS
  let endpoint: Endpoint | undefined

  function apply(record: BookRecord): Charge | undefined {
    if ('at' in record && record.t !== 'attempt') clock.saw(record.at)
    switch (record.t) {
      case 'book':
        if (record.version !== BOOK_VERSION)
          throw new StartRefusal(
            `The book was written in version ${record.version}; this program reads version ${BOOK_VERSION}.`,
          )
        id = record.id
        settlement.open(record.at)
        return undefined
      case 'settings':
        // An earlier version wrote settings that lack what was added since.
        settings = { ...DEFAULT_SETTINGS, ...record.settings }
        return undefined
      case 'clock':
        clock.setOffset(record.offset_ms)
        return undefined
      case 'endpoint':
        endpoint = { url: record.url, secret: record.secret }
        return undefined
      case 'attempt':
        webhooks.attempted(record)
        return undefined
      case 'charge':
      case 'move':
        return applyToCharge(record, { charges, keys, webhooks, settlement })
      case 'file':
        settlement.produce(record)
        return undefined
      default:
        record satisfies never
        throw new StartRefusal('The book holds a kind of record that this program does not know.')
    }
  }

  const chargeId = (index: number): string => `ch_${id}${index.toString(36).padStart(6, '0')}`
  return {
    clock,
    charges,
    webhooks,
    settlement,
    apply,
    bookId: () => id,
    settings: () => settings,
    endpoint: () => endpoint,
    keyUse: (key) => freshUse(keys.find(key), charges, clock.now()),
    chargeId,
    webhookId: (number) => `evt_${id}${number.toString(36).padStart(6, '0')}`,
    chargeById(chargeIdText) {
      const prefix = `ch_${id}`
      if (!chargeIdText.startsWith(prefix)) return undefined
      const index = Number.parseInt(chargeIdText.slice(prefix.length), 36)
      return chargeId(index) === chargeIdText ? charges.at(index) : undefined
    },
  }
}

function applyToCharge(
  record: Extract<BookRecord, { t: 'charge' | 'move' }>,
  state: Pick<State, 'charges' | 'webhooks' | 'settlement'> & { readonly keys: Keys },
): Charge {
  const charge = record.t === 'charge' ? state.charges.add(record) : state.charges.move(record)
  const operation = record.t === 'charge' ? 'create' : record.status === 'voided' ? 'void' : 'capture'
  if (record.key !== undefined) state.keys.use(record.key, { operation, charge: charge.index }, record.at)
  if (charge.status === 'captured') state.settlement.captured(charge)
  if (record.events !== undefined) state.webhooks.add(charge.index, record.events, Date.now())
  return charge
}

/** A key is remembered for exactly the retention; the table itself may hold it a while longer. */
function freshUse(use: KeyUse | undefined, charges: Charges, now: number): KeyUse | undefined {
  if (use === undefined) return undefined
  const charge = charges.at(use.charge)
  assert(charge !== undefined, 'a key belongs to a charge')
  const usedAt = use.operation === 'create' ? charge.createdAt : (charge.rare?.statusAt ?? charge.createdAt)
  return now - usedAt < KEY_RETENTION_MS ? use : undefined
}
