import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { APP_ROLE } from '../../src/supervisor/postgres/cluster.ts'
import { isAlive, isPostgres, isSimulator, listProcesses, type ProcessSeen, signalProcess } from './processes.ts'
import type { Victim } from './schedule.ts'
import { createServer, type RunFile, type Server, type ServerEnd } from './server.ts'
import { asObject, asText } from './wire.ts'

/** What a signal has to reach, and whom to tell that it was the campaign that sent it. */
export type Target = { readonly pids: readonly number[]; readonly markKilled: () => void }

export type Deployment = {
  readonly home: string
  /** What the servers logged, one file each. */
  readonly serverLogs: readonly string[]
  /** What the first server's last start that became ready said. */
  readonly run: () => RunFile
  /** The address of a server, of each in turn. */
  readonly url: () => string
  /** Resolves when every server is ready; it need not be the one that runs now. */
  readonly ready: (timeoutMs: number) => Promise<void>
  /** The processes of this victim; undefined while there are none. */
  readonly find: (victim: Victim, choose: (count: number) => number) => Target | undefined
  readonly ends: () => readonly ServerEnd[]
  readonly starts: () => number
  /** SIGTERM to each server, the first one last, and what was left over when they had ended. */
  readonly stop: (timeoutMs: number) => Promise<{
    readonly codes: readonly (number | null)[]
    readonly leftOver: readonly string[]
  }>
  /** Ends everything at once, for a campaign that could not go on. */
  readonly abandon: () => void
}

/**
 * The servers under test. The first has PostgreSQL and the simulator to look after; the others, each with a home of its
 * own, share them. While the first is dead nobody brings those two back: its next start does.
 */
export function createDeployment(options: {
  readonly root: string
  readonly home: string
  /** One for each server. */
  readonly ports: readonly number[]
  readonly say: (sentence: string) => void
}): Deployment {
  const { root, home, ports, say } = options
  const servers = ports.map((port, index): Server => {
    const first = index === 0
    const name = ports.length === 1 ? 'the server' : `server ${index + 1}`
    const place = { root, home: first ? home : join(home, `server-${index + 1}`), port }
    return createServer({ ...place, name, say, env: () => (first ? {} : sharedParts(home, run())) })
  })
  let turn = 0

  const runFiles = (): readonly RunFile[] => servers.flatMap((server) => server.run() ?? [])
  const run = (): RunFile => {
    const first = servers[0]?.run()
    if (first === undefined) throw new Error('no server was ready yet')
    return first
  }

  const find: Deployment['find'] = (victim, choose) => {
    const target = (pids: readonly number[]): Target | undefined =>
      pids.length === 0 ? undefined : { pids, markKilled: () => undefined }
    if (victim === 'server') {
      const alive = servers.flatMap((server) => {
        const pids = server.pids()
        return pids.length === 0 ? [] : [{ pids, markKilled: server.markKilled }]
      })
      return alive.length > 1 ? alive[choose(alive.length)] : alive[0]
    }
    const mine = belongingTo(home, servers[0]?.run())
    const all = listProcesses()
    if (victim === 'simulator') return target(all.filter((one) => isSimulator(one) && mine(one)).map((one) => one.pid))
    const postmaster = all.find((one) => isPostgres(one) && mine(one))
    if (postmaster === undefined) return undefined
    if (victim === 'postgres') return target([postmaster.pid])
    const backends = all.filter((one) => one.parent === postmaster.pid && isBackend(one))
    const backend = backends[choose(backends.length)]
    return target(backend === undefined ? [] : [backend.pid])
  }

  const everyone = (): readonly ProcessSeen[] => {
    const mine = belongingTo(home, servers[0]?.run())
    return listProcesses().filter((one) => (isPostgres(one) || isSimulator(one)) && mine(one))
  }

  return {
    home,
    serverLogs: servers.map((server) => server.log),
    run,
    url: () => {
      const files = runFiles()
      turn += 1
      return (files[turn % files.length] ?? run()).url
    },
    ready: async (timeoutMs) => {
      // One after the other: the first start makes the database that the others use.
      for (const server of servers) await server.ready(timeoutMs)
    },
    find,
    ends: () => servers.flatMap((server) => server.ends()),
    starts: () => servers.reduce((sum, server) => sum + server.starts(), 0),
    stop: async (timeoutMs) => {
      const codes: (number | null)[] = []
      for (const server of servers.toReversed()) codes.push(await server.stop(timeoutMs))
      return { codes, leftOver: everyone().map((one) => `${one.pid} ${one.command}`) }
    },
    abandon: () => {
      const pids = servers.flatMap((server) => server.pids())
      for (const server of servers) server.abandon()
      for (const pid of [...pids, ...everyone().map((one) => one.pid)]) if (isAlive(pid)) signalProcess(pid, 'SIGKILL')
    },
  }
}

/** Where another server finds the first one's database, as the owner and as the app, and its simulator. */
function sharedParts(home: string, { databaseUrl, simulatorUrl }: RunFile): Readonly<Record<string, string>> {
  const cluster = asObject(JSON.parse(readFileSync(join(home, 'postgres.json'), 'utf8')), 'postgres.json')
  const url = new URL(databaseUrl)
  url.username = APP_ROLE
  url.password = asText(cluster['app_password'], 'app_password')
  return { DATABASE_URL: url.href, DATABASE_OWNER_URL: databaseUrl, TALLYSTICK_SIMULATOR_URL: simulatorUrl }
}

/** A process that serves one connection; the others of PostgreSQL have names instead of addresses. */
const isBackend = (one: ProcessSeen): boolean => /^postgres: .*(\(\d+\)|\[local\])/.test(one.command)

/** Tells whether a process is of this home: it names the folder, or the port that its run file names. */
function belongingTo(home: string, run: RunFile | undefined): (one: ProcessSeen) => boolean {
  const ports = run === undefined ? [] : [new URL(run.databaseUrl).port, new URL(run.simulatorUrl).port]
  return (one) =>
    one.command.includes(home) || ports.some((port) => new RegExp(`(-p|--port)[ =]${port}( |$)`).test(one.command))
}
