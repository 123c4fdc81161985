import { writeJson } from '../platform/exact-json.ts'
import type { Io } from './io.ts'
import type { Style } from './style.ts'

export type Column = {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** Colours a cell of a terminal table, after it was padded. */
  readonly paint?: (padded: string, text: string) => string
}

export type Output = {
  /** The one JSON document of `--json`. */
  readonly document: (value: unknown) => void
  /** Aligned with a heading on a terminal, tab-separated without one in a pipe. */
  readonly table: (columns: readonly Column[], rows: readonly (readonly string[])[]) => void
  /** Name and value pairs, one a line. */
  readonly fields: (pairs: readonly (readonly [string, string])[]) => void
  readonly line: (text: string) => void
  /** For people, on stderr: never part of what a program reads. */
  readonly note: (text: string) => void
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/** Text from a server or a file must not steer the terminal or break a column. */
export const printable = (text: string): string => text.replace(CONTROL, ' ')

export function createOutput(io: Io, style: Style): Output {
  const line = (text: string) => {
    io.stdout.write(`${text}\n`)
  }
  return {
    document: (value) => line(writeJson(value, 2)),
    table: (columns, rows) => {
      const text = io.stdout.isTTY === true ? alignedTable(columns, rows, style) : tabSeparated(rows)
      if (text !== '') line(text)
    },
    fields: (pairs) => {
      const width = Math.max(...pairs.map(([name]) => name.length))
      const separate = (name: string) => (io.stdout.isTTY === true ? `${style.dim(name.padEnd(width))}  ` : `${name}\t`)
      for (const [name, value] of pairs) line(separate(name) + printable(value))
    },
    line: (text) => line(text.split('\n').map(printable).join('\n')),
    note: (text) => {
      io.stderr.write(`${printable(text)}\n`)
    },
  }
}

function tabSeparated(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(printable).join('\t')).join('\n')
}

function alignedTable(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style): string {
  const clean = rows.map((row) => row.map(printable))
  const widths = columns.map(({ title }, index) =>
    clean.reduce((widest, row) => Math.max(widest, row[index]?.length ?? 0), title.length),
  )
  const pad = (text: string, index: number) => {
    const width = widths[index] ?? 0
    return columns[index]?.align === 'right' ? text.padStart(width) : text.padEnd(width)
  }
  const cell = (text: string, index: number) => {
    const padded = pad(text, index)
    return columns[index]?.paint?.(padded, text) ?? padded
  }
  const heading = style.bold(columns.map(({ title }, index) => pad(title, index)).join('  '))
  return [heading, ...clean.map((row) => row.map(cell).join('  ').trimEnd())].join('\n')
}
