import type { Socket } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import type { Logger } from 'pino'
import type { ApiKeys, Mode } from '../platform/auth/index.ts'
import type { Clock } from '../platform/clock.ts'
import { Refusal } from '../platform/errors.ts'
import { authenticateWith } from './authenticate.ts'
import { addJsonParser, BODY_MAX_BYTES } from './body-parser.ts'
import { answerBrokenRequest, answerOddRequests } from './client-error.ts'
import type { Api } from './fastify.ts'
import { collectPaths } from './known-paths.ts'
import { collectOpenApi } from './openapi.ts'
import { bugProblem, sendProblem, sendRefusal } from './problem.ts'
import { refusalOf } from './refusal-of.ts'
import { requestIdOf } from './request-id.ts'
import { requestLog } from './request-log.ts'
import { apiKeyRoutes } from './routes/api-keys.ts'
import { approvalRoutes } from './routes/approvals.ts'
import { auditRoutes } from './routes/audit.ts'
import { breakNoteRoutes } from './routes/break-notes.ts'
import { healthRoutes } from './routes/health.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { pageRoutes } from './routes/pages.ts'
import { paymentRoutes } from './routes/payments.ts'
import { payoutWaterfallRoutes } from './routes/payout-waterfall.ts'
import { periodRoutes } from './routes/periods.ts'
import { pspWebhookRoutes } from './routes/psp-webhooks.ts'
import { reconLiveRoutes } from './routes/recon-live.ts'
import { reconRuleRoutes } from './routes/recon-rules.ts'
import { reconciliationRoutes } from './routes/reconciliation.ts'
import { referenceRoutes } from './routes/reference.ts'
import { resolutionRoutes } from './routes/resolutions.ts'
import { runMatchRoutes } from './routes/run-matches.ts'
import { runReportRoutes } from './routes/run-report.ts'
import { settlementFileRoutes } from './routes/settlement-files.ts'
import { suggestionRoutes } from './routes/suggestions.ts'
import { testClockRoutes } from './routes/test-clock.ts'
import { walletRoutes } from './routes/wallets.ts'
import { NoQuery } from './schemas/common.ts'
import { DryRunSchema } from './schemas/dry-run.ts'
import { EntrySchema } from './schemas/ledger.ts'
import { OrderSchema, PaymentSchema } from './schemas/payment.ts'
import { ProblemSchema } from './schemas/problem.ts'
import { RuleVersionSchema } from './schemas/recon-rule.ts'
import { RunSchema } from './schemas/reconciliation.ts'
import { ResolutionSchema } from './schemas/resolution.ts'
import { MatchSchema } from './schemas/run-match.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import type { Services } from './services.ts'
import { refuseUnfitUrl } from './unfit-url.ts'
import { createUploads, type Uploads } from './uploads.ts'

export type HttpConfig = {
  readonly mode: Mode
  readonly version: string
  /** A worker: health, metrics and the webhooks of PSPs; everything else is refused as `not_served_here`. */
  readonly operationsOnly?: boolean
  /** Requests that one API key may send in a time. Omitted: no limit. */
  readonly rateLimit?: { readonly requests: number; readonly seconds: number } | undefined
}

export type HttpServerDeps = {
  readonly services: Services
  readonly auth: ApiKeys
  readonly config: HttpConfig
  readonly clock: Clock
  readonly log: Logger
  /** True from when the server was told to stop: it still serves, and each connection ends with its answer. */
  readonly draining?: () => boolean
}

// A request arrives whole within this time, but for an uploaded file; the largest batch takes a second on a slow line.
const REQUEST_TIMEOUT_MS = 30_000
// Longer than the idle time of common proxies (60 s), so that they close first and never send into a closing socket.
const KEEP_ALIVE_MS = 72_000
// Between two looks at connections that fell idle while the server stops.
const SWEEP_MS = 50
// What is accepted is answered well before; longer than this, and an init system loses its own patience.
const CLOSE_PATIENCE_MS = 8_000
// A name of 255 characters, each escaped as up to four bytes.
const PATH_PART_MAX = 255 * 12

/** The HTTP edge with all its routes, ready to `listen`. Closing it answers what is in flight and refuses the rest. */
export async function createHttpServer(deps: HttpServerDeps): Promise<Api> {
  const uploads = createUploads()
  const app = createApp(deps.log, uploads)
  answerOddRequests(app.server)
  const methodsOf = collectPaths(app)
  refuseWhileClosing(app)
  endConnectionsWhile(app, deps.draining ?? (() => false))
  app.setErrorHandler(answerError)
  const operationsOnly = deps.config.operationsOnly === true
  app.setNotFoundHandler((request, reply) => answerUnknown(request, reply, methodsOf(request.url), operationsOnly))
  for (const schema of [
    ProblemSchema,
    OrderSchema,
    PaymentSchema,
    EntrySchema,
    RunSchema,
    MatchSchema,
    DryRunSchema,
    ResolutionSchema,
    RuleVersionSchema,
  ])
    app.addSchema(schema)
  app.decorateRequest('principal', undefined)
  app.decorateRequest('bodyFindings', undefined)
  addJsonParser(app)
  refuseUnknownParameters(app)
  await collectOpenApi(app, deps.config.version)

  healthRoutes(app, deps.services)
  pspWebhookRoutes(app, deps.services)
  if (!operationsOnly) {
    pageRoutes(app, { version: deps.config.version, mode: deps.config.mode })
    await app.register(async (scope: Api) => addApi(scope, deps, uploads))
  }
  await app.ready()
  return app
}

function createApp(log: Logger, uploads: Uploads): Api {
  const loggerInstance: FastifyBaseLogger = log
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestIdOf,
    childLoggerFactory: requestLog,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Whether there is a Host is looked at below, where the answer is a problem like all others.
    http: { connectionsCheckingInterval: 1_000, requireHostHeader: false },
    // No time-out while a request is worked on: advancing the clock by a year or reading the whole ledger may take long.
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false,
    routerOptions: { maxParamLength: PATH_PART_MAX },
    clientErrorHandler: (error: Error & { readonly code?: string }, socket: Socket) =>
      answerBrokenRequest(error, socket, uploads),
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS).header('request-id', request.id)
      answerError(error, request, reply)
    },
    ajv: {
      customOptions: {
        allErrors: true,
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        verbose: true,
        allowUnionTypes: true,
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  if (log.isLevelEnabled('debug')) {
    app.addHook('onResponse', (request, reply, done) => {
      const { method, url: route } = request.routeOptions
      // The pattern and not the path: a path may hold a caller's reference.
      request.log.debug({ method, route, status: reply.statusCode, ms: reply.elapsedTime }, 'request')
      done()
    })
  }
  return app
}

function refuseWhileClosing(app: Api): void {
  let closing = false
  app.addHook('preClose', (done) => {
    closing = true
    // A connection that is busy now falls idle with its answer, and would then keep the server open for a minute.
    const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
    // A request that never arrives whole must not keep the rest from being ended in order.
    const patience = setTimeout(() => app.server.closeAllConnections(), CLOSE_PATIENCE_MS)
    app.server.once('close', () => {
      clearInterval(sweep)
      clearTimeout(patience)
    })
    done()
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('request-id', request.id)
    if (closing) {
      reply.header('connection', 'close')
      return done(new Refusal('unavailable', 'The server is stopping. Send the request again in a moment.'))
    }
    try {
      requireHost(request)
      refuseUnfitUrl(request.url)
      done()
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

function requireHost({ raw, headers }: FastifyRequest): void {
  if (headers.host === undefined && raw.httpVersion !== '1.0')
    throw new Refusal('malformed_request', 'A request of HTTP/1.1 has a Host header.')
}

/** Clients that keep connections open learn from the answer to go elsewhere, before a connection is closed under them. */
function endConnectionsWhile(app: Api, draining: () => boolean): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining()) reply.header('connection', 'close')
    done(null, payload)
  })
}

/** A route that says nothing about its query takes none: a filter with a typing error must not be ignored. */
function refuseUnknownParameters(app: Api): void {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/v1/') && route.schema?.querystring === undefined) {
      route.schema = { ...route.schema, querystring: NoQuery }
    }
  })
}

async function addApi(scope: Api, { services, auth, config, clock }: HttpServerDeps, uploads: Uploads): Promise<void> {
  scope.addHook('onRequest', authenticateWith(auth))
  if (config.rateLimit !== undefined) {
    await scope.register(rateLimit, {
      max: config.rateLimit.requests,
      timeWindow: config.rateLimit.seconds * 1_000,
      enableDraftSpec: true,
      keyGenerator: (request) => request.principal?.keyId ?? request.ip,
      errorResponseBuilder: (_request, { ttl }) =>
        new Refusal('rate_limited', 'This API key has sent too many requests.', { retryAfterSeconds: ttl / 1_000 }),
    })
  }
  paymentRoutes(scope, services)
  walletRoutes(scope, services)
  ledgerRoutes(scope, services)
  settlementFileRoutes(scope, services, uploads)
  reconciliationRoutes(scope, services, clock)
  breakNoteRoutes(scope, services, clock)
  suggestionRoutes(scope, services)
  resolutionRoutes(scope, services)
  approvalRoutes(scope, services)
  auditRoutes(scope, services)
  periodRoutes(scope, services)
  reconLiveRoutes(scope, services)
  runMatchRoutes(scope, services)
  runReportRoutes(scope, services)
  payoutWaterfallRoutes(scope, services)
  reconRuleRoutes(scope, services)
  apiKeyRoutes(scope, auth)
  testClockRoutes(scope, services, { clock, mode: config.mode })
  referenceRoutes(scope, services)
}

function answerError(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error, request)
  if (refusal === undefined) {
    request.log.fatal({ err: error, route: request.routeOptions.url }, 'a request met a bug')
    return sendProblem(reply, bugProblem(request.id))
  }
  if (refusal.cause !== undefined && refusal.code === 'unavailable') {
    request.log.warn({ err: refusal.cause }, 'a request met an unreachable database')
  }
  return sendRefusal(reply, refusal, request.id)
}

function answerUnknown(
  request: FastifyRequest,
  reply: FastifyReply,
  methods: readonly string[],
  operationsOnly: boolean,
): FastifyReply {
  if (methods.length === 0 && operationsOnly) {
    const detail = 'This node is a worker: it carries payments out and takes webhooks. Ask a node of role api or all.'
    return sendRefusal(reply, new Refusal('not_served_here', detail), request.id)
  }
  if (methods.length === 0) {
    const refusal = new Refusal('not_found', 'There is no such path; GET /openapi.json lists the paths.')
    return sendRefusal(reply, refusal, request.id)
  }
  const allow = methods.join(', ')
  reply.header('allow', allow)
  return sendRefusal(reply, new Refusal('method_not_allowed', `This path takes ${allow}.`), request.id)
}
