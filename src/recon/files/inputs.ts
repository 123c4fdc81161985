import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { holdsCardNumber } from '../../platform/card-number.ts'
import type { DuckDb } from '../../platform/duckdb.ts'
import {
  BrokenFile,
  beginningOf,
  type Document,
  type Format,
  kindOf,
  PUBLISHED_FORMATS,
  withDocuments,
} from '../../settlement/index.ts'
import { CURRENCY_TYPE } from '../rows/canon-sql.ts'
import { type Side, type SideName, UnreadableInput } from '../side.ts'
import { type FileIn, filesIn } from './files-in.ts'
import { isParquet, loadParquet } from './parquet.ts'
import { createParts, type Parts } from './parts.ts'
import { loadPublished } from './published.ts'
import { dropRaw } from './raw-table.ts'
import { loadTable } from './table.ts'

export type Where = {
  readonly path: string
  /** Where what DuckDB has to read as a file may be written to. */
  readonly folder: string
  readonly zone: string | undefined
  /** From what size on a plain CSV file is read by DuckDB, for a small one is read sooner than that begins. */
  readonly plainBytes: number
}

/**
 * Reads one side into DuckDB: a file, or all of a folder or a zip as one. A published format is read by its reader, everything
 * else as a table. Throws `UnreadableInput` when there is nothing to compare in it.
 */
export async function loadSide(duckdb: DuckDb, name: SideName, where: Where): Promise<Side> {
  const { path } = where
  try {
    return (await stat(path)).isDirectory()
      ? await loadFolder(duckdb, name, where)
      : await loadFile(duckdb, name, where)
  } catch (error) {
    if (error instanceof BrokenFile) throw new UnreadableInput(error.code, `${path}: ${error.message}`)
    throw error
  }
}

/** Where rows go that cannot be read: each is a break of its own. */
export const createUnparsed = (duckdb: DuckDb): Promise<void> =>
  duckdb.run(
    `create table unparsed (side varchar, line integer, col integer, code varchar, message varchar); ${CURRENCY_TYPE}`,
  )

function loadFile(duckdb: DuckDb, name: SideName, where: Where): Promise<Side> {
  const { path } = where
  return withDocuments(path, async (documents) => {
    const [document, ...more] = documents
    if (document === undefined) throw new BrokenFile('empty', 1, 'There is no file in it')
    if (more.length === 0) {
      const loaded = await loadDocument(duckdb, name, document, where)
      return { ...loaded, name, path, sha256: loaded.sha256 ?? (await hashOf(path)), parts: [], notes: [] }
    }
    const parts = createParts(duckdb, name)
    const labels = labelsOf(documents.map((each) => each.name))
    for (const [index, each] of documents.entries())
      await parts.take(labels[index] ?? each.name, each, () => loadDocument(duckdb, name, each, where))
    return { ...(await parts.finish()), name, path, sha256: await hashOf(path) }
  })
}

async function loadFolder(duckdb: DuckDb, name: SideName, where: Where): Promise<Side> {
  const { path } = where
  const parts = createParts(duckdb, name)
  const list = createHash('sha256')
  const files = await filesIn(path)
  const labels = labelsOf(files.map((file) => file.name))
  for (const [index, file] of files.entries()) {
    list.update(`${await hashOf(file.path)}  ${file.name}\n`)
    await takeFile(parts, { ...file, name: labels[index] ?? file.name }, (document) =>
      loadDocument(duckdb, name, document, { ...where, path: file.path }),
    )
  }
  return { ...(await parts.finish()), name, path, sha256: list.digest('hex') }
}

/** A file of a folder, which may be packed itself. */
async function takeFile(
  parts: Parts,
  { name, path }: FileIn,
  load: (document: Document) => ReturnType<typeof loadDocument>,
): Promise<void> {
  try {
    await withDocuments(path, async (documents) => {
      const inner = labelsOf(documents.map((each) => each.name))
      for (const [index, document] of documents.entries())
        await parts.take(documents.length === 1 ? name : `${name}/${inner[index]}`, document, () => load(document))
    })
  } catch (error) {
    if (!(error instanceof BrokenFile) || error.message.includes(name)) throw error
    throw new BrokenFile(error.code, error.line, `${name}: ${error.message}`)
  }
}

/** Names of files that tell them apart. One that holds a card number is none. */
function labelsOf(names: readonly string[]): readonly string[] {
  return names.map((name, index) => {
    if (holdsCardNumber(name)) return `file ${index + 1}`
    return names.indexOf(name) === index ? name : `${name} (${index + 1})`
  })
}

async function loadDocument(
  duckdb: DuckDb,
  name: SideName,
  document: Document,
  where: Where,
): Promise<Omit<Side, 'name' | 'path' | 'sha256' | 'parts' | 'notes'> & { readonly sha256?: string | undefined }> {
  const beginning = await beginningOf(document.open())
  if (beginning.length === 0) throw new BrokenFile('empty', 1, 'There is nothing in it')
  if (isParquet(beginning)) return loadParquet(duckdb, name, document, where)
  const format = publishedFormat(beginning)
  if (format === undefined) return loadTable(duckdb, name, document, where)
  const [before] = await duckdb.query<{ rows: bigint }>('select count(*) as rows from unparsed')
  const published = await loadPublished(duckdb, name, document, { format, zone: where.zone })
  const [after] = await duckdb.query<{ rows: bigint }>('select count(*) as rows from unparsed')
  if (published.rows > 0 || after?.rows === before?.rows || kindOf(beginning) === undefined) return published
  // Its columns have the names of the format, and not one row is as the format has it: it is a table like any other.
  await duckdb.run(`delete from unparsed where rowid >= ${before?.rows ?? 0n}`)
  await dropRaw(duckdb, name)
  return loadTable(duckdb, name, document, where)
}

function publishedFormat(beginning: Uint8Array): Format | undefined {
  const format = PUBLISHED_FORMATS.find((each) => each.detects(beginning))
  if (format !== undefined || kindOf(beginning) !== undefined) return format
  // A text without a row that names an amount may be a table all the same; what is no text is none.
  if (beginning.includes(0) && beginning[0] !== 0xff && beginning[0] !== 0xfe)
    throw new BrokenFile('format_unknown', 1, 'It is neither a table nor in a format that is known')
  return undefined
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
