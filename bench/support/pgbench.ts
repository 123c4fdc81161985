import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Closers } from './closers.ts'
import { cpuMs } from './usage.ts'

/** PostgreSQL's own benchmark program, and which it is. */
export type Pgbench = { readonly program: string; readonly version: string }

export const HOW_TO_GET_PGBENCH =
  'There is no pgbench here. It comes with PostgreSQL: "apt install postgresql-contrib" or "apt install postgresql" on Debian and Ubuntu, "dnf install postgresql-contrib" on Fedora, "brew install libpq" on macOS; then put it on the PATH.'

/** From the PATH, or from where distributions put PostgreSQL's programs, the newest first. */
export function findPgbench(): Pgbench | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...distributionFolders()]
  for (const folder of folders) {
    const program = join(folder, 'pgbench')
    if (folder === '' || !existsSync(program)) continue
    const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim()
    return { program, version }
  }
  return undefined
}

const distributionFolders = (): string[] => [
  ...versionsIn('/usr/lib/postgresql'),
  ...readable('/usr')
    .filter((name) => name.startsWith('pgsql-'))
    .map((name) => `/usr/${name}/bin`),
  '/opt/homebrew/opt/libpq/bin',
  '/usr/local/opt/libpq/bin',
]

const versionsIn = (folder: string): string[] =>
  readable(folder)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(folder, version, 'bin'))

const readable = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

export type TpcB = {
  /** Runs the transactions for a time and gives how many there were a second, and the processor time of `pgbench`. */
  readonly run: (seconds: number) => Promise<{ readonly perSecond: number; readonly pgbenchMs: number }>
}

export const CLIENTS = 32
const THREADS = 2
const DATABASE = 'pgbench'
const WATCH_MS = 100

/** A database of its own on the given server, filled for `pgbench`'s built-in TPC-B-like transaction. */
export async function prepareTpcB(
  pgbench: Pgbench,
  options: { readonly databaseUrl: string; readonly scale: number; readonly closers: Closers },
): Promise<TpcB> {
  const { databaseUrl, scale } = options
  const client = new pg.Client(databaseUrl)
  await client.connect()
  await client.query(`create database ${DATABASE}`)
  await client.end()
  const { hostname, port, username, password } = new URL(databaseUrl)
  const address = ['-h', hostname, '-p', port, '-U', decodeURIComponent(username)]
  const env = { PATH: process.env['PATH'], PGPASSWORD: decodeURIComponent(password), LC_ALL: 'C' }
  await promisify(execFile)(pgbench.program, [...address, '-i', '-q', '-s', String(scale), DATABASE], { env })
  let running: ChildProcess | undefined
  options.closers.add(async () => {
    running?.kill()
  })
  return {
    async run(seconds) {
      const shape = ['-M', 'prepared', '-c', String(CLIENTS), '-j', String(THREADS), '-T', String(seconds)]
      const child = spawn(pgbench.program, [...address, '-n', ...shape, DATABASE], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      running = child
      let output = ''
      let pgbenchMs = 0
      // Nobody can be asked after a process has ended.
      const watch = setInterval(() => {
        pgbenchMs = Math.max(pgbenchMs, child.pid === undefined ? 0 : cpuMs(child.pid))
      }, WATCH_MS)
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8')
      })
      const { promise, resolve, reject } = Promise.withResolvers<number | null>()
      child.on('error', reject)
      child.on('close', resolve)
      const code = await promise
      running = undefined
      clearInterval(watch)
      const [, tps] = /^tps = ([\d.]+) /m.exec(output) ?? []
      if (code !== 0 || tps === undefined) throw new Error(`pgbench ended with ${code}: ${output.slice(-500)}`)
      return { perSecond: Number(tps), pgbenchMs }
    },
  }
}
