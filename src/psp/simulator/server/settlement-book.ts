import assert from 'node:assert'
import type { BankFault } from './bank.ts'
import type { Charge, Charges } from './charges.ts'
import { DAY_MS, dayFromIso, dayOf, isoDay } from './days.ts'
import type { FileRecord } from './records.ts'
import { isJoined, movementsOf, placeOf, stampOf } from './settlement-lines.ts'

/**
 * Which charges are in which settlement file, and the balances between them. A file's text is not kept: it follows from
 * the charges. For each charge there is one number here, and sums for each section, so that neither producing a file nor
 * serving it looks at any other day.
 */
export type SettlementBook = {
  /** The book was created: the day of `at` has the first file. */
  readonly open: (at: number) => void
  /** A charge was captured. */
  readonly captured: (charge: Charge) => void
  /** The next day's file is there from now on, and never changes. */
  readonly produce: (record: FileRecord) => void
  readonly firstDay: () => number
  /** The day whose file is produced next. */
  readonly nextDay: () => number
  /** The file of a day, once it is produced. */
  readonly fileOf: (day: number) => SettlementFile | undefined
  /** The file of a day, unless it is not ready at `now`. */
  readonly readyFile: (day: number, now: number) => SettlementFile | undefined
  /** The charge that shares the line of this one, which comes first. */
  readonly joinedWith: (charge: Charge) => Charge | undefined
  /** When the next file that was produced becomes ready, if one is not. */
  readonly nextReadyAt: (now: number) => number | undefined
}

export type SettlementFile = {
  readonly day: number
  readonly readyAt: number
  readonly brokenControl: boolean
  /** What goes wrong with its payouts on their way to the bank. */
  readonly bankFault: BankFault
  /** Rows of record `line`. */
  readonly lines: number
  /** By currency in alphabetical order. */
  readonly sections: readonly Section[]
}

/** One currency in one file. Balances are what the PSP owes the merchant. */
export type Section = {
  readonly currency: string
  readonly opening: bigint
  readonly closing: bigint
  /** What is paid out: the opening balance, when it is above zero. */
  readonly payout: bigint
  readonly charges: ChargeLines
}

type ChargeLines = {
  /** Indexes of the charges, by the stamp of their lines. */
  readonly indexes: readonly number[]
  readonly lines: number
  readonly gross: bigint
  readonly fee: bigint
}

type Collected = {
  indexes: number[]
  lines: number
  gross: bigint
  fee: bigint
  lastStamp: number
  isSorted: boolean
  /** A charge that shares its line with the next one of its kind, if there comes one. */
  waiting: Charge | undefined
}

const NO_LINES: ChargeLines = { indexes: [], lines: 0, gross: 0n, fee: 0n }
const LONGEST_DELAY_DAYS = 8 // a week, as settings.ts allows, and the day that the file is about

export function createSettlementBook(charges: Pick<Charges, 'at'>): SettlementBook {
  /** By day, then by currency: days whose file is not produced yet. */
  const collecting = new Map<number, Map<string, Collected>>()
  const files: SettlementFile[] = []
  const balances = new Map<string, bigint>()
  /** The second of two charges in one line, by the first. */
  const joined = new Map<number, number>()
  let firstDay = 0
  const nextDay = (): number => firstDay + files.length

  function produce(record: FileRecord): void {
    const day = nextDay()
    assert(dayFromIso(record.day) === day, `the file of ${record.day} comes before that of ${isoDay(day)}`)
    const collected = collecting.get(day)
    collecting.delete(day)
    const currencies = [...new Set([...balances.keys(), ...(collected?.keys() ?? [])])].sort()
    const sections = currencies.map((currency) => sectionOf(currency, balances, sorted(collected?.get(currency))))
    for (const { currency, closing } of sections) balances.set(currency, closing)
    files.push({
      day,
      readyAt: record.at + (record.delay_minutes ?? 0) * 60_000,
      brokenControl: record.broken_control ?? false,
      bankFault: record.bank_fault ?? 'none',
      lines: sections.reduce((sum, section) => sum + section.charges.lines + (section.payout > 0n ? 1 : 0), 0),
      sections,
    })
  }

  /** Business time runs forward, so only lines that are stamped later than they were captured are out of order. */
  function sorted(lines: Collected | undefined): ChargeLines {
    if (lines === undefined) return NO_LINES
    const { indexes, isSorted, gross, fee } = lines
    if (!isSorted) indexes.sort((a, b) => stampAt(a) - stampAt(b))
    return { indexes, lines: lines.lines, gross, fee }
  }

  function stampAt(index: number): number {
    const charge = charges.at(index)
    assert(charge !== undefined, 'every charge in a file exists')
    return stampOf(charge)
  }

  return {
    open: (at) => {
      firstDay = dayOf(at)
    },
    captured(charge) {
      const place = placeOf(charge)
      if (place === undefined) return
      assert(place.day >= nextDay(), 'a file that was produced never changes')
      const lines = collectedOf(collecting, place.day, place.currency)
      if (lines.waiting === undefined || !isJoined(charge)) return collect(lines, charge)
      joined.set(lines.waiting.index, charge.index)
      lines.waiting = undefined
      addMoney(lines, charge)
    },
    produce,
    firstDay: () => firstDay,
    nextDay,
    fileOf: (day) => files[day - firstDay],
    readyFile(day, now) {
      const file = files[day - firstDay]
      return file !== undefined && file.readyAt <= now ? file : undefined
    },
    joinedWith(charge) {
      const index = joined.get(charge.index)
      return index === undefined ? undefined : charges.at(index)
    },
    nextReadyAt(now) {
      const waiting = files.slice(-LONGEST_DELAY_DAYS).filter((file) => file.readyAt > now)
      return waiting.length === 0 ? undefined : Math.min(...waiting.map((file) => file.readyAt))
    },
  }
}

function collectedOf(collecting: Map<number, Map<string, Collected>>, day: number, currency: string): Collected {
  const ofDay = collecting.get(day) ?? new Map<string, Collected>()
  collecting.set(day, ofDay)
  const lines = ofDay.get(currency) ?? {
    indexes: [],
    lines: 0,
    gross: 0n,
    fee: 0n,
    lastStamp: day * DAY_MS - DAY_MS,
    isSorted: true,
    waiting: undefined,
  }
  ofDay.set(currency, lines)
  return lines
}

function collect(lines: Collected, charge: Charge): void {
  const stamp = stampOf(charge)
  lines.isSorted &&= stamp >= lines.lastStamp
  lines.lastStamp = stamp
  lines.indexes.push(charge.index)
  lines.lines += addMoney(lines, charge)
  if (isJoined(charge)) lines.waiting = charge
}

/** Gives how many movements there are. */
function addMoney(lines: Collected, charge: Charge): number {
  const movements = movementsOf(charge, undefined)
  for (const { gross, fee } of movements) {
    lines.gross += gross
    lines.fee += fee
  }
  return movements.length
}

function sectionOf(currency: string, balances: ReadonlyMap<string, bigint>, charges: ChargeLines): Section {
  const opening = balances.get(currency) ?? 0n
  const payout = opening > 0n ? opening : 0n
  return { currency, opening, payout, closing: opening - payout + charges.gross - charges.fee, charges }
}
