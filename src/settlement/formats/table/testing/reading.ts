import type { SettlementLine } from '../../format.ts'
import { type FileSummary, type ReadOptions, readyFormat } from '../../format.ts'
import { FORMATS } from '../../index.ts'
import { TABLES } from '../table.ts'

/** What is read of a table when nobody says how. */
export type ReadTable = { readonly summary: FileSummary; readonly lines: readonly SettlementLine[] }

export type HowRead = ReadOptions & {
  /** The kind, where the content does not show it. */
  readonly kind?: 'csv' | 'tsv' | 'json' | 'jsonl' | 'xlsx'
  readonly chunkBytes?: number
}

/** Reads a file as the command does: finds its format by its beginning, infers its mapping, reads it. */
export async function readTableFile(file: string | Uint8Array, how: HowRead = {}): Promise<ReadTable> {
  const bytes = Buffer.from(file)
  const beginning = bytes.subarray(0, 4_096)
  const open = () => chunksOf(bytes, how.chunkBytes ?? 65_536)
  const format =
    how.kind === undefined
      ? FORMATS.find((each) => each.detects(beginning))
      : TABLES.find(({ name }) => name === how.kind)
  if (format === undefined) throw new Error('no format detects it')
  const lines: SettlementLine[] = []
  const ready = await readyFormat(format, open)
  const summary = await ready.read(
    open(),
    (piece) => {
      lines.push(...piece)
      return Promise.resolve()
    },
    { zone: how.zone },
  )
  return { summary, lines }
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** `error amount 3:2` for each diagnostic. */
export const told = ({ diagnostics }: FileSummary): readonly string[] =>
  diagnostics.map(
    ({ severity, code, line, column }) => `${severity} ${code} ${line}${column === undefined ? '' : `:${column}`}`,
  )

export const errorsOf = (summary: FileSummary): readonly string[] =>
  summary.diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code)
