import { existsSync, openSync, renameSync, statSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import type { LogLevel } from '../config.ts'
import { StartRefusal } from '../platform/start-refusal.ts'

export type ServerLog = {
  readonly log: Logger
  /** Writes what is still in memory; for the last moment before the process ends. */
  readonly flush: () => void
}

const LOG_LIMIT_BYTES = 50_000_000 // One old part is kept, so that a log left alone cannot fill the disk.
const STDERR = 2

/** Fields that never reach a log, wherever an object that is logged carries them. */
const REDACTED = ['authorization', 'password', 'secret', 'api_key', 'apiKey', 'payment_method'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
])

function openLogFile(file: string): number {
  try {
    if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`)
    return openSync(file, 'a', 0o600)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StartRefusal(`The log file ${file} cannot be written to (${reason}).`, { cause: error })
  }
}

/** One JSON object per line, into a file or, without one, to stderr. */
export function createServerLog(level: LogLevel, file: string | undefined): ServerLog {
  const fd = file === undefined ? STDERR : openLogFile(file)
  const destination = pino.destination({ dest: fd, sync: file === undefined })
  const log = pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: REDACTED } },
    destination,
  )
  return { log, flush: () => destination.flushSync() }
}
