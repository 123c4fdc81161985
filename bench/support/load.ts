import { setTimeout as delay } from 'node:timers/promises'
import { type Body, bodiesOf, type Work } from './bodies.ts'
import { type Answer, type Connection, openConnection } from './connection.ts'

/** A process of its own that sends requests, so that its processor time is nobody else's. Told what to do by message. */
export type Job = {
  readonly url: string
  readonly apiKey: string
  readonly run: string
  readonly work: Work
} & (Closed | Open)

/** As many requests under way as there are connections, until the time is up or that many were answered. */
export type Closed = {
  readonly loop: 'closed'
  readonly connections: number
  readonly seconds: number
  readonly requests?: number
}

/** Requests at a rate of their own, however slow the answers are. Every `waitEvery`-th is answered when it is final. */
export type Open = {
  readonly loop: 'open'
  readonly perSecond: number
  readonly seconds: number
  readonly waitEvery: number
}

export type Load = {
  /** Things that were stored: payments or entries. */
  readonly accepted: number
  /** Answers that asked to come back later. */
  readonly overloaded: number
  /** From when the request should have been sent to its answer, in milliseconds; measured at a given rate only. */
  readonly latenciesMs: { readonly accepted: readonly number[]; readonly posted: readonly number[] }
}

type Tally = { accepted: number; overloaded: number; accepts: number[]; posts: number[] }

const emptyTally = (): Tally => ({ accepted: 0, overloaded: 0, accepts: [], posts: [] })

function requestText(job: Job, { path, text }: Body, key: string, extra = ''): string {
  const length = Buffer.byteLength(text)
  return `POST ${path} HTTP/1.1\r\nhost: ${new URL(job.url).host}\r\nauthorization: Bearer ${job.apiKey}\r\ncontent-type: application/json\r\nidempotency-key: ${key}\r\n${extra}content-length: ${length}\r\n\r\n${text}`
}

function count(job: Job, { status, body }: Answer, tally: Tally): void {
  if (status === 503) {
    tally.overloaded += 1
    return
  }
  const { work } = job
  if (work.kind === 'entry' && work.perRequest > 1) {
    const stored = body.split('"object":"journal_entry"').length - 1
    if (status !== 200 || stored !== work.perRequest)
      throw new Error(`a batch was answered ${status}: ${body.slice(0, 500)}`)
    tally.accepted += stored
    return
  }
  if (status !== 201) throw new Error(`a request was answered ${status}: ${body.slice(0, 500)}`)
  tally.accepted += 1
}

const addressOf = ({ url }: Job): { host: string; port: number } => {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

async function closedLoop(job: Job & Closed): Promise<Load> {
  const connections = await Promise.all(Array.from({ length: job.connections }, () => openConnection(addressOf(job))))
  const bodyOf = bodiesOf(job.work, job.run)
  const tally = emptyTally()
  const most = job.requests ?? Number.POSITIVE_INFINITY
  const end = performance.now() + job.seconds * 1_000
  let sent = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (sent < most && performance.now() < end) {
        sent += 1
        const answer = await connection.send(requestText(job, bodyOf(sent), `${job.run}-${sent}`))
        count(job, answer, tally)
        // Else a full queue would be asked again at once, by everybody.
        if (answer.status === 503) await delay(50)
      }
    }),
  )
  for (const connection of connections) connection.close()
  return loadOf(tally)
}

// More than a second of arrivals at any rate that two processors take: beyond, the rate was not half of the maximum.
const CONNECTIONS_MAX = 4_000
const TICK_MS = 1

async function openLoop(job: Job & Open): Promise<Load> {
  const bodyOf = bodiesOf(job.work, job.run)
  const tally = emptyTally()
  const idle: Connection[] = []
  const all: Connection[] = []
  const underWay = new Set<Promise<void>>()
  const begin = performance.now()
  let dueMs = 0
  for (let n = 1; dueMs < job.seconds * 1_000; n += 1) {
    while (performance.now() - begin < dueMs) await delay(TICK_MS)
    const request = send(n, begin + dueMs).finally(() => underWay.delete(request))
    underWay.add(request)
    // Poisson arrivals: the pauses between buyers are exponential.
    dueMs += (-Math.log(1 - Math.random()) / job.perSecond) * 1_000
  }
  await Promise.all(underWay)
  for (const connection of all) connection.close()
  return loadOf(tally)

  async function send(n: number, dueAt: number): Promise<void> {
    const waits = n % job.waitEvery === 0
    const text = requestText(job, bodyOf(n), `${job.run}-${n}`, waits ? 'prefer: wait=30\r\n' : '')
    const connection = idle.pop() ?? (await open())
    const answer = await connection.send(text)
    idle.push(connection)
    count(job, answer, tally)
    const latencies = waits ? tally.posts : tally.accepts
    latencies.push(performance.now() - dueAt)
    if (waits && !answer.body.includes('"status":"succeeded"'))
      throw new Error(`a payment was not final after 30 s: ${answer.body.slice(0, 300)}`)
  }

  async function open(): Promise<Connection> {
    if (all.length >= CONNECTIONS_MAX) throw new Error('the server does not keep up with half of its maximum')
    const connection = await openConnection(addressOf(job))
    all.push(connection)
    return connection
  }
}

const loadOf = ({ accepted, overloaded, accepts, posts }: Tally): Load => ({
  accepted,
  overloaded,
  latenciesMs: { accepted: accepts, posted: posts },
})

process.on('message', (job: Job) => {
  const work = job.loop === 'closed' ? closedLoop(job) : openLoop(job)
  work.then(
    (load) => process.send?.({ load }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  )
})
