import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileLiteral, openDuckDb } from '../../src/platform/duckdb.ts'
import { createDuckDbEngine } from '../../src/reconciliation/engines/duckdb/match.ts'
import { type WrittenLine, writeLines } from '../../src/reconciliation/engines/duckdb/testing/write-lines.ts'
import type { CarriedOurs, CarriedTheirs } from '../../src/reconciliation/engines/engine.ts'
import { oursPath } from '../../src/reconciliation/ours.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'

/**
 * Small random days of which an oracle decides the pairs, the codes and the duplicates by itself, one record at a time. A day
 * that fails is made again by its seed, which is part of the name of its test.
 */

const SEEDS = Array.from({ length: 20 }, (_, index) => 1 + index * 7_919)

const FILE = '01a00000-0000-7000-8000-00000000f001'
const OLD_FILE = '01a00000-0000-7000-8000-00000000f000'
const CURRENCIES = ['EUR', 'USD'] as const
const SCHEDULE = { ratePpm: 29_000, fixed: 30n }
const NOON_MS = 1_772_366_400_000
const DAY = '2026-03-01'

type Ours = {
  readonly charge: string
  readonly order: string
  readonly psp: string
  /** What was asked for; the orders of the charge may come to something else. */
  readonly asked: bigint
  readonly orders: readonly bigint[]
  readonly currency: string
  readonly ms: number
  /** The break that carries it, when it is of an earlier day. */
  readonly carriedBy?: string
}
type Theirs = WrittenLine & { readonly file: string; readonly carriedBy?: string }
type Day = { readonly ours: readonly Ours[]; readonly theirs: readonly Theirs[] }

const uuid = (kind: number, n: number): string =>
  `01a00000-0000-7000-8000-${kind.toString(16).padStart(4, '0')}${n.toString(16).padStart(8, '0')}`
const referenceOf = (charge: string): string => `att_${charge.replaceAll('-', '')}`
const feeOf = (amount: bigint): bigint => (amount * 29_000n + 500_000n) / 1_000_000n + 30n
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((all, each) => all + each, 0n)

function randomDay(random: Seeded): Day {
  const ours = Array.from({ length: random.integer(0, 30) }, (_, n): Ours => {
    const orders = Array.from({ length: random.chance(0.15) ? 2 : 1 }, () => BigInt(random.integer(1, 4) * 100))
    return {
      charge: uuid(1, n),
      order: uuid(2, n),
      // Some ids of the PSP stand for several charges.
      psp: random.chance(0.2) ? `ch_shared_${random.integer(1, 2)}` : `ch_${n}`,
      asked: sum(orders) + (random.chance(0.05) ? 1n : 0n),
      orders,
      currency: random.pick(CURRENCIES),
      ms: NOON_MS + random.integer(0, 3) * 1_000,
      ...(random.chance(0.15) && { carriedBy: uuid(3, n) }),
    }
  })
  // Carried records are of one amount: what was booked for them.
  const whole = ours.map((each) => (each.carriedBy === undefined ? each : { ...each, asked: sum(each.orders) }))
  const theirs: Theirs[] = []
  for (const record of whole)
    for (let copies = random.weighted({ one: 8, none: 1, two: 1, three: 1 }) as string; copies !== ''; ) {
      if (copies !== 'none') theirs.push(lineAbout(random, record, theirs.length))
      copies = copies === 'three' ? 'two' : copies === 'two' ? 'one' : ''
    }
  for (let more = random.integer(0, 3); more > 0 && whole.length > 0; more -= 1)
    theirs.push(joinedLine(random, whole, theirs.length))
  for (let more = random.integer(0, 6); more > 0; more -= 1) theirs.push(foreignLine(random, theirs.length))
  return { ours: whole, theirs }
}

function lineAbout(random: Seeded, { charge, psp, orders, currency, ms }: Ours, index: number): Theirs {
  const amount = sum(orders) + (random.chance(0.1) ? 1n : 0n)
  const reference = random.weighted({ ours: 8, none: 1, mangled: 1, another: 1 })
  return {
    ...placeOf(random, index),
    kind: random.chance(0.05) ? 'refund' : 'charge',
    status: random.pick([null, 'captured', 'Settled', 'captured', 'refunded']),
    reference: { ours: referenceOf(charge), none: null, mangled: '~mangled~', another: referenceOf(uuid(1, 900)) }[
      reference
    ],
    psp: random.chance(0.1) ? null : psp,
    amount,
    fee: feeOf(amount) + (random.chance(0.1) ? 1n : 0n),
    currency: random.chance(0.1) ? random.pick(CURRENCIES) : currency,
    ms: random.chance(0.1) ? null : ms + random.integer(0, 2) * 1_000,
  }
}

/** A line for two or three charges, of which some have a line of their own, or none is ours. */
function joinedLine(random: Seeded, ours: readonly Ours[], index: number): Theirs {
  const named = new Set(Array.from({ length: random.integer(2, 3) }, () => random.pick(ours)))
  const charges = [...named, ...(named.size === 1 ? [{ charge: uuid(1, 902), psp: 'ch_902', orders: [100n] }] : [])]
  const amounts = charges.map(({ orders }) => sum(orders))
  return {
    ...placeOf(random, index),
    kind: random.chance(0.05) ? 'refund' : 'charge',
    status: random.pick([null, 'captured', 'paid', 'refunded']),
    reference: charges.map(({ charge }) => referenceOf(charge)).join(' '),
    psp: random.chance(0.2) ? null : charges.map(({ psp }) => psp).join(' '),
    amount: sum(amounts) + (random.chance(0.1) ? 1n : 0n),
    fee: sum(amounts.map(feeOf)) + (random.chance(0.1) ? 1n : 0n),
    currency: random.pick([...named]).currency,
    ms: random.chance(0.1) ? null : NOON_MS + random.integer(0, 3) * 1_000,
  }
}

function foreignLine(random: Seeded, index: number): Theirs {
  const kind = random.pick(['charge', 'payout', 'fee', 'adjustment'])
  const [reference, psp] = [
    random.pick([null, 'foreign', referenceOf(uuid(1, 901))]),
    random.pick([null, 'ch_foreign', 'ch_shared_1']),
  ]
  return {
    ...placeOf(random, index),
    kind,
    status: null,
    reference,
    psp,
    amount: 100n,
    fee: 0n,
    currency: 'EUR',
    ms: NOON_MS,
  }
}

const placeOf = (random: Seeded, index: number) =>
  random.chance(0.1) ? { file: OLD_FILE, line: 4 + index, carriedBy: uuid(4, index) } : { file: FILE, line: 4 + index }

// The oracle.

type Decided = {
  readonly pairs: readonly string[]
  readonly ours: readonly string[]
  readonly theirs: readonly string[]
}

const COMPARED = (line: Theirs): boolean => !['payout', 'payout_reversal', 'fee'].includes(line.kind)
const isOurs = (reference: string | null): boolean =>
  reference !== null && /^att_[0-9a-f]{32}( att_[0-9a-f]{32})*$/.test(reference)
const isGood = ({ status }: Theirs): boolean =>
  status === null || ['captured', 'settled', 'succeeded', 'paid'].includes(status.toLowerCase())
const lineName = ({ file, line }: Theirs): string => `${file === FILE ? 'line' : 'old line'} ${line}`

function codeOf(record: Ours, line: Theirs): string | null {
  const amount = sum(record.orders)
  const same = record.currency === line.currency
  if (!same) return 'currency_mismatch'
  if (!isGood(line)) return 'status_mismatch'
  if (amount !== line.amount) return 'amount_mismatch'
  if (record.asked !== amount) return 'split_mismatch'
  return line.fee === feeOf(amount) ? null : 'fee_mismatch'
}

const earlierLine = (a: Theirs, b: Theirs): number =>
  (a.ms ?? Number.POSITIVE_INFINITY) - (b.ms ?? Number.POSITIVE_INFINITY) ||
  (a.file === b.file ? 0 : a.file < b.file ? -1 : 1) ||
  a.line - b.line

/** The parts that a joined line falls into when each charge that it names is among these, and they come to its amount. */
function partsOf(line: Theirs, free: ReadonlySet<Ours>): readonly (readonly [record: Ours, part: Theirs])[] {
  const named = (line.reference ?? '').split(' ')
  const records = [...free]
    .filter(({ charge }) => named.includes(referenceOf(charge)))
    .toSorted((a, b) => a.ms - b.ms || (a.charge < b.charge ? -1 : 1))
  const isWhole = named.length > 1 && records.length === named.length && line.kind === 'charge' && isGood(line)
  if (!isWhole || records.some(({ currency }) => currency !== line.currency)) return []
  if (sum(records.flatMap(({ orders }) => orders)) !== line.amount) return []
  const fees = records.map(({ orders }) => feeOf(sum(orders)))
  return records.map((record, index) => {
    const amount = sum(record.orders)
    return [record, { ...line, amount, fee: feeOf(amount) + (index === 0 ? line.fee - sum(fees) : 0n) }]
  })
}

function decide({ ours, theirs }: Day): Decided {
  const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  const [freeOurs, freeTheirs] = [new Set(ours), new Set(theirs.filter(COMPARED))]
  const pairs: (readonly [rule: string, record: Ours, line: Theirs])[] = []
  const claim = (rule: string, agrees: (record: Ours, line: Theirs) => boolean): void => {
    // The earliest record takes the earliest line that agrees. What agrees with one of a group agrees with all of it.
    const records = [...freeOurs].toSorted((a, b) => a.ms - b.ms || before(a.charge, b.charge))
    const lines = (): Theirs[] => [...freeTheirs].filter(({ kind }) => kind === 'charge').toSorted(earlierLine)
    for (const record of records) {
      const line = lines().find((each) => agrees(record, each))
      if (line === undefined) continue
      freeOurs.delete(record)
      freeTheirs.delete(line)
      pairs.push([rule, record, line])
    }
  }
  const exact = (record: Ours, line: Theirs): boolean =>
    record.currency === line.currency && sum(record.orders) === line.amount
  const named = (record: Ours, line: Theirs): boolean => line.reference === referenceOf(record.charge)
  const byPsp = (record: Ours, line: Theirs): boolean => line.psp === record.psp && !isOurs(line.reference)
  claim('exact', (record, line) => named(record, line) && exact(record, line))
  claim('reference', named)
  claim('psp_reference', (record, line) => byPsp(record, line) && exact(record, line))
  claim('psp_reference', byPsp)
  for (const line of [...freeTheirs].toSorted(earlierLine)) {
    const parts = partsOf(line, freeOurs)
    for (const [record, part] of parts) {
      freeOurs.delete(record)
      pairs.push(['joined', record, part])
    }
    if (parts.length > 0) freeTheirs.delete(line)
  }
  const spoken = new Set(pairs.flatMap(([, record, line]) => [referenceOf(record.charge), line.psp ?? '']))
  const isDuplicate = ({ kind, reference, psp }: Theirs): boolean =>
    kind === 'charge' &&
    ((reference ?? '?').split(' ').some((name) => spoken.has(name)) || (psp !== null && spoken.has(psp)))
  return {
    pairs: pairs
      .map(([rule, record, line]) => `${record.charge} ${lineName(line)} ${rule} ${codeOf(record, line)}`)
      .toSorted(),
    ours: [...freeOurs].map(({ charge }) => charge).toSorted(),
    theirs: [...freeTheirs].map((line) => `${lineName(line)} ${isDuplicate(line)}`).toSorted(),
  }
}

// The engine.

async function withEngine(day: Day): Promise<Decided> {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-random-day-'))
  const duckdb = await openDuckDb(folder)
  try {
    const linesPath = join(folder, 'lines.parquet')
    writeOurs(
      folder,
      day.ours.filter(({ carriedBy }) => carriedBy === undefined),
    )
    await writeLines(
      duckdb,
      linesPath,
      day.theirs.filter(({ carriedBy }) => carriedBy === undefined),
    )
    const engine = createDuckDbEngine(duckdb)
    const there = Promise.resolve()
    await engine.load({
      folder,
      linesPath,
      fileId: FILE,
      written: { lines: there, charge: there, charged_order: there, entry: there },
      window: { day: DAY, previousDay: undefined, seen: new Map([[1, 0n]]) },
      carriedOurs: day.ours.flatMap(carriedOurs),
      carriedTheirs: day.theirs.flatMap(carriedTheirs),
      feeSchedule: SCHEDULE,
    })
    const facts = await engine.match()
    const rows = await duckdb.query<{
      what: string
      charge: string
      rule: string
      code: string
      file: string
      line: number
    }>(
      `select what, attempt_id::varchar as charge, rule, code, file_id::varchar as file, line from read_parquet(${fileLiteral(facts.outcomePath)})`,
    )
    const pairs = rows.filter(({ what }) => what === 'pair')
    const name = (row: { file: string; line: number }): string =>
      `${row.file === FILE ? 'line' : 'old line'} ${row.line}`
    // A joined line stands once with each of its charges.
    const joined = pairs.filter(({ rule }) => rule === 'joined').map(name)
    const again = joined.length - new Set(joined).size
    expect(rows).toHaveLength(day.ours.length + day.theirs.length - pairs.length + again)
    expect(facts.counts.matched).toBe(BigInt(pairs.filter(({ code }) => code === null).length))
    expect(facts.differences.map(({ attempt_id }) => attempt_id).toSorted()).toEqual(
      pairs
        .filter(({ code }) => code !== null)
        .map(({ charge }) => charge)
        .toSorted(),
    )
    return {
      pairs: pairs.map((row) => `${row.charge} ${name(row)} ${row.rule} ${row.code}`).toSorted(),
      ours: facts.unmatchedOurs.map(({ attempt_id }) => attempt_id).toSorted(),
      theirs: facts.unmatchedTheirs
        .map(({ file_id, line, is_duplicate }) => `${name({ file: file_id, line })} ${is_duplicate}`)
        .toSorted(),
    }
  } finally {
    duckdb.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeOurs(folder: string, ours: readonly Ours[]): void {
  const write = (file: Parameters<typeof oursPath>[1], rows: readonly string[]): void =>
    writeFileSync(oursPath(folder, file), rows.map((row) => `${row}\n`).join(''))
  const orders = ours.flatMap((each) =>
    each.orders.map((amount, index) => ({ ...each, amount, id: each.order.replace('-8000-', `-800${index}-`) })),
  )
  write(
    'charge',
    ours.map(({ charge, psp, asked, currency }) => `${charge},${uuid(5, 1)},${psp},${asked},${currency}`),
  )
  write(
    'charged_order',
    orders.map(({ id, charge, amount }) => `${id},${charge},${amount}`),
  )
  write(
    'entry',
    orders.map(({ id, ms }, index) => `${id},,${ms},${DAY},1,${1 + index}`),
  )
}

const carriedOurs = ({ carriedBy, charge, psp, orders, currency, ms }: Ours): CarriedOurs[] =>
  carriedBy === undefined
    ? []
    : [
        {
          breakId: carriedBy,
          attemptId: charge,
          paymentId: uuid(5, 1),
          pspReference: psp,
          amount: sum(orders),
          currency,
          occurredMs: BigInt(ms),
          businessDate: '2026-02-28',
        },
      ]

const carriedTheirs = ({ carriedBy, file, psp, ms, ...line }: Theirs): CarriedTheirs[] =>
  carriedBy === undefined
    ? []
    : [{ ...line, breakId: carriedBy, fileId: file, pspReference: psp, occurredMs: ms === null ? null : BigInt(ms) }]

function shuffled<T>(random: Seeded, items: readonly T[]): readonly T[] {
  const left = [...items]
  return items.map(() => left.splice(random.integer(0, left.length - 1), 1)[0] as T)
}

describe('a random day', () => {
  it.each(SEEDS)('is paired as an oracle pairs it, in whatever order its records come (seed %i)', async (seed) => {
    const random = createSeeded(seed)
    const day = randomDay(random)

    const found = await withEngine(day)
    const again = await withEngine({ ours: shuffled(random, day.ours), theirs: shuffled(random, day.theirs) })

    expect(found).toEqual(decide(day))
    expect(again).toEqual(found)
  })
})
