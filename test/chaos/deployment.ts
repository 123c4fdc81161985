import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isAlive, listProcesses, type ProcessSeen, signalProcess } from './processes.ts'
import type { Victim } from './schedule.ts'
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

export type Deployment = {
  readonly home: string
  /** What the server printed. */
  readonly logFile: string
  /** What the server logged, one JSON object a line. */
  readonly serverLog: string
  /** What the last start that became ready said. */
  readonly run: () => RunFile
  /** Resolves when a server is ready; it need not be the one that runs now. */
  readonly ready: (timeoutMs: number) => Promise<void>
  /** The processes that a signal to this victim has to reach; empty while there are none. */
  readonly find: (victim: Victim, choose: (count: number) => number) => readonly number[]
  readonly markKilled: () => void
  readonly ends: () => readonly ServerEnd[]
  readonly starts: () => number
  /** SIGTERM, and what was left over when the server had ended. */
  readonly stop: (timeoutMs: number) => Promise<{ readonly code: number | null; readonly leftOver: readonly string[] }>
  /** Ends everything at once, for a campaign that could not go on. */
  readonly abandon: () => void
}

/** Pause before a server that died is started again, as an init system makes it. */
const RESTART_PAUSE_MS = 200

/** Starts in a row that end by themselves: more than a database that is being killed explains. */
const FAILED_STARTS_AT_MOST = 20

/**
 * Runs the server exactly as `npm start` does and starts it again whenever it ends: the campaign is its
 * init system. PostgreSQL and the simulator are the server's own to look after.
 */
export function createDeployment(options: {
  readonly root: string
  readonly home: string
  readonly port: number
  readonly say: (sentence: string) => void
}): Deployment {
  const { root, home, port, say } = options
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
      env: cleanEnvironment(process.env),
      stdio: ['ignore', log, log],
    })
    child = started
    void noticeRunFile(started)
    started.once('exit', (code, signal) => {
      ends.push({ code, signal, wasReady: isReady, wasKilled })
      if (!wasKilled && !stopping)
        say(`the server ended by itself (${signal ?? code}, ${isReady ? 'ready' : 'starting'}): ${lastLine(logFile)}`)
      isReady = false
      child = undefined
      setTimeout(start, RESTART_PAUSE_MS)
    })
  }

  /** The server writes its run file when it is ready, so that file tells what it had reached when it ended. */
  const noticeRunFile = async (started: ChildProcess): Promise<void> => {
    while (child === started && !isReady) {
      const seen = readRunFile(home)
      if (seen !== undefined && serverPids().includes(seen.pid)) {
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
        throw new Error(`the server ended ${failed} times in a row before it was ready; see ${logFile}`)
      if (performance.now() > end) throw new Error(`no server was ready within ${timeoutMs} ms; see ${logFile}`)
      await delay(50)
    }
  }

  /** The process that was started and those below it, without the two that live longer than the server. */
  const serverPids = (): readonly number[] => {
    const pid = child?.pid
    if (pid === undefined) return []
    return below(pid, listProcesses()).map((one) => one.pid)
  }

  const find = (victim: Victim, choose: (count: number) => number): readonly number[] => {
    if (victim === 'server') return serverPids()
    const mine = belongingTo(home, run)
    const all = listProcesses()
    if (victim === 'simulator') return all.filter((one) => isSimulator(one) && mine(one)).map((one) => one.pid)
    const postmaster = all.find((one) => isPostgres(one) && mine(one))
    if (postmaster === undefined) return []
    if (victim === 'postgres') return [postmaster.pid]
    const backends = all.filter((one) => one.parent === postmaster.pid && isBackend(one))
    const backend = backends[choose(backends.length)]
    return backend === undefined ? [] : [backend.pid]
  }

  const everyone = (): readonly ProcessSeen[] => {
    const mine = belongingTo(home, run)
    return listProcesses().filter((one) => (isPostgres(one) || isSimulator(one)) && mine(one))
  }

  const stop: Deployment['stop'] = async (timeoutMs) => {
    stopping = true
    const current = child
    if (current?.pid === undefined) return { code: null, leftOver: everyone().map((one) => one.command) }
    signalProcess(current.pid, 'SIGTERM')
    const end = performance.now() + timeoutMs
    while (current.exitCode === null && current.signalCode === null && performance.now() < end) await delay(50)
    return { code: current.exitCode, leftOver: everyone().map((one) => `${one.pid} ${one.command}`) }
  }

  const abandon = (): void => {
    stopping = true
    for (const pid of [...serverPids(), ...everyone().map((one) => one.pid)])
      if (isAlive(pid)) signalProcess(pid, 'SIGKILL')
    closeSync(log)
  }

  return {
    home,
    logFile,
    serverLog: join(home, 'server.log'),
    run: () => {
      if (run === undefined) throw new Error('no server was ready yet')
      return run
    },
    ready,
    find,
    markKilled: () => {
      wasKilled = true
    },
    ends: () => ends,
    starts: () => starts,
    stop,
    abandon,
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

const isPostgres = (one: ProcessSeen): boolean => /(^|\/)postgres -D /.test(one.command)
const isSimulator = (one: ProcessSeen): boolean => /simulator/.test(one.command) && !/bin\/start\.js/.test(one.command)

/** A process that serves one connection; the others of PostgreSQL have names instead of addresses. */
const isBackend = (one: ProcessSeen): boolean => /^postgres: .*(\(\d+\)|\[local\])/.test(one.command)

/** Tells whether a process is of this home: it names the folder, or the port that its run file names. */
function belongingTo(home: string, run: RunFile | undefined): (one: ProcessSeen) => boolean {
  const ports = run === undefined ? [] : [new URL(run.databaseUrl).port, new URL(run.simulatorUrl).port]
  return (one) =>
    one.command.includes(home) || ports.some((port) => new RegExp(`(-p|--port)[ =]${port}( |$)`).test(one.command))
}
