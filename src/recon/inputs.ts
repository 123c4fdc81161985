import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { DuckDb } from '../platform/duckdb.ts'
import {
  BrokenFile,
  beginningOf,
  type Document,
  type Format,
  kindOf,
  PUBLISHED_FORMATS,
  withDocuments,
} from '../settlement/index.ts'
import { CURRENCY_TYPE } from './canon-sql.ts'
import { isParquet, loadParquet } from './parquet.ts'
import { loadPublished } from './published.ts'
import { type Side, type SideName, UnreadableInput } from './side.ts'
import { loadTable } from './table.ts'

/**
 * Reads one file into DuckDB. A published format is read by its reader, everything else as a table. Throws
 * `UnreadableInput` when there is nothing to compare in it.
 */
export async function loadSide(duckdb: DuckDb, name: SideName, where: Where): Promise<Side> {
  const { path, zone } = where
  try {
    return await withDocuments(path, async (documents) => {
      const [document] = documents
      if (document === undefined) throw new UnreadableInput('empty', `${path}: there is no file in it`)
      const beginning = await beginningOf(document.open())
      const format = isParquet(beginning) ? PARQUET : publishedFormat(beginning)
      const only = typeof format === 'object' ? document : onlyOne(documents, path)
      const loaded =
        format === PARQUET
          ? await loadParquet(duckdb, name, only, where)
          : format === undefined
            ? await loadTable(duckdb, name, only, where)
            : await loadPublished(duckdb, name, path, { format, zone })
      return { ...loaded, name, path, sha256: loaded.sha256 ?? (await hashOf(path)) }
    })
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

export type Where = {
  readonly path: string
  /** Where what DuckDB has to read as a file may be written to. */
  readonly folder: string
  readonly zone: string | undefined
  /** From what size on a plain CSV file is read by DuckDB, for a small one is read sooner than that begins. */
  readonly plainBytes: number
}

const PARQUET = 'parquet'

function publishedFormat(beginning: Uint8Array): Format | undefined {
  if (beginning.length === 0) throw new BrokenFile('empty', 1, 'There is nothing in it')
  const format = PUBLISHED_FORMATS.find((each) => each.detects(beginning))
  if (format !== undefined || kindOf(beginning) !== undefined) return format
  // A text without a row that names an amount may be a table all the same; what is no text is none.
  if (beginning.includes(0) && beginning[0] !== 0xff && beginning[0] !== 0xfe)
    throw new BrokenFile('format_unknown', 1, 'It is neither a table nor in a format that is known')
  return undefined
}

function onlyOne(documents: readonly Document[], path: string): Document {
  const [document, ...more] = documents
  if (document !== undefined && more.length === 0) return document
  throw new UnreadableInput('several_tables', `${path}: there are ${documents.length} tables in it: unpack them`)
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}
