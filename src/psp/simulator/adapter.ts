import assert from 'node:assert'
import { Webhook } from 'standardwebhooks'
import type {
  ChargeRequest,
  FollowUpRequest,
  Psp,
  PspTestClock,
  PspTraits,
  SettlementFiles,
  WebhookEvent,
} from '../psp.ts'
import { type Client, createClient, type Exchange, type HttpRequest } from './client.ts'
import { createDownloads, type Downloads } from './download.ts'
import { chargeOutcome, eventOutcome, fields, followUpOutcome, lookUpOutcome, parse } from './mapping.ts'

export type SimulatorOptions = {
  /** Name of the PSP account: 1–64 letters, digits, `_` and `-`. */
  readonly name: string
  /** Where the simulator listens, e.g. `http://127.0.0.1:4101`. */
  readonly url: string
  /** The secret under which the webhook endpoint was registered: `whsec_` and base64. */
  readonly webhookSecret: string
  /** Other values for the time-outs of the traits, in milliseconds. */
  readonly requestTimeoutMs?: number
  readonly lookUpTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Longest silence while a settlement file is sent, in milliseconds. */
  readonly fileTimeoutMs?: number
}

const TRAITS: PspTraits = {
  keyRetentionMs: 86_400_000, // 24 hours of business time, as in server/keys.ts
  consistencyWindowMs: 2_000, // at most 0.5 s pass before a request is processed; the rest is for a busy machine
  requestTimeoutMs: 10_000,
  lookUpTimeoutMs: 5_000,
  concurrency: 64,
}

const FILE_TIMEOUT_MS = 60_000 // the next piece takes milliseconds; a machine that stands still is back in less
const CONNECT_TIMEOUT_MS = 2_000 // the simulator is near; one that does not accept in this time is down

/** The adapter of the PSP simulator. Throws only for options that are not right. */
export function createSimulatorPsp(options: SimulatorOptions): Psp {
  assert(/^[A-Za-z0-9_-]{1,64}$/.test(options.name), `"${options.name}" is not a name for a PSP account`)
  const traits: PspTraits = {
    ...TRAITS,
    requestTimeoutMs: options.requestTimeoutMs ?? TRAITS.requestTimeoutMs,
    lookUpTimeoutMs: options.lookUpTimeoutMs ?? TRAITS.lookUpTimeoutMs,
  }
  const verifier = new Webhook(options.webhookSecret)
  const connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const client = createClient({ url: options.url, connections: traits.concurrency, connectTimeoutMs })
  const downloads = createDownloads({
    url: options.url,
    connectTimeoutMs,
    silenceTimeoutMs: options.fileTimeoutMs ?? FILE_TIMEOUT_MS,
  })
  const timeoutMs = traits.requestTimeoutMs
  return {
    name: options.name,
    mode: 'test',
    traits,
    charge: async (request) => chargeOutcome(await client.send(createRequest(request, timeoutMs)), request),
    capture: async (request) => followUpOutcome(await client.send(followUp(request, 'capture', timeoutMs)), request),
    void: async (request) => followUpOutcome(await client.send(followUp(request, 'void', timeoutMs)), request),
    lookUp: async (reference) => {
      const path = `/charges?reference=${encodeURIComponent(reference.toWellFormed())}`
      return lookUpOutcome(await client.send({ method: 'GET', path, timeoutMs: traits.lookUpTimeoutMs }), reference)
    },
    verifyWebhook: (headers, body) => verifyWebhook(verifier, headers, body),
    testClock: createTestClock(client),
    settlementFiles: createSettlementFiles(client, downloads),
    close: async () => {
      await Promise.all([client.close(), downloads.close()])
    },
  }
}

function createRequest(request: ChargeRequest, timeoutMs: number): HttpRequest {
  // Written by hand where JSON.stringify would need a number for the amount.
  const rest = { currency: request.currency, reference: request.reference, payment_method: request.paymentMethod }
  const body = `{"amount":${request.amount},"capture":"${request.capture}",${JSON.stringify(rest).slice(1)}`
  return { method: 'POST', path: '/charges', key: request.key, body, timeoutMs }
}

function followUp(request: FollowUpRequest, verb: 'capture' | 'void', timeoutMs: number): HttpRequest {
  const body = verb === 'void' ? '{}' : `{"amount":${request.amount},"currency":${JSON.stringify(request.currency)}}`
  const path = `/charges/${encodeURIComponent(request.pspReference.toWellFormed())}/${verb}`
  return { method: 'POST', path, key: request.key, body, timeoutMs }
}

const MAX_WEBHOOK_BYTES = 262_144

/** The library compares signatures in constant time and refuses a timestamp more than five minutes off. */
function verifyWebhook(
  verifier: Webhook,
  headers: Readonly<Record<string, string | undefined>>,
  body: Buffer,
): WebhookEvent | undefined {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signature = headers['webhook-signature']
  // The library reads "123x" as 123; nothing but seconds is a timestamp here.
  if (!id || !timestamp || !/^\d{1,12}$/.test(timestamp) || !signature) return undefined
  if (body.length > MAX_WEBHOOK_BYTES) return undefined
  const text = body.toString('utf8')
  try {
    verifier.verify(
      text,
      { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
      { jsonParse: false },
    )
  } catch {
    return undefined // Not signed by the PSP, or too old: to the caller that is one and the same.
  }
  return { id, ...eventOutcome(text) }
}

const CLOCK_TIMEOUT_MS = 120_000 // the answer waits until every webhook that is due was tried

/** A control, not a payment: it throws when the simulator does not answer, because nothing depends on it but a test. */
function createTestClock(client: Client): PspTestClock {
  return {
    async setOffset(offsetMs) {
      const body = JSON.stringify({ offset_ms: offsetMs })
      requireOk(await client.send({ method: 'POST', path: '/clock', body, timeoutMs: CLOCK_TIMEOUT_MS }), 'the clock')
    },
    async nextDueAt() {
      const answer = await client.send({ method: 'GET', path: '/clock', timeoutMs: TRAITS.lookUpTimeoutMs })
      const due = requireOk(answer, 'the clock')['next_due_at']
      return typeof due === 'string' ? new Date(due) : undefined
    },
  }
}

/** Days with a file that nobody will ever ask for, so that the answer is short. */
const NO_FILES = '9999-12-31'

function createSettlementFiles(client: Client, downloads: Downloads): SettlementFiles {
  return {
    async firstBusinessDate() {
      const path = `/settlement_files?from=${NO_FILES}`
      const answer = await client.send({ method: 'GET', path, timeoutMs: TRAITS.lookUpTimeoutMs })
      const date = requireOk(answer, 'its settlement files')['first_business_date']
      if (typeof date === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(date)) return date
      throw new Error('The PSP simulator did not say which day has its first settlement file')
    },
    async fetch(businessDate) {
      const download = await downloads.get(`/settlement_files/${encodeURIComponent(businessDate)}`)
      if (download.kind === 'file')
        return { name: download.name ?? `settlement_${businessDate}.csv`, bytes: download.bytes }
      // Only the simulator's own words: a proxy between us may answer 404 as well.
      const error = fields(parse(download.body)?.['error'])
      if (download.status === 404 && error?.['code'] === 'settlement_file_not_found') return undefined
      throw new Error(
        `The PSP simulator refused the file of ${businessDate} with ${download.status}: ${download.body.slice(0, 300)}`,
      )
    },
  }
}

/** Tells the simulator at `simulatorUrl` where to send webhooks and how to sign them. Throws when it does not agree. */
export async function registerWebhookEndpoint(request: {
  readonly simulatorUrl: string
  readonly endpointUrl: string
  readonly secret: string
}): Promise<void> {
  const body = JSON.stringify({ url: request.endpointUrl, secret: request.secret })
  await endpointCall(request.simulatorUrl, { method: 'PUT', body })
}

/** Where the simulator at `simulatorUrl` sends webhooks; undefined when nobody has told it. */
export async function registeredWebhookEndpoint(simulatorUrl: string): Promise<string | undefined> {
  const { url } = await endpointCall(simulatorUrl, { method: 'GET' })
  return typeof url === 'string' ? url : undefined
}

async function endpointCall(
  simulatorUrl: string,
  call: Pick<HttpRequest, 'method' | 'body'>,
): Promise<Readonly<Record<string, unknown>>> {
  const client = createClient({ url: simulatorUrl, connections: 1, connectTimeoutMs: CONNECT_TIMEOUT_MS })
  try {
    const timeoutMs = TRAITS.requestTimeoutMs
    return requireOk(await client.send({ ...call, path: '/webhook_endpoint', timeoutMs }), 'the webhook endpoint')
  } finally {
    await client.close()
  }
}

function requireOk(exchange: Exchange, what: string): Readonly<Record<string, unknown>> {
  if (exchange.kind !== 'answer') {
    const reason = exchange.kind === 'lost' ? exchange.cause : exchange.reason
    throw new Error(`The PSP simulator did not answer about ${what}: ${reason}`)
  }
  const body = parse(exchange.answer.body)
  if (exchange.answer.status === 200 && body !== undefined) return body
  throw new Error(
    `The PSP simulator refused ${what} with ${exchange.answer.status}: ${exchange.answer.body.slice(0, 300)}`,
  )
}
