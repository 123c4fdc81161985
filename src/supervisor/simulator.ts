import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { StartRefusal } from '../platform/start-refusal.ts'
import { findFreePort, isFree } from './free-port.ts'
import { readJson, writePrivately } from './home.ts'
import { commandLineOf, identityOf, isAlive, type ProcessIdentity, signal, waitUntilGone } from './process.ts'

/** The PSP simulator of one home: started, or adopted when it still ran. */
export type SupervisedSimulator = {
  readonly url: string
  readonly adopted: boolean
  readonly isUp: () => boolean
  /** Starts it again on the same port and the same book after it died. Throws when that fails. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Kept in the home, so that a later server finds the process again. */
type ProcessRecord = { readonly pid: number; readonly started: string; readonly port: number }

const READY_TIMEOUT_MS = 60_000 // It reads its whole book first.
const STOP_TIMEOUT_MS = 10_000

/** TypeScript in a clone, JavaScript in the packed product: the same as this file. */
const PROGRAM = fileURLToPath(new URL(`../psp/simulator/server/main${extname(import.meta.filename)}`, import.meta.url))

type Files = {
  readonly folder: string
  readonly book: string
  /** Where the simulated bank leaves its statements. */
  readonly bank: string
  readonly record: string
  readonly output: string
}

function filesOf(home: string): Files {
  const folder = join(home, 'simulator')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    folder,
    book: join(folder, 'book.ndjson'),
    bank: join(folder, 'bank'),
    record: join(folder, 'process.json'),
    output: join(folder, 'output.log'),
  }
}

function readRecord(files: Files): ProcessRecord | undefined {
  const state = readJson(files.record)
  const fields = typeof state === 'object' && state !== null ? { ...state } : {}
  const { pid, started, port }: Partial<{ [Key in keyof ProcessRecord]: unknown }> = fields
  return typeof pid === 'number' && typeof started === 'string' && typeof port === 'number'
    ? { pid, started, port }
    : undefined
}

/** The simulator that still runs on this book. Its arguments name the book, so it is no other program. */
function findRunning(files: Files, record: ProcessRecord | undefined): ProcessIdentity | undefined {
  if (record === undefined || !isAlive(record)) return undefined
  return (commandLineOf(record.pid) ?? '').includes(files.book) ? record : undefined
}

/** The address that the process printed when it was ready; undefined until then. */
function readAddress(files: Files, pid: number): string | undefined {
  for (const line of readFileSync(files.output, 'utf8').split('\n')) {
    if (!line.startsWith('{"url"')) continue
    const { url, pid: sender } = JSON.parse(line) as { url: string; pid: number }
    if (sender === pid) return url
  }
  return undefined
}

function endedAtOnce(files: Files): StartRefusal {
  const said = readFileSync(files.output, 'utf8').trim()
  return new StartRefusal(`The PSP simulator does not start: ${said === '' ? 'it said nothing.' : said}`)
}

/** Why a child that has no process id could not be started; Node says it one turn later. */
async function failureOf(child: ChildProcess): Promise<unknown> {
  const [error] = await once(child, 'error')
  return error
}

async function awaitAddress(files: Files, process: ProcessIdentity): Promise<string> {
  const end = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    const url = readAddress(files, process.pid)
    if (url !== undefined) return url
    if (!isAlive(process)) throw endedAtOnce(files)
    if (performance.now() > end)
      throw new StartRefusal(`The PSP simulator was not ready within ${READY_TIMEOUT_MS / 1_000} seconds.`)
    await delay(10)
  }
}

/** Starts it as a process of its own, which outlives this one when this one is killed. */
async function start(files: Files, port: number): Promise<{ identity: ProcessIdentity; url: string }> {
  const output = openSync(files.output, 'w', 0o600)
  try {
    const child = spawn(
      process.execPath,
      [PROGRAM, '--book', files.book, '--bank-folder', files.bank, '--port', String(port)],
      {
        cwd: files.folder,
        detached: true,
        stdio: ['ignore', output, output],
      },
    )
    child.unref()
    if (child.pid === undefined)
      throw new StartRefusal('The PSP simulator could not be started.', { cause: await failureOf(child) })
    const identity = identityOf(child.pid)
    if (identity === undefined) throw endedAtOnce(files)
    // Before anything else: a server that starts after this one was killed must find the process.
    writePrivately(files.record, `${JSON.stringify({ ...identity, port } satisfies ProcessRecord)}\n`)
    return { identity, url: await awaitAddress(files, identity) }
  } finally {
    closeSync(output)
  }
}

async function stop(identity: ProcessIdentity): Promise<void> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isAlive(identity)) return
    signal(identity.pid, name)
    if (await waitUntilGone(identity, STOP_TIMEOUT_MS)) return
  }
}

/** The simulator of a home, running: adopted when it still runs, started otherwise. Keeps its port for ever. */
export async function ensureSimulator(home: string): Promise<SupervisedSimulator> {
  const files = filesOf(home)
  const record = readRecord(files)
  const running = findRunning(files, record)
  const kept = record !== undefined && (running !== undefined || (await isFree(record.port))) ? record.port : undefined
  const port = kept ?? (await findFreePort())
  let current =
    running === undefined ? await start(files, port) : { identity: running, url: await awaitAddress(files, running) }
  return {
    url: current.url,
    adopted: running !== undefined,
    isUp: () => isAlive(current.identity),
    restart: async () => {
      current = await start(files, port)
    },
    stop: () => stop(current.identity),
  }
}
