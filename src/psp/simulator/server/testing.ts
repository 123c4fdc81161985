import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect } from 'vitest'
import { simulatorCsv } from '../../../settlement/formats/simulator-csv.ts'
import { aCharge } from '../../contract.ts'
import type { ChargeRequest, Outcome, Psp } from '../../psp.ts'
import { createSimulatorPsp } from '../adapter.ts'
import { callSimulator, type RunningSimulator, startSimulator } from '../testing.ts'
import { DAY_MS, isoDay } from './days.ts'
import { type BookRecord, type ChargeRecord, encodeLine } from './records.ts'

/** A simulator whose days are moved by a test, and the rows of its settlement files. */

const SECRET = `whsec_${Buffer.alloc(24, 3).toString('base64')}`

export type Row = Readonly<Record<string, string>>

export type Nights = {
  readonly bookFile: string
  readonly url: () => string
  readonly psp: () => Psp
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly kill: () => Promise<void>
  readonly end: () => Promise<void>
  readonly clock: () => Promise<{ readonly now: number; readonly offset: number; readonly due: number }>
  readonly moveTo: (instant: number) => Promise<void>
  /** To noon of tomorrow, so that no midnight comes during a test. Returns the day. */
  readonly toNoon: () => Promise<number>
  /** To just after the end of the day. */
  readonly endDay: (day: number) => Promise<void>
  readonly textOf: (day: number) => Promise<string>
  /** The rows of a file, which was read and found right. */
  readonly rowsOf: (day: number) => Promise<Row[]>
  readonly set: (settlement: Record<string, unknown>) => Promise<void>
}

export async function startNights(options: { readonly bankFolder?: string } = {}): Promise<Nights> {
  const folder = mkdtempSync(join(tmpdir(), 'nights-'))
  const bookFile = join(folder, 'book.ndjson')
  let simulator: RunningSimulator
  let psp: Psp
  const nights: Nights = {
    bookFile,
    url: () => simulator.url,
    psp: () => psp,
    async start() {
      simulator = await startSimulator({ bookFile, ...options })
      psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
    },
    async stop() {
      await psp.close()
      await simulator.stop()
    },
    async kill() {
      await psp.close()
      await simulator.kill()
    },
    async end() {
      await nights.stop()
      rmSync(folder, { recursive: true })
    },
    async clock() {
      const { body } = await callSimulator(simulator.url, 'GET', '/clock')
      const at = (name: string): number => Date.parse(String(body[name]))
      return { now: at('now'), offset: Number(body['offset_ms']), due: at('next_due_at') }
    },
    async moveTo(instant) {
      const { now, offset } = await nights.clock()
      await psp.testClock?.setOffset(offset + instant - now)
    },
    async toNoon() {
      const day = Math.floor((await nights.clock()).now / DAY_MS) + 1
      await nights.moveTo(day * DAY_MS + DAY_MS / 2)
      return day
    },
    endDay: (day) => nights.moveTo((day + 1) * DAY_MS + 1),
    async textOf(day) {
      const answer = await fetch(`${simulator.url}/settlement_files/${isoDay(day)}`)
      expect(answer.status, isoDay(day)).toBe(200)
      return answer.text()
    },
    async rowsOf(day) {
      const text = await nights.textOf(day)
      const summary = await simulatorCsv.read(bytesOf(text), () => Promise.resolve())
      expect(summary).toMatchObject({ readable: true, businessDate: isoDay(day), diagnostics: [] })
      expect(summary.statements.filter(({ control }) => control.status !== 'pass')).toEqual([])
      return parse<Row>(text, { columns: true })
    },
    async set(settlement) {
      const { status } = await callSimulator(simulator.url, 'PUT', '/settings', { settlement })
      expect(status).toBe(200)
    },
  }
  await nights.start()
  return nights
}

export async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

export const magic = (amount: bigint, more: Partial<ChargeRequest> = {}): ChargeRequest =>
  aCharge('pm_test_magic', { amount, ...more })

/** The charge lines that show our reference. */
export const linesFor = (rows: readonly Row[], request: ChargeRequest): Row[] =>
  lines(rows).filter((row) => row['reference'] === request.reference)

export const lines = (rows: readonly Row[]): Row[] => rows.filter((row) => row['record'] === 'line')

export const idOf = (outcome: Outcome): string => ('pspReference' in outcome ? String(outcome.pspReference) : '')

export const recordsOf = (bookFile: string): BookRecord[] =>
  readFileSync(bookFile, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

/** Adds a record to a book that no simulator has open. */
export function appendRecord(bookFile: string, record: BookRecord): void {
  appendFileSync(bookFile, encodeLine(recordsOf(bookFile).length + 1, record))
}

export const aRecord = (more: Partial<ChargeRecord>): ChargeRecord => ({
  t: 'charge',
  at: 0,
  reference: 'r',
  key: `key of ${more.reference ?? 'r'}`,
  amount: 1_000,
  currency: 'EUR',
  method: 'pm_test_visa',
  status: 'captured',
  ...more,
})
