import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { isConnectionError } from '../platform/db.ts'
import { checkConnection, migrate, withoutPassword } from '../platform/migrate.ts'
import { StartRefusal } from '../platform/start-refusal.ts'
import { apiKeyFile } from './api-key.ts'
import { banner } from './banner.ts'
import { type Home, openHome, type RunFile } from './home.ts'
import { requirePort } from './listening-port.ts'
import { type EmbeddedPostgres, ensurePostgres } from './postgres/embedded.ts'
import { onceItReturns } from './return.ts'
import { createServerLog, type ServerLog } from './server-log.ts'
import { ensureSimulator, type SupervisedSimulator } from './simulator.ts'
import { type Watch, type Watched, watch } from './watch.ts'

export type RunningServer = {
  readonly run: RunFile
  /** Resolves with a sentence when something that the server needs cannot be brought back. */
  readonly failed: Promise<string>
  /** Drains, then ends everything that this server started or adopted. */
  readonly stop: () => Promise<void>
}

type Say = (line: string) => void

/** The application, as far as its supervisor knows it. */
type App = {
  readonly url: string
  readonly apiKey: string | undefined
  /** Drains. */
  readonly close: () => Promise<void>
}

export type CreateApp = (options: {
  readonly config: Config
  readonly databaseUrl: string
  readonly simulatorUrl: string | undefined
  /** The key that this home handed out before. */
  readonly apiKey: string | undefined
  readonly log: Logger
}) => Promise<App>

/** Loads the application, which takes long enough to do it while PostgreSQL starts. */
export type LoadApp = () => Promise<{ readonly createApp: CreateApp }>

/** What runs by now, in the order in which it was started. */
type Parts = {
  readonly home: Home
  readonly serverLog: ServerLog
  /** Brings a part back whenever it dies, from when it runs. */
  readonly keep: (watched: Watched) => void
  postgres?: EmbeddedPostgres
  simulator?: SupervisedSimulator
  readonly watches: readonly Watch[]
  app?: App
}

const PATIENCE_MS = 2_000 // A start that is quicker than this explains nothing.
const DRAIN_LIMIT_MS = 90_000 // The longest time to serve on, and twice the longest call to a PSP.

/** Says what is being waited for when it takes long. */
async function patiently<T>(work: Promise<T>, say: Say, line: string): Promise<T> {
  const timer = setTimeout(() => say(line), PATIENCE_MS)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}

type Databases = { readonly url: string; readonly ownerUrl: string; readonly appRole: string | undefined }

/** The database's addresses and the role to grant the app's rights to, once it can be reached. */
async function reachDatabase(config: Config, parts: Parts, say: Say): Promise<Databases> {
  if (config.database.kind === 'embedded') {
    // Nobody watches over it yet: when it dies before it is of use, the next try starts it again.
    const ensured = onceItReturns(() => ensurePostgres(parts.home.path, say))
    const postgres = await patiently(ensured, say, 'Waiting for PostgreSQL …')
    parts.postgres = postgres
    parts.keep({ name: 'PostgreSQL', ...postgres })
    return { url: postgres.url, ownerUrl: postgres.ownerUrl, appRole: postgres.appRole }
  }
  const { url, ownerUrl } = config.database
  const line = `Waiting for the database at ${withoutPassword(url)} …`
  const answer = (of: string): Promise<string> =>
    patiently(
      onceItReturns(() => checkConnection(of), config.databaseWaitMs),
      say,
      line,
    )
  const role = await answer(url)
  if (url === ownerUrl) return { url, ownerUrl, appRole: undefined }
  const owner = await answer(ownerUrl)
  return { url, ownerUrl, appRole: role === owner ? undefined : role }
}

async function reachSimulator(config: Config, parts: Parts, say: Say): Promise<string | undefined> {
  if (config.simulator.kind === 'none') return undefined
  if (config.simulator.kind === 'external') return config.simulator.url
  parts.simulator = await patiently(
    ensureSimulator(parts.home.path),
    say,
    'Waiting for the PSP simulator to read its book …',
  )
  parts.keep({ name: 'The PSP simulator', ...parts.simulator })
  return parts.simulator.url
}

/**
 * Starts everything that does not depend on each other at once, and waits for all of it also when one fails. Somebody
 * else's database is asked first, because what is wrong there is wrong before anything of ours was started.
 */
async function startParts(
  config: Config,
  parts: Parts,
  say: Say,
  loadApp: LoadApp,
): Promise<Databases & { readonly simulatorUrl: string | undefined; readonly createApp: CreateApp }> {
  const migrated = reachDatabase(config, parts, say).then(async (databases) => {
    const { schema, mode } = config
    const { ownerUrl, appRole } = databases
    await onceItReturns(() => migrate({ ownerUrl, schema, mode, appRole, say }))
    return databases
  })
  if (config.database.kind === 'external') await migrated
  const work = [migrated, reachSimulator(config, parts, say), loadApp()] as const
  const results = await Promise.allSettled(work)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  const [databases, simulatorUrl, { createApp }] = await Promise.all(work)
  return { ...databases, simulatorUrl, createApp }
}

/** Ends what runs, the last first, each part whether or not the one before it could be ended. */
async function stopParts(parts: Parts): Promise<void> {
  parts.home.removeRunFile()
  const failures: unknown[] = []
  const end = async (work: Promise<void> | undefined): Promise<void> => {
    await work?.catch((error: unknown) => void failures.push(error))
  }
  await end(parts.app === undefined ? undefined : withinDrainLimit(parts.app.close()))
  for (const watching of parts.watches) await end(watching.stop())
  await end(parts.simulator?.stop())
  await end(parts.postgres?.stop())
  for (const error of failures) parts.serverLog.log.error({ err: error }, 'a part could not be stopped in order')
  parts.home.release()
  parts.serverLog.flush()
}

async function withinDrainLimit(closing: Promise<void>): Promise<void> {
  const timeout = new AbortController()
  const late = delay(DRAIN_LIMIT_MS, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`the drain took longer than ${DRAIN_LIMIT_MS / 1_000} s`)
  })
  late.catch(() => {}) // Aborted when the drain ends in time, which is no error.
  try {
    await Promise.race([closing, late])
  } finally {
    timeout.abort()
  }
}

/** Brings the whole server up. Throws a StartRefusal, with nothing left running, when it cannot be. */
export async function startServer(config: Config, say: Say, loadApp: LoadApp): Promise<RunningServer> {
  const home = openHome(config.home)
  const serverLog = createServerLog(config.logLevel, config.logFile)
  const failed = Promise.withResolvers<string>()
  const watches: Watch[] = []
  const deps = { log: serverLog.log, say, onGiveUp: giveUp(serverLog.log, failed.resolve) }
  const parts: Parts = { home, serverLog, watches, keep: (watched) => void watches.push(watch(watched, deps)) }
  try {
    const run = await bringUp(config, parts, say, loadApp)
    return { run, failed: failed.promise, stop: () => stopParts(parts) }
  } catch (error) {
    await stopParts(parts)
    throw error
  }
}

async function bringUp(config: Config, parts: Parts, say: Say, loadApp: LoadApp): Promise<RunFile> {
  const { home, serverLog } = parts
  await requirePort(config.port, config.host)
  const { url, ownerUrl, simulatorUrl, createApp } = await startParts(config, parts, say, loadApp)
  const keys = apiKeyFile(home.path)
  const known = keys.read()
  const options = {
    config: { ...config, home: home.path },
    databaseUrl: url,
    simulatorUrl,
    apiKey: known,
    log: serverLog.log,
  }
  parts.app = await onceItReturns(() => createApp(options)).catch(refuseWhatPassed)
  const { app } = parts
  if (app.apiKey !== undefined && app.apiKey !== known) keys.write(app.apiKey)
  const run: RunFile = {
    url: app.url,
    console_url: null,
    docs_url: config.role === 'worker' ? null : `${app.url}/docs`,
    api_key: app.apiKey ?? null,
    simulator_url: simulatorUrl ?? null,
    database_url: ownerUrl,
    pid: process.pid,
  }
  home.writeRunFile(run)
  announce(config, run)
  return run
}

/** What was there a moment ago is gone and has not come back: no bug of ours, and the next start may do. */
function refuseWhatPassed(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    throw new StartRefusal(`The port was taken during the start (${error.message}): choose another with --port.`, {
      cause: error,
    })
  if (isConnectionError(error))
    throw new StartRefusal('The database went away during the start: start again.', {
      cause: error,
    })
  throw error
}

const giveUp =
  (log: Logger, onFailure: (sentence: string) => void) =>
  (name: string, cause: unknown): void => {
    log.fatal({ err: cause }, `${name} cannot be brought back`)
    const reason = cause instanceof Error ? cause.message : String(cause)
    onFailure(`${name} died and cannot be brought back: ${reason}`)
  }

function announce(config: Config, run: RunFile): void {
  if (config.json) {
    process.stdout.write(`${JSON.stringify(run, null, 2)}\n`)
    return
  }
  const facts = {
    version: config.version,
    mode: config.mode,
    role: config.role,
    url: run.url,
    docsUrl: run.docs_url ?? undefined,
    simulatorUrl: run.simulator_url ?? undefined,
    database: withoutPassword(run.database_url),
    apiKey: run.api_key ?? undefined,
    readyMs: performance.now(),
  }
  process.stdout.write(banner(facts, process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined))
}
