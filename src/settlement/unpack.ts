import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { holdsCardNumber } from '../platform/card-number.ts'
import { BrokenFile } from './formats/diagnostics.ts'

/** One file as a sender wrote it, out of whatever it came packed in. `name` is for people and opens nothing. */
export type Document = {
  readonly name: string
  /** Its bytes from the beginning, as often as it is called. Throws `BrokenFile` for what is damaged or goes beyond the limits. */
  readonly open: () => AsyncIterable<Uint8Array>
}

/** What may come out of a packed file. Every limit is told when it is passed. */
export type UnpackLimits = {
  readonly bytes: number
  readonly documents: number
  /** Unpacked ÷ packed. Statements pack 5 to 30 times, and one repeated row some 200 times; a bomb 1,000 times. */
  readonly ratio: number
}

export const UNPACK_LIMITS: UnpackLimits = { bytes: 16 * 1024 ** 3, documents: 1_000, ratio: 400 }

/** Less than this is no danger, whatever its ratio. */
const HARMLESS_BYTES = 16 * 1024 ** 2

/**
 * Gives the documents of a file: itself, what is in a gzip, or each file in a zip (folders and the marks that macOS leaves
 * are none), which may be a gzip again. Recognised by content. Nothing is written to disk, so no name in an archive can
 * lead anywhere; one that tries (`../`, an absolute path) is refused all the same, and so is what is encrypted.
 * A workbook (XLSX) is a zip of its own and one document.
 */
export async function withDocuments<T>(
  path: string,
  work: (documents: readonly Document[]) => Promise<T>,
  limits: UnpackLimits = UNPACK_LIMITS,
): Promise<T> {
  const [magic, { size }] = await Promise.all([firstBytes(path), stat(path)])
  const name = basename(path)
  const whole = (): AsyncIterable<Uint8Array> => createReadStream(path)
  if (!magic.equals(ZIP) && !magic.equals(EMPTY_ZIP))
    return work([{ name: name.replace(/\.gz$/i, ''), open: () => gunzipped(whole(), size, limits) }])
  const zip = await openZip(path)
  try {
    const entries = await entriesOf(zip, limits)
    if (entries.some(({ fileName }) => fileName === WORKBOOK)) return await work([{ name, open: whole }])
    if (entries.length === 0) throw new BrokenFile('empty_zip', 1, 'There is no file in the zip')
    const names = namesOf(entries)
    return await work(
      entries.map((entry, index) => ({ name: names[index] ?? '', open: () => member(zip, entry, limits) })),
    )
  } finally {
    zip.close()
  }
}

/** A name out of an archive as it may be shown and stored: a sender can write anything into it, of any length. */
const label = (name: string): string => name.slice(0, MAX_LABEL).toWellFormed().replace(UNFIT, '\ufffd')

const nameOf = ({ fileName }: Entry, index: number, shown: (path: string) => string = basename): string =>
  holdsCardNumber(fileName) ? `file ${index + 1}` : label(shown(fileName))

/**
 * What each file of a zip is called: a name of its own, because one that has the name and the day of another takes its place.
 * Its folders belong to it where its name alone is not enough, and a number where they are not.
 */
function namesOf(entries: readonly Entry[]): readonly string[] {
  const alone = entries.map((entry, index) => nameOf(entry, index))
  const counts = Map.groupBy(alone, (name) => name)
  const taken = new Set<string>()
  return entries.map((entry, index) => {
    const name = alone[index] ?? ''
    const called = (counts.get(name)?.length ?? 0) > 1 ? nameOf(entry, index, (path) => path) : name
    let free = called
    for (let n = 2; taken.has(free); n += 1) free = `${called.slice(0, MAX_LABEL - 8)} (${n})`
    taken.add(free)
    return free
  })
}

const MAX_LABEL = 255
/** Controls, and what turns the direction of a text. */
const UNFIT = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

const ZIP = Buffer.from('PK\u0003\u0004', 'latin1')
const EMPTY_ZIP = Buffer.from('PK\u0005\u0006', 'latin1')
const WORKBOOK = 'xl/workbook.xml'

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(ZIP.length), 0, ZIP.length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

const damaged = (what: string, cause: unknown): BrokenFile =>
  // What is wrong may be a name in it.
  new BrokenFile(
    'damaged',
    1,
    `The ${what} is damaged: ${label(cause instanceof Error ? cause.message : String(cause))}`,
  )

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: true })
  } catch (error) {
    throw damaged('zip', error)
  }
}

async function entriesOf(zip: ZipFile, limits: UnpackLimits): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  let bytes = 0
  try {
    for await (const entry of zip.eachEntry()) {
      const isNoDocument = /\/$|(^|\/)(__MACOSX|\.DS_Store|Thumbs\.db)/.test(entry.fileName)
      if (isNoDocument) continue
      entries.push(entry)
      bytes += entry.uncompressedSize
      if (entries.length > limits.documents)
        throw new BrokenFile('too_many_files', 1, `The zip has more than ${limits.documents} files`)
      if (bytes > limits.bytes) throw tooLarge(limits)
      if (entry.isEncrypted())
        throw new BrokenFile(
          'encrypted',
          1,
          `"${nameOf(entry, entries.length - 1).slice(0, 100)}" in the zip is encrypted with a password`,
        )
    }
  } catch (error) {
    throw error instanceof BrokenFile ? error : damaged('zip', error)
  }
  return entries
}

async function* member(zip: ZipFile, entry: Entry, limits: UnpackLimits): AsyncGenerator<Uint8Array> {
  try {
    const stream = await zip.openReadStreamPromise(entry)
    const plain = bounded(stream, entry.compressedSize, limits)
    yield* gunzipped(plain, entry.compressedSize, limits)
  } catch (error) {
    throw error instanceof BrokenFile ? error : damaged('zip', error)
  }
}

/** The same bytes, or what they hold when they are a gzip. */
async function* gunzipped(
  source: AsyncIterable<Uint8Array>,
  packedBytes: number,
  limits: UnpackLimits,
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array()
  try {
    let isDone = false
    while (held.length < 2 && !isDone) {
      const next = await iterator.next()
      isDone = next.done === true
      if (next.done !== true) held = held.length === 0 ? next.value : Buffer.concat([held, next.value])
    }
    const all = joined(held, iterator)
    if (held[0] === 0x1f && held[1] === 0x8b) yield* bounded(inflated(all), packedBytes, limits)
    else yield* all
  } finally {
    await iterator.return?.()
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

async function* inflated(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip()
  // What goes wrong ends the stream with it, and is thrown below.
  pipeline(packed, gunzip).catch(() => undefined)
  try {
    yield* gunzip
  } catch (error) {
    throw error instanceof BrokenFile ? error : damaged('gzip', error)
  } finally {
    gunzip.destroy()
  }
}

async function* bounded(
  source: AsyncIterable<Uint8Array>,
  packedBytes: number,
  limits: UnpackLimits,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > limits.bytes) throw tooLarge(limits)
    if (bytes > HARMLESS_BYTES && bytes > packedBytes * limits.ratio) {
      const message = `It unpacks to more than ${limits.ratio} times its size, which no settlement file does`
      throw new BrokenFile('zip_bomb', 1, message)
    }
    yield chunk
  }
}

const tooLarge = (limits: UnpackLimits): BrokenFile =>
  new BrokenFile('too_large', 1, `It unpacks to more than ${limits.bytes} bytes`)
