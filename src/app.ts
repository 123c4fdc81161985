import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { addAppGauges } from './app-metrics.ts'
import { bankSources, intakeSources, reconciledSource, settlementSources } from './app-sources.ts'
import type { Config } from './config.ts'
import {
  createClockControl,
  createEndpointKeeper,
  createExecutor,
  createInbox,
  createNode,
  createPspCalls,
  type Executor,
  LEASE_MS,
  type Node,
  sharedWebhookSecret,
} from './executor/index.ts'
import { createHttpServer } from './http/index.ts'
import { anchorDay, createAccountDirectory, createLedger, LEDGER_INVARIANTS } from './ledger/index.ts'
import { createPayments, PAYMENT_INVARIANTS, search } from './payments/index.ts'
import { createApiKeys } from './platform/auth/index.ts'
import { readBlob } from './platform/blob.ts'
import { createBusyness } from './platform/busyness.ts'
import { createTestClock, wallClock } from './platform/clock.ts'
import { createDb, type Db } from './platform/db.ts'
import { Refusal } from './platform/errors.ts'
import { createExclusive } from './platform/exclusive.ts'
import { checkInvariants } from './platform/invariant.ts'
import { createShared } from './platform/lane-shared.ts'
import type { Log } from './platform/log.ts'
import { createMetrics } from './platform/metrics.ts'
import { clearScratch } from './platform/scratch.ts'
import { startTicking } from './platform/tick.ts'
import { createSimulatorPsp, type Psp, registeredWebhookEndpoint, registerWebhookEndpoint } from './psp/index.ts'
import {
  createLiveView,
  createPeriods,
  createReconciliation,
  createResolutions,
  NO_SETTINGS,
  RECONCILIATION_INVARIANTS,
  type ResolutionSettings,
  searchNights,
  settlementOf,
  toldOf,
} from './reconciliation/index.ts'

import { createIntake, getFile, listFiles, withdrawFile } from './settlement/index.ts'
import { getWallet, WALLET_INVARIANTS, walletStatement } from './wallet/index.ts'

export type AppOptions = {
  readonly config: Pick<
    Config,
    'host' | 'port' | 'role' | 'schema' | 'mode' | 'home' | 'version' | 'drainMs' | 'sources' | 'liveMatching'
  > & { readonly resolutions?: ResolutionSettings }
  readonly databaseUrl: string
  /** The PSP simulator, in test mode. Without any PSP, payments are refused with `psp_not_found`. */
  readonly simulatorUrl: string | undefined
  /** The key that this home handed out before: registered again, so that it stays good. */
  readonly apiKey: string | undefined
  readonly log: Log
}

export type App = {
  readonly url: string
  readonly apiKey: string | undefined
  /** Drains: no new requests, calls in flight end and are recorded, then everything closes. */
  readonly close: () => Promise<void>
}

// The lanes need six: accepting and recording one each, requests about a payment four; the rest is for reads by id.
const MONEY_CONNECTIONS = 16

const INVARIANTS = [...LEDGER_INVARIANTS, ...WALLET_INVARIANTS, ...PAYMENT_INVARIANTS, ...RECONCILIATION_INVARIANTS]

// Far above what a marketplace sends with one key, low enough that a runaway loop does not take the database.
const LIVE_RATE_LIMIT = { requests: 60_000, seconds: 60 }

// A look at nothing new costs a tenth of a millisecond; what comes in between is taken in together.
const LIVE_LOOK_MS = 200

/**
 * The composition root: builds every module and listens. The only file that knows them all. Rejects, with everything
 * closed again, when the port is taken or the database is away.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const closers: Closer[] = []
  try {
    return await build(options, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

/** Ends one part. The last that was started ends first. */
type Closer = () => Promise<void>

async function closeAll(closers: Closer[]): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close()
}

async function build({ config, databaseUrl, simulatorUrl, apiKey, log }: AppOptions, closers: Closer[]): Promise<App> {
  const db = createDb({
    url: databaseUrl,
    schema: config.schema,
    onIdleError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  })
  closers.push(() => db.end())
  // The money path writes and finds single rows; what reads whole tables has connections of its own.
  const moneyDb = createDb({
    url: databaseUrl,
    schema: config.schema,
    max: MONEY_CONNECTIONS,
    hotPath: true,
    onIdleError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  })
  closers.push(() => moneyDb.end())
  const [deployment] = await db.query<{ clock_offset_ms: bigint }>('select clock_offset_ms from deployment')
  const testClock = config.mode === 'test' ? createTestClock(Number(deployment?.clock_offset_ms ?? 0n)) : undefined
  const clock = testClock ?? wallClock
  const simulator = simulatorUrl === undefined ? undefined : await reachSimulator(db, simulatorUrl)
  const psps = simulator === undefined ? [] : [simulator.psp]
  closers.push(async () => void (await Promise.all(psps.map((psp) => psp.close()))))
  const pspOf = new Map<string, Psp>(psps.map((psp) => [psp.name, psp]))
  const calls = new Map(psps.map((psp) => [psp.name, createPspCalls(psp)]))
  const works = config.role !== 'api'

  const executorSlot: { executor?: Executor } = {}
  const node = createNode({
    db,
    databaseUrl,
    schema: config.schema,
    clock: testClock,
    settled: () => payments.idle(),
    log,
    onFenced: () => executorSlot.executor?.forget(),
  })
  const directory = createAccountDirectory(db)
  const payments = createPayments({
    db: moneyDb,
    directory,
    clock,
    log,
    holder: () => (works ? { nodeId: node.id(), leaseMs: LEASE_MS } : { nodeId: null, leaseMs: 0 }),
    // A PSP that was removed from the configuration can still be heard of: then only an answer counts.
    traitsOf: (psp) => pspOf.get(psp)?.traits ?? { consistencyWindowMs: Number.POSITIVE_INFINITY, keyRetentionMs: 0 },
    dispatch: (attempts) => executorSlot.executor?.dispatch(attempts),
    backlog: () => executorSlot.executor?.backlog() ?? 0,
    lead: () => executorSlot.executor?.lead() ?? 0,
    settlementOf: async (paymentId) => {
      const [settlement, told] = await Promise.all([settlementOf(db, paymentId), toldOf(db, paymentId)])
      return { ...settlement, told }
    },
  })
  const { record } = payments
  const exclusive = createExclusive({ databaseUrl, schema: config.schema, log })
  const scratch = join(config.home, 'scratch')
  await clearScratch(scratch)
  const sources = psps.flatMap(reconciledSource)
  const reconciliation = createReconciliation(
    { db, moneyDb, directory, clock, log, exclusive, record, scratch },
    sources,
    bankSources(
      config.sources,
      psps.map((psp) => psp.name),
    ),
  )
  const live = createLiveView(
    { db, moneyDb, busyness: createBusyness(), scratch },
    { sources: sources.map(({ source }) => source), following: config.liveMatching },
  )
  const resolutions = createResolutions(
    { db: moneyDb, directory, clock, settings: config.resolutions ?? NO_SETTINGS, scratch },
    db,
  )
  const declared = intakeSources(
    config.sources,
    psps.map((psp) => psp.name),
  )
  const intake = await createIntake({ db, clock, log, exclusive, scratch }, declared)
  const looking: { hurry: () => void } = { hurry: () => {} } // Where nothing works, another node looks within a second.
  const executor = createExecutor({ db: moneyDb, clock, log, node, calls, record, onProgress: payments.proceed })
  if (works) executorSlot.executor = executor
  const inbox = createInbox({
    db: moneyDb,
    clock,
    log,
    psps: pspOf,
    record,
    followed: config.liveMatching ? sources.map(({ source }) => source.name) : [],
  })
  const ledger = createLedger({ db, moneyDb, directory, clock })
  const anchorYesterday = (): Promise<void> => anchorDay(db, dayBefore(clock.now()))
  const clockControl =
    testClock === undefined
      ? undefined
      : createClockControl({
          db,
          schema: config.schema,
          exclusive,
          clock: testClock,
          log,
          psps,
          inbox,
          kick: executor.kick,
          idle: payments.idle,
          onStep: async () => {
            await anchorYesterday()
            await reconciliation.catchUp()
            await live.catchUp()
            await intake.catchUp()
            await reconciliation.catchUpBanks()
          },
        })
  const metrics = createMetrics()
  addAppGauges(metrics, { db, calls, backlog: executor.backlog, intake })
  const auth = createApiKeys({ db, clock, mode: config.mode, log })
  const key = config.mode === 'test' ? await auth.ensureKey(apiKey) : undefined

  let draining = false
  const server = await createHttpServer({
    draining: () => draining,
    services: {
      payments,
      ledger: { ...ledger, invariants: createShared(() => checkInvariants(db, INVARIANTS), tooManyReports) },
      wallets: { get: (seller) => getWallet(db, seller), statement: (query) => walletStatement(db, query) },
      settlementFiles: {
        ...settlementSources(db, reconciliation, sources, intake),
        noticed: () => looking.hurry(),
        list: (filter) => listFiles(db, filter),
        get: (id) => getFile(db, id),
        withdraw: (request) => withdrawFile({ db, scratch }, { ...request, at: clock.now() }),
        content: ({ originalBlobId }) => readBlob(db, originalBlobId),
      },
      resolutions,
      periods: createPeriods({ db: moneyDb, clock }, reconciliation.sourceNames),
      reconciliation: { ...reconciliation, hurry: () => looking.hurry() },
      live,
      search: async (text) => [...(await search(db, text)), ...(await searchNights(db, text))],
      webhooks: inbox,
      testClock: clockControl,
      readiness: { check: () => readiness(db, draining) },
      metrics,
      defaultPsp: psps[0]?.name ?? 'none',
      pspNames: psps.map((psp) => psp.name),
    },
    auth,
    config: {
      mode: config.mode,
      version: config.version,
      operationsOnly: config.role === 'worker',
      rateLimit: config.mode === 'live' ? LIVE_RATE_LIMIT : undefined,
    },
    clock,
    log,
  })
  // A node that never executes belongs to the deployment as well: it follows the clock.
  await node.start()
  closers.push(node.stop)
  closers.push(async () => {
    await executor.stop()
    await payments.idle()
    await inbox.idle()
    payments.stop()
  })
  closers.push(() => {
    // Callers who wait for a final status get what there is: a drain takes as long as the calls in flight, not longer.
    payments.release()
    reconciliation.stop()
    return server.close()
  })
  const url = await server.listen({ host: config.host, port: config.port })
  if (works) {
    executor.start()
    const nights = startTicking(1_000, reconciliation.look, log)
    looking.hurry = nights.hurry
    const following = live.looks.map((look) => startTicking(LIVE_LOOK_MS, look, log))
    const watching = intake.looks.map((look) => startTicking(1_000, look, log))
    const ticking = [
      startTicking(1_000, inbox.sweep, log),
      startTicking(60_000, anchorYesterday, log),
      nights,
      ...following,
      ...watching,
    ]
    closers.push(async () => {
      reconciliation.stop()
      intake.stop()
      await Promise.all([live.stop(), ...ticking.map((tick) => tick.stop())])
    })
  }
  // Whoever spreads requests over the nodes sees that this one stops, and looks elsewhere while it still serves.
  closers.push(() => delay(config.drainMs))
  if (simulator !== undefined) closers.push(await keepEndpoint({ simulator, node, url, log }))
  closers.push(async () => {
    draining = true
  })
  return { url, apiKey: key?.key, close: () => closeAll(closers) }
}

async function reachSimulator(db: Db, url: string) {
  const name = 'simulator'
  const secret = await sharedWebhookSecret(db, name)
  return {
    psp: createSimulatorPsp({ name, url, webhookSecret: secret }),
    registry: {
      registered: () => registeredWebhookEndpoint(url),
      register: (endpointUrl: string) => registerWebhookEndpoint({ simulatorUrl: url, endpointUrl, secret }),
    },
  }
}

/** Any role takes webhooks. A PSP that is away does not hold up the start: the next beat tries again. */
async function keepEndpoint(deps: {
  readonly simulator: Awaited<ReturnType<typeof reachSimulator>>
  readonly node: Node
  readonly url: string
  readonly log: Log
}): Promise<Closer> {
  const { simulator, node, log } = deps
  const { name } = simulator.psp
  const url = `${deps.url}/webhooks/psp/${name}`
  const keeper = createEndpointKeeper({ psp: name, node, registry: simulator.registry, url, log })
  await keeper.beat().catch((error: unknown) => log.warn({ err: error }, 'webhooks cannot be asked for yet'))
  const ticking = startTicking(1_000, keeper.beat, log)
  return async () => {
    // Not waited for: a PSP that hangs must not hold up a drain, and the next node puts right what is said too late.
    void ticking.stop()
    await keeper.leave().catch((error: unknown) => log.warn({ err: error }, 'webhooks could not be left to another'))
  }
}

const tooManyReports = (): Refusal =>
  new Refusal('overloaded', 'Too many reports over the whole database are waiting.', { retryAfterSeconds: 10 })

const dayBefore = (now: Date): string => new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10)

async function readiness(db: Db, draining: boolean): Promise<{ ready: boolean; detail: Record<string, string> }> {
  if (draining) return { ready: false, detail: { server: 'stopping' } }
  try {
    await db.query('select 1')
    return { ready: true, detail: { database: 'ok' } }
  } catch (error) {
    return { ready: false, detail: { database: error instanceof Error ? error.message : 'away' } }
  }
}
