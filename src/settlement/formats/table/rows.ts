import { csvRows } from '../csv-records.ts'
import type { Diagnostics } from '../diagnostics.ts'
import { decoded } from '../text/decode.ts'
import { type JsonObject, jsonLines, jsonObjects } from './json-rows.ts'
import type { TableShape } from './profile.ts'
import { workbookRows } from './xlsx-rows.ts'

/** A row of a table: the text of each cell, in the order of the columns. */
export type TableRow = {
  /** Where it begins in the file, or its number in the sheet. The first is 1. */
  readonly line: number
  readonly fields: readonly string[]
  /**
   * Which cells are numbers by their type, as in JSON and in a workbook, and no texts that look like one: they have a decimal
   * point, whatever mark the texts have.
   */
  readonly numbers?: readonly boolean[] | undefined
  /** What makes it unreadable as a row. */
  readonly problem: { readonly code: string; readonly column: number; readonly message: string } | undefined
}

/**
 * Rows in pieces. In JSON the columns are the keys of the objects, in the order in which they first come: `columns` grows
 * while rows are read. In the other kinds the header is a row like every other, and `columns` stays empty.
 */
export type Table = { readonly columns: string[]; readonly rows: AsyncIterable<readonly TableRow[]> }

/** Throws `BrokenFile` for what is no such table at all. */
export function openTable(bytes: AsyncIterable<Uint8Array>, shape: TableShape, diagnostics: Diagnostics): Table {
  switch (shape.kind) {
    case 'csv':
      return { columns: [], rows: csvRows(decoded(bytes, diagnostics), { separator: shape.separator }) }
    case 'xlsx':
      return { columns: [], rows: workbookRows(bytes) }
    case 'json':
    case 'jsonl':
      return objectTable((shape.kind === 'json' ? jsonObjects : jsonLines)(decoded(bytes, diagnostics)))
  }
}

/** More keys, and longer ones, are left out: no mapping names them. */
const [MAX_COLUMNS, MAX_KEY_LENGTH] = [1_000, 1_024]

function objectTable(pieces: AsyncIterable<readonly JsonObject[]>): Table {
  const columns: string[] = []
  const places = new Map<string, number>()
  async function* rows(): AsyncGenerator<readonly TableRow[]> {
    for await (const objects of pieces) {
      yield objects.map(({ line, fields, problem }): TableRow => {
        const cells: string[] = []
        const numbers: boolean[] = []
        for (const [key, value, isNumber] of fields) {
          let place = places.get(key)
          if (place === undefined) {
            if (columns.length >= MAX_COLUMNS || key === '' || key.length > MAX_KEY_LENGTH) continue
            place = columns.push(key) - 1
            places.set(key, place)
          }
          while (cells.length < place) cells.push('')
          cells[place] = value
          if (isNumber) numbers[place] = true
        }
        return { line, fields: cells, numbers, problem }
      })
    }
  }
  return { columns, rows: rows() }
}
