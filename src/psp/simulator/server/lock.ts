import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, StartRefusal } from './errors.ts'

/** A book that belongs to this process. `file` is its path without symbolic links. */
export type BookLock = { readonly file: string; readonly release: () => void }

/**
 * Makes sure that no two simulators write one book. The lock is the operating system's own, taken by
 * SQLite on `<book>.lock`: it ends with the process however that ends, so a lock file that a killed
 * process left never stands in the way, and there is no instant at which two could both take it.
 */
export function lockBook(path: string): BookLock {
  const file = resolve(path)
  const lock = openLock(file)
  try {
    lock.exec('pragma synchronous = off') // the pid inside is a courtesy, the lock is not on disk
    lock.exec('create table if not exists owner (pid integer)')
    lock.exec(`delete from owner; insert into owner values (${process.pid})`)
    lock.exec('begin immediate')
  } catch (error) {
    const refusal = isBusy(error)
      ? new StartRefusal(`The book ${file} is in use by another simulator${ownerOf(lock)}.`, error)
      : new StartRefusal(`The lock ${file}.lock cannot be taken: ${describe(error)}.`, error)
    lock.close()
    throw refusal
  }
  return { file, release: () => lock.close() }
}

function resolve(path: string): string {
  try {
    if (existsSync(path)) return realpathSync(path)
    mkdirSync(dirname(path), { recursive: true })
    return join(realpathSync(dirname(path)), basename(path))
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(`${file}.lock`, { timeout: 0 })
  } catch (error) {
    throw cannotWrite(file, error)
  }
}

const cannotWrite = (file: string, error: unknown): StartRefusal =>
  new StartRefusal(`The book ${file} cannot be written: ${describe(error)}.`, error)

const SQLITE_BUSY = 5

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY

/** Says who holds the lock, when the file tells. */
function ownerOf(lock: DatabaseSync): string {
  try {
    const pid = lock.prepare('select pid from owner').get()?.['pid']
    return typeof pid === 'number' ? ` (process ${pid})` : ''
  } catch {
    return '' // Only a part of a sentence: the refusal is the same without it.
  }
}
