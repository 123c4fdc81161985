import { BrokenFile } from '../diagnostics.ts'
import { asciiBeginning } from '../text/beginning.ts'

/** The fields of a row, by their places. */
export type Fields = readonly string[]

/**
 * Where the columns of a table are, by the names in its header: PSPs let each account choose, reorder and extend them.
 * Names are compared without their case, and with one blank where there are several.
 */
export type Columns = {
  readonly count: number
  /** As they stand in the header. */
  readonly names: readonly string[]
  /** Of the first column with one of these names, the first name that is there; −1 when none is. */
  readonly place: (...names: readonly string[]) => number
  /** As `place`, for an amount: throws `BrokenFile` when two columns have the name, for both cannot be right. */
  readonly amount: (...names: readonly string[]) => number
}

const plain = (name: string): string =>
  name
    .replaceAll(/[\s"\u00a0]+/g, ' ')
    .trim()
    .toLowerCase()

export function columnsOf(header: Fields, line: number): Columns {
  const places = new Map<string, number>()
  const twice = new Set<string>()
  for (const [place, name] of header.map(plain).entries()) {
    if (places.has(name)) twice.add(name)
    else places.set(name, place)
  }
  const nameOf = (names: readonly string[]): string | undefined => names.map(plain).find((name) => places.has(name))
  const place = (...names: readonly string[]): number => places.get(nameOf(names) ?? '\0') ?? -1
  return {
    count: header.length,
    names: header.map((name) => name.trim()),
    place,
    amount(...names) {
      const name = nameOf(names)
      if (name !== undefined && twice.has(name))
        throw new BrokenFile('columns', line, `There are two columns "${name.slice(0, 64)}"`)
      return place(...names)
    },
  }
}

/** Throws `BrokenFile` for a list of which none is there: without it no row can be read. */
export function requireColumns(columns: Columns, line: number, lists: readonly (readonly string[])[]): void {
  for (const names of lists)
    if (columns.place(...names) === -1) throw new BrokenFile('columns', line, `There is no column "${names[0]}"`)
}

/** The text at a place, without blanks around it; empty for a column that is not there. */
export const cellAt = (fields: Fields, place: number): string => (fields[place] ?? '').trim()

const SEPARATORS = [',', ';', '\t', '|'] as const

/** What separates the names of a header: a comma, unless a spreadsheet of another country wrote it anew. */
export function separatorIn(header: string): string {
  let best: { readonly separator: string; readonly names: number } = { separator: ',', names: 1 }
  for (const separator of SEPARATORS) {
    const names = header.split(separator).length
    if (names > best.names) best = { separator, names }
  }
  return best.separator
}

const BEGINNING_BYTES = 4_096

/** Whether the first line of a file names all of these columns, of each list at least one. */
export function namesColumns(beginning: Uint8Array, lists: readonly (readonly string[])[]): boolean {
  const text = asciiBeginning(beginning, BEGINNING_BYTES)
  const end = text.search(/[\r\n]/)
  const header = end === -1 ? text : text.slice(0, end)
  const names = header.split(separatorIn(header)).map(plain)
  // The last one may be cut.
  if (end === -1 && beginning.length >= BEGINNING_BYTES) names.pop()
  const known = new Set(names)
  return lists.every((list) => list.some((name) => known.has(plain(name))))
}
