import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { inPieces } from './pieces.ts'

/**
 * Two files of a month of charges, as a shop exports its ledger and as a PSP reports it: other columns, other units, other
 * ways to write a date, and the rows of theirs in another order. Few rows differ, each in a way that is counted.
 */
export const PLANTS = [
  'ours_only',
  'theirs_only',
  'amount_mismatch',
  'currency_mismatch',
  'fee_mismatch',
  'duplicate_internal',
  'duplicate_external',
] as const
export type Plant = (typeof PLANTS)[number]
export type Planted = Readonly<Record<Plant, number>>

export async function writeReconFiles(
  rows: number,
  seed: number,
  paths: { readonly ours: string; readonly theirs: string },
): Promise<Planted> {
  const of = chargesOf(rows, seed)
  const planted = Object.fromEntries(PLANTS.map((plant) => [plant, 0])) as Record<Plant, number>
  await pipeline(inPieces(ours(rows, of, planted)), createWriteStream(paths.ours))
  await pipeline(inPieces(theirs(rows, of)), createWriteStream(paths.theirs))
  return planted
}

type Charge = {
  readonly reference: string
  readonly amount: number
  readonly fee: number
  readonly currency: string
  readonly at: number
  readonly plant: Plant | undefined
}

const CURRENCIES = ['EUR', 'EUR', 'EUR', 'USD', 'GBP', 'JPY'] as const
const BEGIN_MS = Date.UTC(2026, 2, 1)
const SPAN_MS = 30 * 86_400_000
/** One row of so many has a plant. */
const RARITY = 300

function chargesOf(rows: number, seed: number): (index: number) => Charge {
  return (index) => {
    const [a, b] = [mixed(index, seed), mixed(index, seed + 1)]
    return {
      reference: `ord_${a.toString(36).padStart(7, '0')}${index.toString(36).padStart(6, '0')}`,
      amount: 500 + (b % 50_000),
      fee: 1 + (a % 300),
      currency: CURRENCIES[b % CURRENCIES.length] ?? 'EUR',
      at: BEGIN_MS + Math.floor((index / rows) * SPAN_MS),
      plant: mixed(index, seed + 2) % RARITY === 0 ? PLANTS[index % PLANTS.length] : undefined,
    }
  }
}

/** A whole number below 2^32 that says nothing of its place. */
function mixed(index: number, seed: number): number {
  let value = (index + Math.imul(seed, 0x9e3779b1)) >>> 0
  value = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return (value ^ (value >>> 16)) >>> 0
}

function* ours(rows: number, of: (index: number) => Charge, planted: Record<Plant, number>): Generator<string> {
  yield 'payment_id,order_ref,amount_minor,fee_minor,currency,captured_at\n'
  for (let index = 0; index < rows; index++) {
    const { reference, amount, fee, currency, at, plant } = of(index)
    if (plant !== undefined) planted[plant]++
    if (plant === 'theirs_only') continue
    const line = `${1_000_000 + index},${reference},${amount},${fee},${currency},${new Date(at).toISOString()}\n`
    yield plant === 'duplicate_internal' ? line + line : line
  }
}

function* theirs(rows: number, of: (index: number) => Charge): Generator<string> {
  yield 'charge,created,reference,gross,fee,currency,type\n'
  const step = stepThrough(rows)
  for (let place = 0; place < rows; place++) {
    const index = Number((BigInt(place) * BigInt(step)) % BigInt(rows))
    const { reference, amount, fee, currency, at, plant } = of(index)
    if (plant === 'ours_only') continue
    const code = plant !== 'currency_mismatch' ? currency : currency === 'EUR' ? 'USD' : 'EUR'
    const gross = major(plant === 'amount_mismatch' ? amount - 7 : amount, code)
    const cost = major(plant === 'fee_mismatch' ? fee + 9 : fee, code)
    const created = new Date(at + 2_000).toISOString().slice(0, 19).replace('T', ' ')
    const id = `ch_${mixed(index, 77).toString(36)}${index.toString(36)}`
    const line = `${id},${created},${reference},${gross},${cost},${code.toLowerCase()},charge\n`
    yield plant === 'duplicate_external' ? line + line : line
  }
}

const major = (units: number, currency: string): string =>
  currency === 'JPY' ? String(units) : `${Math.floor(units / 100)}.${String(units % 100).padStart(2, '0')}`

/** A step that goes through all rows and comes back to none of them before. */
function stepThrough(rows: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  let step = Math.max(1, Math.floor(rows * 0.618))
  while (divisor(step, rows) !== 1) step++
  return step
}
