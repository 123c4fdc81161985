import { publicId } from '../platform/ids.ts'
import type { TheirsColumns } from './engines/engine.ts'
import type { BookedLine } from './entries.ts'

/** What the ledger knows a line by: its file and where it stands, and for a part of a joined line its number. */
export const factOf = ({ file_id, line }: Pick<TheirsColumns, 'file_id' | 'line'>): string =>
  `${publicId('sf', file_id)}:${line}`

export const factOfPart = (line: Parameters<typeof factOf>[0], part: number | null): string =>
  part === null ? factOf(line) : `${factOf(line)}:${part}`

type Line = Pick<TheirsColumns, 'file_id' | 'line' | 'theirs_amount' | 'fee' | 'theirs_currency' | 'theirs_ms'>

/** A line as it is booked. One without a stamp belongs to the end of its day. */
export const bookedLine = (row: Line, dayEnd: Date): BookedLine => ({
  fact: factOf(row),
  amount: row.theirs_amount,
  fee: row.fee,
  currency: row.theirs_currency,
  occurredAt: row.theirs_ms === null ? new Date(dayEnd.getTime() - 1) : new Date(Number(row.theirs_ms)),
})
