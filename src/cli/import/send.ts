import { createHash } from 'node:crypto'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { ApiPayment } from '../api-types.ts'
import type { Checkout, CheckoutBook } from './book.ts'
import { runCrew } from './crew.ts'
import type { Patience } from './patience.ts'
import { countAccepted, countExisting, countFailed, type Tally } from './tally.ts'

/** What one batch request may hold in all. */
const MAX_ORDERS_PER_BATCH = 10_000
/** A key that is its checkout is readable in every log; longer or stranger ones are hashed. */
const PLAIN_KEY = /^[\x21-\x7e]{1,200}$/

export type SendOptions = {
  readonly client: ApiClient
  readonly book: CheckoutBook
  readonly tally: Tally
  readonly patience: Patience
  readonly paymentMethod: string
  readonly batch: number
  readonly concurrency: number
  readonly onProgress: (checkoutsDone: number) => void
}

/** The same checkout has the same key in every run, so that it is paid once, however often the import runs. */
export function importKey(checkout: string): string {
  if (PLAIN_KEY.test(checkout)) return `import:${checkout}`
  return `import-sha256:${createHash('sha256').update(checkout).digest('hex')}`
}

/** The body of one checkout: nothing in it depends on the run, on the batch, or on what is around it in the file. */
export function paymentBody(checkout: Checkout, paymentMethod: string) {
  return {
    idempotency_key: importKey(checkout.checkout),
    checkout_id: checkout.checkout,
    buyer: { reference: checkout.checkout },
    currency: checkout.currency,
    payment_method: paymentMethod,
    orders: checkout.orders.map(({ seller, amount }) => ({ seller, amount: Number(amount) })),
  }
}

/** Sends every checkout of the book, in its order, a batch at a time. Counts each answer in the tally. */
export async function sendCheckouts(options: SendOptions): Promise<void> {
  const takeBatch = createBatches(options.book, options.batch)
  let done = 0
  await runCrew(options.concurrency, async (stopped) => {
    for (let batch = takeBatch(); batch.length > 0 && !stopped(); batch = takeBatch()) {
      for (let rest = batch; rest.length > 0 && !stopped(); ) {
        const left = await sendBatch(rest, options)
        done += rest.length - left.length
        options.onProgress(done)
        rest = left
      }
    }
  })
}

/** Gives the next batch at each call, an empty one at the end. */
function createBatches(book: CheckoutBook, size: number): () => readonly Checkout[] {
  const { checkouts } = book.size()
  let next = 0
  return () => {
    const batch: Checkout[] = []
    let orders = 0
    while (next < checkouts && batch.length < size) {
      const checkout = book.checkout(next)
      if (batch.length > 0 && orders + checkout.orders.length > MAX_ORDERS_PER_BATCH) break
      orders += checkout.orders.length
      batch.push(checkout)
      next += 1
    }
    return batch
  }
}

type Problem = {
  readonly code: string
  readonly detail: string
  readonly retryable: boolean
  readonly payment?: string
}
type BatchAnswer = { readonly data: readonly unknown[] }

/** Sends a batch. Returns the checkouts that the server asks to send again. */
async function sendBatch(batch: readonly Checkout[], options: SendOptions): Promise<readonly Checkout[]> {
  try {
    return countAnswers(batch, await askForBatch(batch, options), options.tally)
  } catch (error) {
    if (!isAboutTheBody(error)) throw error
    return await sendHalves(batch, error, options)
  }
}

/** One checkout that makes a whole request unacceptable is found by halving, and the others go through. */
async function sendHalves(batch: readonly Checkout[], error: ApiProblem, options: SendOptions) {
  const [only, ...others] = batch
  if (only !== undefined && others.length === 0) {
    countFailed(options.tally, only, error.code, error.message)
    return []
  }
  const middle = batch.length >> 1
  const left = await sendBatch(batch.slice(0, middle), options)
  return [...left, ...(await sendBatch(batch.slice(middle), options))]
}

const isAboutTheBody = (error: unknown): error is ApiProblem =>
  error instanceof ApiProblem && [400, 413, 422].includes(error.status)

function askForBatch(batch: readonly Checkout[], options: SendOptions): Promise<readonly unknown[]> {
  const payments = batch.map((checkout) => paymentBody(checkout, options.paymentMethod))
  // Every item has a key of its own; this one only tells the requests apart.
  const idempotencyKey = `import-batch:${createHash('sha256').update(JSON.stringify(payments)).digest('hex')}`
  return options.patience.untilAnswered(async () => {
    const { body } = await options.client.post<BatchAnswer>('/v1/payments/batch', { payments }, { idempotencyKey })
    return unlessAllWait(body.data)
  })
}

function countAnswers(batch: readonly Checkout[], items: readonly unknown[], tally: Tally): readonly Checkout[] {
  const again: Checkout[] = []
  batch.forEach((checkout, index) => {
    const item = items[index]
    if (isPayment(item)) countAccepted(tally, item, item.replayed === true)
    else countProblem(checkout, problemIn(item), tally, again)
  })
  return again
}

/** A batch of which nothing was taken, and which may be sent again, is as good as no answer. */
function unlessAllWait(items: readonly unknown[]): readonly unknown[] {
  const waiting = items.filter((item) => !isPayment(item) && problemIn(item).retryable)
  const [first] = waiting
  if (first === undefined || waiting.length < items.length) return items
  const problem = { ...(first as object) } as Record<string, unknown>
  throw new ApiProblem(503, problem, undefined)
}

function countProblem(checkout: Checkout, problem: Problem, tally: Tally, again: Checkout[]): void {
  if (problem.retryable) again.push(checkout)
  else if (problem.code === 'checkout_exists' && problem.payment !== undefined) countExisting(tally, problem.payment)
  else countFailed(tally, checkout, problem.code, problem.detail)
}

const isPayment = (item: unknown): item is ApiPayment =>
  typeof item === 'object' && item !== null && 'object' in item && item.object === 'payment'

function problemIn(item: unknown): Problem {
  const fields: Record<string, unknown> = typeof item === 'object' && item !== null ? { ...item } : {}
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined)
  const payment = text('payment')
  return {
    code: text('code') ?? 'no_answer',
    detail: text('detail') ?? 'the server gave no answer for this checkout',
    retryable: fields['retryable'] === true,
    ...(payment === undefined ? {} : { payment }),
  }
}
