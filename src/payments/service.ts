import { setTimeout as delay } from 'node:timers/promises'
import type { AccountDirectory } from '../ledger/index.ts'
import type { Clock } from '../platform/clock.ts'
import { type Db, isConnectionError, isTransient } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { createLane } from '../platform/lane.ts'
import type { Log } from '../platform/log.ts'
import type { PspTraits } from '../psp/psp.ts'
import { type Acceptance, acceptBatch, type Draft, draft, readDispatched } from './accept.ts'
import { againWhenLost } from './again.ts'
import type { Attempt } from './attempt.ts'
import type { Report } from './charge.ts'
import type { Holder } from './follow-up.ts'
import { listPayments, type PaymentFilter, type PaymentPage } from './list.ts'
import type { NewPayment, Payment } from './payment.ts'
import { getPayments } from './read.ts'
import { recordReports } from './record.ts'
import { handleRequest, type PaymentRequest, type RequestResult } from './request.ts'
import { paymentTimeline, type TimelineItem } from './timeline.ts'
import { createWaiting, type Waiting } from './wait.ts'
import { lateSuccesses, type Settlement, type Whereabouts, whereaboutsOf } from './whereabouts.ts'

export type Accepted = { readonly payment: Payment; readonly replayed: boolean }

export type Payments = {
  /**
   * Stores payments; one result per item, in order, once it is durable. A refusal of one leaves the others unharmed.
   * Rejects only when the database cannot be reached: then nothing is known, and the same keys may be sent again.
   */
  readonly accept: (items: readonly NewPayment[]) => Promise<readonly (Accepted | Refusal)[]>
  readonly get: (id: string) => Promise<Payment | undefined>
  readonly list: (filter: PaymentFilter) => Promise<PaymentPage>
  readonly waitForFinal: Waiting['waitForFinal']
  /** Answers everybody who waits with what there is: the process stops. */
  readonly release: () => void
  readonly timeline: (id: string) => Promise<readonly TimelineItem[] | undefined>
  readonly whereabouts: (id: string) => Promise<Whereabouts | undefined>
  readonly request: (request: PaymentRequest) => Promise<Accepted>
  /**
   * Commits what was learned about a charge; repeats until it is durable. `refused` when the database never will take
   * it, which is a bug and logged as one; `left` when the process stops first: the charge is asked after again.
   */
  readonly record: (report: Report) => Promise<Recorded>
  /** The executor has fewer new attempts before it than before: more payments may be stored. */
  readonly proceed: () => void
  /** Resolves when everything that was handed in is committed. */
  readonly idle: () => Promise<void>
  /** Stops repeating; what is not durable is learned again by the next node. */
  readonly stop: () => void
}

export type Recorded = 'recorded' | 'refused' | 'left'

export type PaymentsDeps = {
  readonly db: Db
  readonly directory: AccountDirectory
  readonly clock: Clock
  readonly log: Log
  readonly holder: () => Holder
  readonly traitsOf: (psp: string) => Pick<PspTraits, 'consistencyWindowMs' | 'keyRetentionMs'>
  /** Hands durable attempts to the executor of this node. */
  readonly dispatch: (attempts: readonly Attempt[]) => void
  /** How far the charges of a payment are settled; undefined where nothing reconciles them. */
  readonly settlementOf?: (paymentId: string) => Promise<Settlement>
  /** Attempts that the executor holds; new payments are refused above `maxBacklog`. */
  readonly backlog: () => number
  /** Of these, attempts that came straight from being stored here; says `proceed` when there are fewer. */
  readonly lead: () => number
}

// About a minute of work for one node: beyond, waiting callers would have given up before their turn.
const MAX_BACKLOG = 50_000

const overloaded = (): Refusal =>
  new Refusal(
    'overloaded',
    'The queue of payments is full. Nothing was stored; send the request again with the same key.',
    {
      retryAfterSeconds: 2,
    },
  )

// A batch of this many rows takes a few tens of milliseconds. One is in flight at a time in each lane: two at half the
// length took an eighth more processor time for a payment, here and in PostgreSQL.
const BATCH_ROWS = 1_000

// Payments that are stored long before their charges are sent cost memory, and the time until they are posted. Some
// hundred charges keep the PSP's places and the record lanes busy; new ones come in batches that are worth a transaction.
const LEAD_MAX = 512
const LEAD_LOW = 256

const roomAhead = (lead: number): number => (lead > LEAD_LOW ? 0 : LEAD_MAX - lead)

// Behind a PSP that answers slowly payments are stored all the same, 640 orders a second; a request waits for 0.1 s and more.
const TRICKLE = { weight: 64, everyMs: 100 }

export function createPayments(deps: PaymentsDeps): Payments {
  const { db, log } = deps
  const keysInProgress = new Set<string>()
  const get = async (id: string): Promise<Payment | undefined> => (await getPayments(db, [id]))[0]
  const waiting = createWaiting(get)
  // Payments whose last batch may have committed although its answer was lost, and with it what has to be sent next.
  const inDoubt = new Set<string>()
  let stopped = false

  const acceptLane = createLane<Draft, Acceptance>({
    maxBatch: BATCH_ROWS,
    weight: (item) => item.payment.orders.length,
    maxQueue: 20_000,
    concurrency: 1,
    whenFull: overloaded,
    async commit(drafts) {
      const acceptances = await acceptBatch(deps, drafts)
      deps.dispatch(acceptances.flatMap((acceptance) => ('attempts' in acceptance ? acceptance.attempts : [])))
      return acceptances
    },
    splitOn: (error) => !isConnectionError(error),
    pace: { room: () => roomAhead(deps.lead()), trickle: TRICKLE },
  })

  // One batch at a time, so that the orders of a payment never wait for each other's locks.
  const recordLane = createLane<Report, void>({
    maxBatch: BATCH_ROWS,
    maxQueue: Number.POSITIVE_INFINITY, // Bounded by the attempts in flight, which the executor bounds.
    concurrency: 1,
    whenFull: overloaded,
    commit: async (reports) => {
      const followUps = await recordReports(deps, reports)
      const lost = reports.map((report) => report.paymentId).filter((id) => inDoubt.delete(id))
      const found = [...followUps, ...(await readDispatched(db, lost))]
      if (found.length > 0) deps.dispatch(found)
      for (const report of reports) waiting.wake(report.paymentId)
      return reports.map(() => undefined)
    },
    // Also a batch that was chosen to give way or took too long: its halves are shorter.
    splitOn: (error) => !isConnectionError(error),
  })

  // Few at a time: each holds a connection while it waits for its payment, and everything else needs connections, too.
  const requestLane = createLane<PaymentRequest, RequestResult>({
    maxBatch: 1,
    maxQueue: 5_000,
    concurrency: 4,
    whenFull: overloaded,
    commit: async (requests) => Promise.all(requests.map((request) => handleRequest(deps, request))),
    splitOn: () => false,
  })

  // Thousands of reports may wait for one outage, and each tries again and again.
  let isAway = false

  const record = async (report: Report): Promise<Recorded> => {
    for (let waitMs = 50; !stopped; waitMs = Math.min(waitMs * 2, 2_000)) {
      try {
        await recordLane.submit(report)
        if (isAway) log.info('recording goes on')
        isAway = false
        return 'recorded'
      } catch (error) {
        if (!isTransient(error)) {
          // The lease runs out and somebody asks again, so that one bad report stops nothing else.
          log.fatal({ err: error, attempt: report.attemptId }, 'a report could not be recorded')
          return 'refused'
        }
        if (!isAway) log.warn({ err: error }, 'recording waits for the database')
        isAway = true
        inDoubt.add(report.paymentId)
        await delay(waitMs)
      }
    }
    return 'left'
  }

  const acceptOne = async (input: NewPayment): Promise<Draft | Refusal | { readonly replayOf: string }> => {
    if (keysInProgress.has(input.idempotencyKey)) return inProgress()
    if (deps.backlog() > MAX_BACKLOG) return overloaded()
    keysInProgress.add(input.idempotencyKey)
    try {
      const item = draft(input, { now: deps.clock.now(), holder: deps.holder() })
      return await againWhenLost(() => acceptLane.submit(item))
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    } finally {
      keysInProgress.delete(input.idempotencyKey)
    }
  }

  return {
    async accept(items) {
      const acceptances = await Promise.all(items.map(acceptOne))
      const replays = acceptances.flatMap((acceptance) => ('replayOf' in acceptance ? acceptance.replayOf : []))
      const existing = new Map((await getPayments(db, replays)).map((payment) => [payment.id, payment]))
      return acceptances.map((acceptance): Accepted | Refusal => {
        if (acceptance instanceof Refusal) return acceptance
        if ('attempts' in acceptance) return { payment: acceptance.payment, replayed: false }
        const payment = existing.get(acceptance.replayOf)
        if (payment === undefined) throw new Error(`payment ${acceptance.replayOf} vanished`)
        return { payment, replayed: true }
      })
    },
    get,
    list: (filter) => listPayments(db, filter, deps.clock.offsetMs()),
    waitForFinal: waiting.waitForFinal,
    release: () => {
      waiting.release()
      acceptLane.hurry()
    },
    timeline: (id) => paymentTimeline(db, id),
    async whereabouts(id) {
      const payment = await get(id)
      if (payment === undefined) return undefined
      const [late, settlement] = await Promise.all([lateSuccesses(db, id), deps.settlementOf?.(id)])
      return whereaboutsOf(payment, late, settlement)
    },
    async request(request) {
      const { attempts, replayed } = await requestLane.submit(request)
      deps.dispatch(attempts)
      const payment = await get(request.paymentId)
      if (payment === undefined) throw new Error(`payment ${request.paymentId} vanished`)
      return { payment, replayed }
    },
    record,
    proceed: acceptLane.resume,
    idle: async () => {
      await Promise.all([acceptLane, requestLane, recordLane].map((lane) => lane.idle()))
    },
    stop: () => {
      stopped = true
    },
  }
}

const inProgress = (): Refusal =>
  new Refusal('request_in_progress', 'The first request with this key is being stored. Ask again in a moment.', {
    retryAfterSeconds: 1,
  })
