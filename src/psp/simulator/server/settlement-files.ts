import { dayFromIso, isoDay } from './days.ts'
import { ApiError } from './errors.ts'
import type { Exchange } from './http.ts'
import type { SettlementFile } from './settlement-book.ts'
import { fileText } from './settlement-csv.ts'
import type { Simulator } from './simulator.ts'
import { instant } from './views.ts'
import { writePieces } from './write-pieces.ts'

/** The part of the API that gives out settlement files. Faults and latency do not act here. */

const MAX_LISTED = 400 // more than a year of days

/** The files that are ready, newest first. */
export async function listSettlementFiles(simulator: Simulator, exchange: Exchange): Promise<void> {
  simulator.catchUp()
  const { settlement } = simulator
  const from = fromParameter(exchange.query) ?? settlement.firstDay()
  const now = simulator.clock.now()
  const files: SettlementFile[] = []
  for (let day = settlement.nextDay() - 1; day >= Math.max(from, settlement.firstDay()); day--) {
    const file = settlement.readyFile(day, now)
    if (file !== undefined) files.push(file)
    if (files.length === MAX_LISTED) break
  }
  await simulator.durable()
  exchange.send(200, { first_business_date: isoDay(settlement.firstDay()), data: files.map(fileView) })
}

const fileView = (file: SettlementFile): Record<string, unknown> => ({
  business_date: isoDay(file.day),
  name: nameOf(file),
  ready_at: instant(file.readyAt),
  lines: file.lines,
})

const nameOf = (file: SettlementFile): string => `settlement_${isoDay(file.day)}.csv`

function fromParameter(query: URLSearchParams): number | undefined {
  for (const name of query.keys())
    if (name !== 'from') throw new ApiError(400, 'invalid_request', 'unknown_parameter', `What is "${name}"?`)
  const text = query.get('from')
  const day = text === null ? undefined : dayFromIso(text)
  if (text === null || day !== undefined) return day
  throw new ApiError(400, 'invalid_request', 'invalid_parameter', 'from must be a date such as 2026-03-03')
}

/** One file, written as fast as the reader takes it. */
export async function getSettlementFile(simulator: Simulator, exchange: Exchange, date: string): Promise<void> {
  simulator.catchUp()
  const day = dayFromIso(date)
  const file = day === undefined ? undefined : simulator.settlement.readyFile(day, simulator.clock.now())
  if (file === undefined)
    throw new ApiError(404, 'not_found', 'settlement_file_not_found', `There is no file of "${date.slice(0, 64)}" yet`)
  await simulator.durable()
  exchange.response.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${nameOf(file)}"`,
  })
  await writePieces(simulator, exchange.response, fileText(simulator, file))
}
