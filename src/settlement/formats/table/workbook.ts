import { SaxesParser } from 'saxes'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { BrokenFile } from '../diagnostics.ts'

/** The parts of a workbook: XML files in a zip (ECMA-376 part 2), each read as a stream, within limits. */
export type Workbook = {
  readonly has: (name: string) => boolean
  /** Feeds a part to handlers; yields after each piece. Throws `BrokenFile` for what is damaged or meant to do harm. */
  readonly parse: (name: string, handlers: Handlers) => AsyncGenerator<void>
  readonly close: () => void
}

export type Handlers = {
  /** Names come without their prefix, attributes as they stand. */
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void
  readonly text?: (text: string) => void
  readonly close?: (name: string) => void
}

/** A zip has its directory at its end, so its packed bytes are held in memory. */
const MAX_PACKED_BYTES = 128 * 1024 ** 2
const MAX_PARTS = 2_000

export async function openWorkbook(bytes: AsyncIterable<Uint8Array>): Promise<Workbook> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    length += piece.length
    if (length > MAX_PACKED_BYTES)
      throw new BrokenFile('too_large', 1, `The workbook has more than ${MAX_PACKED_BYTES} bytes`)
    pieces.push(piece)
  }
  const zip = await guarded(() =>
    fromBufferPromise(Buffer.concat(pieces), { lazyEntries: true, strictFileNames: true }),
  )
  const parts = await partsOf(zip)
  return {
    has: (name) => parts.has(name),
    parse: (name, handlers) => parsed(zip, parts.get(name), handlers),
    close: () => zip.close(),
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BrokenFile) throw error
    throw new BrokenFile(
      'damaged',
      1,
      `The workbook is damaged: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300),
    )
  }
}

const partsOf = (zip: ZipFile): Promise<ReadonlyMap<string, Entry>> =>
  guarded(async () => {
    const parts = new Map<string, Entry>()
    for await (const entry of zip.eachEntry()) {
      parts.set(entry.fileName, entry)
      if (parts.size > MAX_PARTS) throw new BrokenFile('damaged', 1, `The workbook has more than ${MAX_PARTS} parts`)
      if (entry.isEncrypted()) throw new BrokenFile('encrypted', 1, 'The workbook is encrypted')
    }
    return parts
  })

async function* parsed(zip: ZipFile, part: Entry | undefined, handlers: Handlers): AsyncGenerator<void> {
  if (part === undefined) throw new BrokenFile('damaged', 1, 'A part of the workbook is missing')
  const parser = createParser(handlers)
  const decoder = new TextDecoder()
  let length = 0
  const stream = await guarded(() => zip.openReadStreamPromise(part))
  try {
    for await (const piece of stream) {
      length += piece.length
      checkLength(length, part.compressedSize)
      parser.write(decoder.decode(piece, { stream: true }))
      yield
    }
    parser.close()
    yield
  } catch (error) {
    await guarded(() => Promise.reject(error))
  } finally {
    stream.destroy()
  }
}

const MAX_PART_BYTES = 4 * 1024 ** 3
/** Less than this is no danger, whatever its ratio. */
const HARMLESS_BYTES = 16 * 1024 ** 2
/** Unpacked ÷ packed. A sheet packs 10 to 100 times; a bomb 1,000 times. */
const MAX_RATIO = 400

function checkLength(length: number, packedBytes: number): void {
  if (length > MAX_PART_BYTES)
    throw new BrokenFile('too_large', 1, `A part of the workbook has more than ${MAX_PART_BYTES} bytes`)
  if (length > HARMLESS_BYTES && length > packedBytes * MAX_RATIO)
    throw new BrokenFile('zip_bomb', 1, `A part of the workbook unpacks to more than ${MAX_RATIO} times its size`)
}

const MAX_DEPTH = 64
/** Longest run without a tag, in UTF-16 units: a cell has at most 32,767 characters (ECMA-376), each up to 10 in XML. */
const MAX_RUN = 1_048_576

type Parser = { readonly write: (text: string) => void; readonly close: () => void }

function createParser(handlers: Handlers): Parser {
  const parser = new SaxesParser()
  const local = (name: string): string => name.slice(name.indexOf(':') + 1)
  let depth = 0
  let run = 0
  parser.on('doctype', () => {
    throw new BrokenFile('doctype', 1, 'The workbook has a document type declaration, which none needs')
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    run = 0
    if (++depth > MAX_DEPTH) throw new BrokenFile('too_deep', 1, 'The workbook is nested too deeply')
    handlers.open?.(local(name), attributes)
  })
  parser.on('text', (text) => handlers.text?.(text))
  parser.on('closetag', ({ name }) => {
    run = 0
    depth--
    handlers.close?.(local(name))
  })
  return {
    write(text) {
      run += text.length
      parser.write(text)
      if (run > MAX_RUN) throw new BrokenFile('too_large', 1, 'A text or a tag in the workbook is too long')
    },
    close: () => void parser.close(),
  }
}
