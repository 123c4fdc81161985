import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartRefusal } from '../platform/start-refusal.ts'

/** What tells others where this server is. Written when it is ready, removed when it stops. */
export type RunFile = {
  readonly url: string
  readonly console_url: string | null
  /** Null for a worker, which serves no API. */
  readonly docs_url: string | null
  /** Null in live mode, where no key is handed out by itself. */
  readonly api_key: string | null
  readonly simulator_url: string | null
  /** As the owner of the schema. */
  readonly database_url: string
  readonly pid: number
}

export type Home = {
  /** Absolute, without symbolic links. */
  readonly path: string
  readonly writeRunFile: (run: RunFile) => void
  readonly removeRunFile: () => void
  /** Lets the next server have the folder. The end of the process does the same, however it ends. */
  readonly release: () => void
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)

/** Writes a file whole or not at all, readable by its owner alone. */
export function writePrivately(path: string, text: string): void {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}

/** Reads a JSON file; undefined when there is none. */
export function readJson(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new StartRefusal(`${path} cannot be read (${codeOf(error)}).`, { cause: error })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new StartRefusal(`${path} is damaged: it holds no JSON.`, { cause: error })
  }
}

function makeWritable(path: string): void {
  try {
    // Root's PostgreSQL runs as another user, who must be able to pass through, and to see nothing.
    const made = mkdirSync(path, { recursive: true, mode: 0o700 })
    if (made !== undefined && process.getuid?.() === 0) chmodSync(path, 0o711)
    const probe = join(path, `.probe-${process.pid}`)
    writeFileSync(probe, '', { mode: 0o600 })
    rmSync(probe)
  } catch (error) {
    throw new StartRefusal(
      `The data folder ${path} cannot be written to (${codeOf(error)}): make it writable, or name another with --home.`,
      { cause: error },
    )
  }
}

/**
 * One server per folder, ensured by a lock of the operating system that SQLite takes: it ends with the process
 * even when that is killed, so nothing that a dead server left behind can stand in the way.
 */
function takeLock(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(path, 'server.lock'), { timeout: 0 })
    lock.exec('begin exclusive')
    return lock
  } catch (error) {
    lock?.close()
    const SQLITE_BUSY = 5
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY)
      throw new StartRefusal(
        `Another server is running on the data folder ${path}: stop it first, or give this one a folder of its own with --home.`,
        { cause: error },
      )
    throw new StartRefusal(`The data folder ${path} cannot be locked: ${codeOf(error)}.`, { cause: error })
  }
}

/** Makes the data folder when it is missing and takes it for this process. */
export function openHome(given: string): Home {
  makeWritable(given)
  // One name for one folder: a running PostgreSQL is recognised by the path in its arguments.
  const path = realpathSync(given)
  const lock = takeLock(path)
  const runFile = join(path, 'run.json')
  const removeRunFile = (): void => rmSync(runFile, { force: true })
  // Left by a server that was killed: what it says is no longer true.
  removeRunFile()
  return {
    path,
    writeRunFile: (run) => writePrivately(runFile, `${JSON.stringify(run, null, 2)}\n`),
    removeRunFile,
    release: () => lock.close(),
  }
}
