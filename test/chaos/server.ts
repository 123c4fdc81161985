import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isPostgres, isSimulator, listProcesses, type ProcessSeen, signalProcess } from './processes.ts'
import { asObject, asText } from './wire.ts'

/** What the server says about itself in `<home>/run.json`. */
export type RunFile = {
  readonly url: string
  readonly apiKey: string
  readonly simulatorUrl: string
  readonly databaseUrl: string
  readonly pid: number
}

export type ServerEnd = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether it was ready when it ended, and whether the campaign had killed it. */
  readonly wasReady: boolean
  readonly wasKilled: boolean
}

/** One server, which is started again whenever it ends. */
export type Server = {
  /** What the server logged, one JSON object a line. */
  readonly log: string
  /** What the last start that became ready said; undefined before the first. */
  readonly run: () => RunFile | undefined
  /** Resolves when a server is ready; it need not be the one that runs now. */
  readonly ready: (timeoutMs: number) => Promise<void>
  /** The process that was started and those below it, without the two that live longer than the server. */
  readonly pids: () => readonly number[]
  readonly markKilled: () => void
  readonly ends: () => readonly ServerEnd[]
  readonly starts: () => number
  /** SIGTERM, and the exit code; null when there was none in time. */
  readonly stop: (timeoutMs: number) => Promise<number | null>
  /** No start any more. */
  readonly abandon: () => void
}

/** Pause before a server that died is started again, as an init system makes it. */
const RESTART_PAUSE_MS = 200

/** Starts in a row that end by themselves: more than a database that is being killed, or is another server's, explains. */
const FAILED_STARTS_AT_MOST = 60

/** Runs a server exactly as `npm start` does and starts it again whenever it ends: the campaign is its init system. */
export function createServer(options: {
  readonly root: string
  readonly home: string
  readonly port: number
  /** Read at every start. */
  readonly env: () => Readonly<Record<string, string>>
  /** Of this server, for what is said. */
  readonly name: string
  readonly say: (sentence: string) => void
}): Server {
  const { root, home, port, name, say } = options
  mkdirSync(home, { recursive: true, mode: 0o755 })
  const logFile = join(home, 'output.log')
  const log = openSync(logFile, 'a')
  const ends: ServerEnd[] = []
  let child: ChildProcess | undefined
  let run: RunFile | undefined
  let isReady = false
  let wasKilled = false
  let starts = 0
  let stopping = false

  const start = (): void => {
    if (stopping) return
    starts += 1
    isReady = false
    wasKilled = false
    const started = spawn(process.execPath, [join(root, 'bin', 'start.js'), '--home', home, '--port', String(port)], {
      cwd: root,
      env: { ...cleanEnvironment(process.env), ...options.env() },
      stdio: ['ignore', log, log],
    })
    child = started
    void noticeRunFile(started)
    started.once('exit', (code, signal) => {
      ends.push({ code, signal, wasReady: isReady, wasKilled })
      if (!wasKilled && !stopping)
        say(`${name} ended by itself (${signal ?? code}, ${isReady ? 'ready' : 'starting'}): ${lastLine(logFile)}`)
      isReady = false
      child = undefined
      setTimeout(start, RESTART_PAUSE_MS)
    })
  }

  /** The server writes its run file when it is ready, so that file tells what it had reached when it ended. */
  const noticeRunFile = async (started: ChildProcess): Promise<void> => {
    while (child === started && !isReady) {
      const seen = readRunFile(home)
      if (seen !== undefined && pids().includes(seen.pid)) {
        run = seen
        isReady = true
      }
      await delay(50)
    }
  }

  const answersReady = async (): Promise<boolean> => {
    if (run === undefined || !isReady) return false
    const signal = AbortSignal.timeout(2_000)
    const answer = await fetch(new URL('/readyz', run.url), { signal }).catch(() => undefined)
    return answer?.status === 200
  }

  const ready = async (timeoutMs: number): Promise<void> => {
    if (starts === 0) start()
    const end = performance.now() + timeoutMs
    while (!(await answersReady())) {
      const failed = failedStarts(ends)
      if (failed >= FAILED_STARTS_AT_MOST)
        throw new Error(`${name} ended ${failed} times in a row before it was ready; see ${logFile}`)
      if (performance.now() > end) throw new Error(`${name} was not ready within ${timeoutMs} ms; see ${logFile}`)
      await delay(50)
    }
  }

  const pids = (): readonly number[] => {
    const pid = child?.pid
    return pid === undefined ? [] : below(pid, listProcesses()).map((one) => one.pid)
  }

  const stop = async (timeoutMs: number): Promise<number | null> => {
    stopping = true
    const current = child
    if (current?.pid === undefined) return null
    signalProcess(current.pid, 'SIGTERM')
    const end = performance.now() + timeoutMs
    while (current.exitCode === null && current.signalCode === null && performance.now() < end) await delay(50)
    return current.exitCode
  }

  return {
    log: join(home, 'server.log'),
    run: () => run,
    ready,
    pids,
    markKilled: () => {
      wasKilled = true
    },
    ends: () => ends,
    starts: () => starts,
    stop,
    abandon: () => {
      stopping = true
      closeSync(log)
    },
  }
}

/** The starts since the last good one that ended before they were ready, without having been killed. */
const failedStarts = (ends: readonly ServerEnd[]): number =>
  ends.length - 1 - ends.findLastIndex((end) => end.wasReady || end.wasKilled)

const lastLine = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? ''

/** A server of its own: nothing in the caller's environment may point it at another database or home. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^(TALLYSTICK_|DATABASE_URL$|PORT$|PG[A-Z])/.test(name))
  return Object.fromEntries(kept)
}

function readRunFile(home: string): RunFile | undefined {
  try {
    const run = asObject(JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')), 'run.json')
    return {
      url: asText(run['url'], 'url'),
      apiKey: asText(run['api_key'], 'api_key'),
      simulatorUrl: asText(run['simulator_url'], 'simulator_url'),
      databaseUrl: asText(run['database_url'], 'database_url'),
      pid: Number(run['pid']),
    }
  } catch {
    // Absent, or being written at this instant: the next look tells.
    return undefined
  }
}

/** A process and everything below it, but for PostgreSQL and the simulator: those are victims of their own. */
function below(pid: number, all: readonly ProcessSeen[]): readonly ProcessSeen[] {
  const own = all.filter((one) => one.pid === pid && !isPostgres(one) && !isSimulator(one))
  return own.flatMap((one) => [
    one,
    ...all.filter((child) => child.parent === one.pid).flatMap((child) => below(child.pid, all)),
  ])
}
