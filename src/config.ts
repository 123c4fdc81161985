import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readSources, type SourceDeclaration } from './config-sources.ts'
import type { DeploymentMode } from './platform/migrate.ts'
import { StartRefusal } from './platform/start-refusal.ts'

export type Role = 'all' | 'api' | 'worker'
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

export type DatabaseChoice =
  | { readonly kind: 'embedded' }
  /** A server of somebody else's. `ownerUrl` runs the migrations; it equals `url` unless two roles were given. */
  | { readonly kind: 'external'; readonly url: string; readonly ownerUrl: string }

export type SimulatorChoice =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'external'; readonly url: string }
  | { readonly kind: 'none' }

/** Minor units by currency code. */
export type AmountsByCurrency = ReadonlyMap<string, bigint>

/** Everything that can be set from outside, read once and checked. Frozen. */
export type Config = {
  /** Of this program, as in package.json. */
  readonly version: string
  readonly mode: DeploymentMode
  readonly role: Role
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Absolute path of the data folder. */
  readonly home: string
  readonly schema: string
  readonly database: DatabaseChoice
  readonly simulator: SimulatorChoice
  /** Who sends settlement files besides the PSPs. */
  readonly sources: readonly SourceDeclaration[]
  /** Follow records as they come, and show how they stand before their night. */
  readonly liveMatching: boolean
  /** What people may decide alone about breaks, per currency in minor units. */
  readonly resolutions: { readonly approveAbove: AmountsByCurrency; readonly tolerance: AmountsByCurrency }
  /** Seed demo data once. */
  readonly demo: boolean
  /** Print one JSON document in place of the banner. */
  readonly json: boolean
  /** How long a server that was told to stop says so at /readyz and still serves. */
  readonly drainMs: number
  /** How long a start waits for a `DATABASE_URL` that does not answer: somebody restarts it, or it recovers. */
  readonly databaseWaitMs: number
  readonly logLevel: LogLevel
  /** Absolute path of the log file; undefined writes the log to stderr. */
  readonly logFile: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_PORT = '4100'
const HIGHEST_PORT = 65_535
const LONGEST_DRAIN_SECONDS = 30
const LONGEST_DATABASE_WAIT_SECONDS = 600
const ROLES = ['all', 'api', 'worker'] as const
const SWITCH = ['on', 'off'] as const
const MODES = ['test', 'live'] as const
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
/** What a schema may be called without quotes, within PostgreSQL's 63 bytes and outside its own `pg_` names. */
const SCHEMA_NAME = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/

export const OPTIONS_HELP = `Options, each with its environment variable where it has one:
  --port N             port of the API (PORT); 0 takes any free one       [4100]
  --host ADDRESS       address to listen on (TALLYSTICK_HOST)             [127.0.0.1]
  --home FOLDER        data folder (TALLYSTICK_HOME)                      [.tallystick]
  --role ROLE          all, api or worker (TALLYSTICK_ROLE)               [all]
  --schema NAME        PostgreSQL schema (TALLYSTICK_SCHEMA)              [tallystick]
  --no-simulator       do not start the PSP simulator
  --sources FILE       who sends settlement files besides the PSPs (TALLYSTICK_SOURCES)
                                                                          [sources.json in the data folder]
  --approve-above LIST resolutions of breaks that move more need a second person, in minor
                       units as EUR=50000,JPY=50000 (TALLYSTICK_APPROVE_ABOVE)
                                                                          [100 of each currency's main unit]
  --match-tolerance LIST
                       what may differ in a match by hand, in minor units as EUR=2
                       (TALLYSTICK_MATCH_TOLERANCE)                       [0]
  --demo               seed demo data once
  --live-matching ON   on or off: match before the night what was booked and told
                       (TALLYSTICK_LIVE_MATCHING)                         [off]
  --drain-seconds N    how long to serve on, not ready, when told to stop
                       (TALLYSTICK_DRAIN_SECONDS)                         [0]
  --database-wait-seconds N
                       how long a start waits for a DATABASE_URL that is away
                       (TALLYSTICK_DATABASE_WAIT_SECONDS)                 [30]
  --log-level LEVEL    fatal to trace, or silent (TALLYSTICK_LOG_LEVEL)   [info]
  --log-file FILE      where the log goes, - for stderr (TALLYSTICK_LOG_FILE)
                                                                          [server.log in the data folder]
  --json               print one JSON document on stdout when ready
  -h, --help           show this help

Environment only:
  DATABASE_URL              a PostgreSQL server (15 or later) to use in place of the embedded one
  DATABASE_OWNER_URL        a role that may change the schema; DATABASE_URL is then granted only what the app needs
  TALLYSTICK_MODE           test or live, for ever decided at the first start    [test]
  TALLYSTICK_SIMULATOR_URL  a PSP simulator that runs already`

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  home: { type: 'string' },
  role: { type: 'string' },
  schema: { type: 'string' },
  'no-simulator': { type: 'boolean' },
  sources: { type: 'string' },
  'approve-above': { type: 'string' },
  'match-tolerance': { type: 'string' },
  demo: { type: 'boolean' },
  'live-matching': { type: 'string' },
  'drain-seconds': { type: 'string' },
  'database-wait-seconds': { type: 'string' },
  'log-level': { type: 'string' },
  'log-file': { type: 'string' },
  json: { type: 'boolean' },
} as const

type Flags = ReturnType<typeof readFlags>

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(/\.(?:\s|$)/)[0] : String(error)
    throw new StartRefusal(`${reason}; npm start -- --help lists the options.`, { cause: error })
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}

/** Where the program keeps its data when nobody says: in the clone, or where a packed product was started. */
function defaultHome(cwd: string): string {
  const root = fileURLToPath(new URL('..', import.meta.url))
  return join(root.split(sep).includes('node_modules') ? cwd : root, '.tallystick')
}

function oneOf<T extends string>(known: readonly T[], text: string, name: string): T {
  const found = known.find((one) => one === text)
  if (found === undefined) throw new StartRefusal(`${name} must be one of ${known.join(', ')}, not "${text}".`)
  return found
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > HIGHEST_PORT)
    throw new StartRefusal(`--port (PORT) must be a number from 0 to ${HIGHEST_PORT}, not "${text}".`)
  return Number(text)
}

/** Milliseconds of a number of seconds. */
function readSeconds(text: string, name: string, most: number): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) > most)
    throw new StartRefusal(`${name} must be a number from 0 to ${most}, not "${text}".`)
  return Number(text) * 1_000
}

// No bigger than what a posting holds.
const AMOUNT = /^([A-Z]{3})=(\d{1,15})$/

function readAmounts(text: string | undefined, name: string): AmountsByCurrency {
  const amounts = new Map<string, bigint>()
  for (const each of (text ?? '').split(',').filter((part) => part !== '')) {
    const [, currency, amount] = AMOUNT.exec(each.trim()) ?? []
    if (currency === undefined || amount === undefined || amounts.has(currency))
      throw new StartRefusal(
        `${name} must be amounts in minor units, one for each currency, such as EUR=50000,JPY=50000, not "${text}".`,
      )
    amounts.set(currency, BigInt(amount))
  }
  return amounts
}

function readHost(text: string): string {
  // Names resolve to whatever the network says; an address says for certain who can reach the server.
  if (text !== 'localhost' && isIP(text) === 0)
    throw new StartRefusal(
      `--host (TALLYSTICK_HOST) must be an IP address such as 127.0.0.1 or 0.0.0.0, not "${text}".`,
    )
  return text
}

function readSchema(text: string): string {
  if (!SCHEMA_NAME.test(text))
    throw new StartRefusal(
      `--schema (TALLYSTICK_SCHEMA) must be lower-case letters, digits and underscores, start with a letter and not with pg_, at most 63 characters, not "${text}".`,
    )
  return text
}

/** A database address. Its text is never repeated, because it holds a password. */
function readDatabaseUrl(text: string, name: string): string {
  const url = URL.parse(text)
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw new StartRefusal(`${name} must be an address such as postgresql://user:password@host:5432/database.`)
  return text
}

function readDatabase(env: Environment): DatabaseChoice {
  const url = env['DATABASE_URL'] || undefined
  const ownerUrl = env['DATABASE_OWNER_URL'] || undefined
  if (url === undefined) {
    if (ownerUrl !== undefined)
      throw new StartRefusal('DATABASE_OWNER_URL is set without DATABASE_URL; it is the second of two addresses.')
    return { kind: 'embedded' }
  }
  const checked = readDatabaseUrl(url, 'DATABASE_URL')
  return {
    kind: 'external',
    url: checked,
    ownerUrl: ownerUrl === undefined ? checked : readDatabaseUrl(ownerUrl, 'DATABASE_OWNER_URL'),
  }
}

function readSimulator(mode: DeploymentMode, flags: Flags, env: Environment): SimulatorChoice {
  const text = env['TALLYSTICK_SIMULATOR_URL'] || undefined
  if (mode === 'live') {
    if (text !== undefined)
      throw new StartRefusal('TALLYSTICK_SIMULATOR_URL is set, but a live deployment has no PSP simulator.')
    return { kind: 'none' }
  }
  if (flags['no-simulator'] === true) return { kind: 'none' }
  if (text === undefined) return { kind: 'embedded' }
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new StartRefusal(`TALLYSTICK_SIMULATOR_URL must be an address such as http://127.0.0.1:4200, not "${text}".`)
  return { kind: 'external', url: text.replace(/\/+$/, '') }
}

function readLogFile(text: string | undefined, home: string, cwd: string): string | undefined {
  if (text === '-') return undefined
  return text === undefined ? join(home, 'server.log') : resolve(cwd, text)
}

/** No file changes nothing; one that was named has to be there. */
function readSourcesFile(text: string | undefined, home: string, cwd: string): readonly SourceDeclaration[] {
  if (text !== undefined) return readSources(resolve(cwd, text))
  const path = join(home, 'sources.json')
  return existsSync(path) ? readSources(path) : []
}

/**
 * Reads options and environment (an option wins over its variable, an empty variable counts as not set).
 * Throws a StartRefusal with one sentence when anything is wrong.
 */
export function readConfig(argv: readonly string[], env: Environment, cwd: string): Config {
  const flags = readFlags(argv)
  const setting = (flag: string | undefined, name: string): string | undefined => flag ?? (env[name] || undefined)
  const mode = oneOf(MODES, setting(undefined, 'TALLYSTICK_MODE') ?? 'test', 'TALLYSTICK_MODE')
  const givenHome = setting(flags.home, 'TALLYSTICK_HOME')
  if (flags.home === '') throw new StartRefusal('--home must name a folder.')
  const home = givenHome === undefined ? defaultHome(cwd) : resolve(cwd, givenHome)
  const demo = flags.demo === true
  const role = oneOf(ROLES, setting(flags.role, 'TALLYSTICK_ROLE') ?? 'all', '--role (TALLYSTICK_ROLE)')
  if (demo && role === 'worker')
    throw new StartRefusal('--demo sends payments to the API, which a worker does not serve.')
  if (demo && mode === 'live') throw new StartRefusal('--demo seeds made-up payments, which a live deployment refuses.')
  return Object.freeze({
    version: readVersion(),
    mode,
    role,
    host: readHost(setting(flags.host, 'TALLYSTICK_HOST') ?? '127.0.0.1'),
    port: readPort(setting(flags.port, 'PORT') ?? DEFAULT_PORT),
    home,
    schema: readSchema(setting(flags.schema, 'TALLYSTICK_SCHEMA') ?? 'tallystick'),
    database: readDatabase(env),
    simulator: readSimulator(mode, flags, env),
    sources: readSourcesFile(setting(flags.sources, 'TALLYSTICK_SOURCES'), home, cwd),
    liveMatching:
      oneOf(
        SWITCH,
        setting(flags['live-matching'], 'TALLYSTICK_LIVE_MATCHING') ?? 'off',
        '--live-matching (TALLYSTICK_LIVE_MATCHING)',
      ) === 'on',
    resolutions: {
      approveAbove: readAmounts(
        setting(flags['approve-above'], 'TALLYSTICK_APPROVE_ABOVE'),
        '--approve-above (TALLYSTICK_APPROVE_ABOVE)',
      ),
      tolerance: readAmounts(
        setting(flags['match-tolerance'], 'TALLYSTICK_MATCH_TOLERANCE'),
        '--match-tolerance (TALLYSTICK_MATCH_TOLERANCE)',
      ),
    },
    demo,
    json: flags.json === true,
    drainMs: readSeconds(
      setting(flags['drain-seconds'], 'TALLYSTICK_DRAIN_SECONDS') ?? '0',
      '--drain-seconds (TALLYSTICK_DRAIN_SECONDS)',
      LONGEST_DRAIN_SECONDS,
    ),
    databaseWaitMs: readSeconds(
      setting(flags['database-wait-seconds'], 'TALLYSTICK_DATABASE_WAIT_SECONDS') ?? '30',
      '--database-wait-seconds (TALLYSTICK_DATABASE_WAIT_SECONDS)',
      LONGEST_DATABASE_WAIT_SECONDS,
    ),
    logLevel: oneOf(
      LOG_LEVELS,
      setting(flags['log-level'], 'TALLYSTICK_LOG_LEVEL') ?? 'info',
      '--log-level (TALLYSTICK_LOG_LEVEL)',
    ),
    logFile: readLogFile(setting(flags['log-file'], 'TALLYSTICK_LOG_FILE'), home, cwd),
  })
}
