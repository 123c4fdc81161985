import { randomBytes } from 'node:crypto'
import { getHeapStatistics } from 'node:v8'
import { createBankFolder } from './bank-files.ts'
import { type Book, openBook } from './book.ts'
import type { Charge } from './charges.ts'
import { nextDueAt, runDue } from './due.ts'
import { createRandom, type Random } from './random.ts'
import { BOOK_VERSION, type BookRecord, type ChargeRecord, type ChargeStatus, type EventNote } from './records.ts'
import { createState, type State } from './state.ts'
import { chargeView, instant } from './views.ts'
import { createWebhookSender, type WebhookSender } from './webhook-sender.ts'

/** The simulator without its HTTP: what it knows, its book, and what it does by itself. */
export type Simulator = Omit<State, 'apply'> & {
  readonly maxCharges: number
  readonly random: Random
  /** Where people and programs reach it. */
  readonly baseUrl: () => string
  /** Puts the record in the book and applies it. What it tells may be answered after `durable`. */
  readonly commit: (record: BookRecord) => void
  readonly commitCharge: (record: ChargeRecord) => Charge
  readonly durable: () => Promise<void>
  /** True when there is an endpoint to send webhooks to. */
  readonly tells: () => boolean
  /** A webhook with the fate that the fault settings give it. */
  readonly event: (status: ChargeStatus, at: number) => EventNote
  readonly sender: WebhookSender
  /** Does everything that came due, and sees to it that what comes due later is done then. */
  readonly catchUp: () => void
  readonly stop: () => Promise<void>
}

const CHARGE_BYTES = 512 // measured: 330 bytes of heap for a plain charge, 450 for an authorised one
const HEAP_SHARE = 0.8 // the rest is for requests, webhooks and the collector
const LONGEST_SLEEP_MS = 3_600_000 // a timer cannot wait for months, and the wall clock may be set meanwhile

export function createSimulator(options: {
  readonly bookFile: string
  /** Where the bank leaves its statements; undefined where it leaves none. */
  readonly bankFolder?: string | undefined
  readonly baseUrl: () => string
  readonly onFailure: (error: unknown) => void
}): Simulator {
  const state = createState()
  const book = openBook(options.bookFile, state.apply, options.onFailure)
  const { commit, commitCharge } = createCommit(state, book, (): void => sender.wake())
  if (book.length() === 0)
    commit({ t: 'book', version: BOOK_VERSION, id: randomBytes(6).toString('hex'), at: Date.now() })
  const sender = createWebhookSender({
    queue: state.webhooks,
    endpoint: state.endpoint,
    durable: book.durable,
    commit,
    message: ({ number, charge: index, status, at }) => {
      const id = state.webhookId(number)
      const charge = state.charges.at(index)
      const data = charge && chargeView({ ...state, baseUrl: options.baseUrl }, charge, status, at)
      return { id, body: JSON.stringify({ id, type: `charge.${status}`, created_at: instant(at), data }) }
    },
  })
  let timer: NodeJS.Timeout | undefined
  const bank = options.bankFolder === undefined ? undefined : createBankFolder(state, options.bankFolder)
  const simulator: Simulator = {
    ...state,
    maxCharges: Math.floor((getHeapStatistics().heap_size_limit * HEAP_SHARE) / CHARGE_BYTES),
    // A restart goes on elsewhere in the stream, so that it does not repeat the choices made before it.
    random: createRandom(state.settings().seed + book.length()),
    baseUrl: options.baseUrl,
    commit,
    commitCharge,
    durable: book.durable,
    tells: () => state.endpoint() !== undefined,
    event: (status, at) => [status, at, eventFate(simulator)],
    sender,
    catchUp() {
      runDue(simulator)
      bank?.fill()
      clearTimeout(timer)
      const sleepMs = Math.max(nextDueAt(simulator) - state.clock.now(), 0)
      timer = setTimeout(simulator.catchUp, Math.min(sleepMs, LONGEST_SLEEP_MS))
    },
    async stop() {
      clearTimeout(timer)
      await sender.stop()
      await book.close()
    },
  }
  state.webhooks.hurry(Date.now())
  return simulator
}

type Commit = Pick<Simulator, 'commit' | 'commitCharge'>

function createCommit(state: State, book: Book, wake: () => void): Commit {
  function commit(record: BookRecord): Charge | undefined {
    // First to the state, which refuses what cannot be, then to the file; nobody sees it before `durable`.
    const charge = state.apply(record)
    book.append(record)
    if ('events' in record) wake()
    return charge
  }
  return {
    commit,
    commitCharge(record) {
      const charge = commit(record)
      if (charge === undefined) throw new Error('a charge record gives a charge')
      return charge
    },
  }
}

function eventFate(simulator: Simulator): EventNote[2] {
  const { faults } = simulator.settings()
  if (simulator.webhooks.isFull()) return 'dropped'
  if (simulator.random.next() < faults.webhook_loss_rate) return 'lost'
  if (simulator.random.next() < faults.webhook_reorder_rate) return 'held'
  if (simulator.random.next() < faults.webhook_repeat_rate) return 'twice'
  return 'send'
}
