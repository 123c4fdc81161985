import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describe, StartRefusal } from './errors.ts'
import { type BookRecord, corrupt, decodeLine, encodeLine, MAX_LINE_BYTES } from './records.ts'

/**
 * The book's file: append-only, and written in groups: whatever was appended in one round of I/O events is one group, so
 * that one sync carries many answers and no timer is needed.
 *
 * The program waits for the disk itself. Handing the group to another thread and hearing back took a quarter of a charge
 * with 24 connections; and what arrives while the disk is busy is read in one round, and is the next group.
 */
export type Book = {
  /** Puts the record in the next group. */
  readonly append: (record: BookRecord) => void
  /** Resolves once everything appended so far is on disk. An answer that tells of a record waits for this. */
  readonly durable: () => Promise<void>
  /** How many records there are. */
  readonly length: () => number
  /** Writes what is left and closes the file. */
  readonly close: () => Promise<void>
}

type Group = { readonly lines: string[]; readonly written: Promise<void>; readonly done: () => void }

/**
 * On Linux a write to a file that was opened for it returns when its data are on disk: one call for each group instead
 * of two. macOS would leave them in the disk's own memory, which only its fsync empties.
 */
const WRITES_ARE_DURABLE = process.platform === 'linux'

/**
 * Opens or creates the book and gives every record in it to `replay`, in order. A last line without its
 * end is what a kill in the middle of a write leaves; nothing in it was acknowledged, so it is cut off.
 * Any other damage refuses the start. `onFailure` is called when a write fails: what is on disk is then
 * unknown, so nothing may be answered any more and the program must end.
 */
export function openBook(
  file: string,
  replay: (record: BookRecord) => void,
  onFailure: (error: unknown) => void,
): Book {
  const { length, bytes } = readBook(file, replay)
  const descriptor = openSync(file, WRITES_ARE_DURABLE ? constants.O_RDWR | constants.O_DSYNC : 'r+')
  return createWriter(descriptor, { length, bytes }, onFailure)
}

function readBook(file: string, replay: (record: BookRecord) => void): { length: number; bytes: number } {
  const descriptor = openForReading(file)
  try {
    const { length, bytes } = readLines(descriptor, (line, number) => {
      const record = decodeLine(line, number, file)
      if ((record.t === 'book') !== (number === 1)) throw corrupt(file, number, 'the first record is not where it was')
      replay(record)
    })
    const torn = fstatSync(descriptor).size - bytes
    if (torn > MAX_LINE_BYTES) throw corrupt(file, length + 1, 'it has no end')
    if (torn > 0) ftruncateSync(descriptor, bytes)
    fdatasyncSync(descriptor)
    syncFolder(dirname(file))
    return { length, bytes }
  } finally {
    closeSync(descriptor)
  }
}

function openForReading(file: string): number {
  try {
    // Creates the file when there is none. Only the owner may read it: it holds the webhook secret.
    closeSync(openSync(file, 'a', 0o600))
    return openSync(file, 'r+')
  } catch (error) {
    throw new StartRefusal(`The book ${file} cannot be written: ${describe(error)}.`, error)
  }
}

/** A new file is only there after a power cut when its folder was synced too. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const CHUNK_BYTES = 4 * 1024 * 1024 // large enough that a million lines take a few hundred reads
const LINE_FEED = 10

/** Gives each whole line to `take` and returns how many there were and where the last one ended. */
function readLines(
  descriptor: number,
  take: (line: Buffer, number: number) => void,
): { length: number; bytes: number } {
  let length = 0
  let bytes = 0
  let rest = Buffer.alloc(0)
  const chunk = Buffer.alloc(CHUNK_BYTES)
  for (;;) {
    const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, bytes + rest.length)
    if (read === 0) return { length, bytes }
    const data = rest.length === 0 ? chunk.subarray(0, read) : Buffer.concat([rest, chunk.subarray(0, read)])
    let start = 0
    for (let end = data.indexOf(LINE_FEED); end !== -1; end = data.indexOf(LINE_FEED, start)) {
      take(data.subarray(start, end), ++length)
      start = end + 1
    }
    bytes += start
    rest = Buffer.from(data.subarray(start))
    if (rest.length > MAX_LINE_BYTES) return { length, bytes } // no line is this long: the caller sees the remainder
  }
}

function createWriter(
  descriptor: number,
  start: { length: number; bytes: number },
  onFailure: (error: unknown) => void,
): Book {
  let { length, bytes } = start
  let group = newGroup()

  function write(): void {
    if (group.lines.length === 0) return
    const { lines, done } = group
    const data = Buffer.from(lines.join(''))
    for (let written = 0; written < data.length; ) {
      const count = writeSync(descriptor, data, written, data.length - written, bytes)
      written += count
      bytes += count
    }
    if (!WRITES_ARE_DURABLE) fdatasyncSync(descriptor)
    group = newGroup()
    done()
  }

  return {
    append(record) {
      group.lines.push(encodeLine(++length, record))
      if (group.lines.length > 1) return
      // After the current round of I/O events, so that requests read in the same round share a group.
      setImmediate(() => {
        try {
          write()
        } catch (error) {
          onFailure(error)
        }
      })
    },
    durable: () => (group.lines.length > 0 ? group.written : Promise.resolve()),
    length: () => length,
    async close() {
      write()
      closeSync(descriptor)
    },
  }
}

function newGroup(): Group {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { lines: [], written: promise, done: resolve }
}
