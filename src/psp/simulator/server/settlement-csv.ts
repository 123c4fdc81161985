import assert from 'node:assert'
import { formatMinor } from '../../../money/index.ts'
import type { Charges } from './charges.ts'
import { DAY_MS, isoDay, startOfDay } from './days.ts'
import type { Section, SettlementBook, SettlementFile } from './settlement-book.ts'
import { type LineNames, labelOf, movementsOf, stampOf } from './settlement-lines.ts'
import { instant } from './views.ts'

/** The text of a settlement file, as docs/reference/simulator.md describes it. */

const HEADER = 'record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines\n'

const PIECE_CHARGES = 512 // about 70 KB of text: large enough to be quick, small enough to wait for the reader

export type FileSource = LineNames & {
  readonly charges: Pick<Charges, 'at'>
  readonly settlement: Pick<SettlementBook, 'joinedWith'>
}

/** The file in pieces. The same every time, whatever happened since. */
export function* fileText(source: FileSource, file: SettlementFile): Generator<string> {
  const compactDay = isoDay(file.day).replaceAll('-', '')
  yield HEADER +
    row({
      record: 'file',
      business_date: isoDay(file.day),
      psp_reference: `SIM-${source.bookId()}-${compactDay}`,
      occurred_at: instant(startOfDay(file.day + 1)),
      lines: file.lines,
    })
  for (const [index, section] of file.sections.entries()) {
    yield* sectionText(source, file.day, section, file.brokenControl && index === 0 ? 1n : 0n)
  }
  yield row({ record: 'end', lines: file.lines })
}

function* sectionText(source: FileSource, day: number, section: Section, closingError: bigint): Generator<string> {
  const { currency, opening, closing, payout, charges } = section
  const money = (amount: bigint): string => formatMinor(amount, currency)
  yield row({ record: 'opening', currency, net: money(opening) })
  for (let start = 0; start < charges.indexes.length; start += PIECE_CHARGES) {
    yield charges.indexes
      .slice(start, start + PIECE_CHARGES)
      .map((index) => chargeText(source, currency, index))
      .join('')
  }
  if (payout > 0n) {
    const id = payoutId(source, day, currency)
    const paid = { record: 'line', currency, kind: 'payout', psp_reference: id, status: 'paid' }
    const amounts = { gross: money(-payout), fee: money(0n), net: money(-payout) }
    yield row({ ...paid, ...amounts, occurred_at: instant(startOfDay(day) + DAY_MS - 1) })
  }
  if (charges.lines > 0) {
    const { gross, fee, lines } = charges
    const sums = { gross: money(gross), fee: money(fee), net: money(gross - fee) }
    yield row({ record: 'total', currency, kind: 'charge', ...sums, lines })
  }
  if (payout > 0n) {
    const sums = { gross: money(-payout), fee: money(0n), net: money(-payout) }
    yield row({ record: 'total', currency, kind: 'payout', ...sums, lines: 1 })
  }
  const lines = charges.lines + (payout > 0n ? 1 : 0)
  yield row({ record: 'closing', currency, net: money(closing + closingError), lines })
}

/** The PSP's identifier of what it pays out. */
export const payoutId = (names: Pick<LineNames, 'bookId'>, day: number, currency: string): string =>
  `po_${names.bookId()}${isoDay(day).replaceAll('-', '')}${currency.toLowerCase()}`

/** The lines of one charge. Written without `row`, because a file has a million of these. */
function chargeText(source: FileSource, currency: string, index: number): string {
  const charge = source.charges.at(index)
  assert(charge !== undefined, 'every charge in a file exists')
  const stamp = instant(stampOf(charge))
  const joined = source.settlement.joinedWith(charge)
  let text = ''
  for (const movement of movementsOf(charge, joined)) {
    const { id, reference, status } = labelOf(source, charge, movement, joined)
    const gross = formatMinor(movement.gross, currency)
    const fee = formatMinor(movement.fee, currency)
    const net = formatMinor(movement.gross - movement.fee, currency)
    text += `line,,${currency},charge,${id},${quoted(reference)},${status},${gross},${fee},${net},${stamp},\n`
  }
  return text
}

type Row = {
  readonly record: string
  readonly business_date?: string
  readonly currency?: string
  readonly kind?: string
  readonly psp_reference?: string
  readonly status?: string
  readonly gross?: string
  readonly fee?: string
  readonly net?: string
  readonly occurred_at?: string
  readonly lines?: number
}

/** A row whose fields need no quotes. Only a charge has a reference. */
function row(fields: Row): string {
  const { record, business_date = '', currency = '', kind = '', psp_reference = '', status = '' } = fields
  const { gross = '', fee = '', net = '', occurred_at = '', lines = '' } = fields
  const names = `${record},${business_date},${currency},${kind},${psp_reference},,${status}`
  return `${names},${gross},${fee},${net},${occurred_at},${lines}\n`
}

/** RFC 4180: a field with a comma, a quote or a line break stands in quotes, and its quotes are doubled. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
