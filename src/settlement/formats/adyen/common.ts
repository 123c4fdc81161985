import type { Minor } from '../decimal.ts'
import type { LineKind } from '../format.ts'
import type { Clock, Moment, Zone, Zones } from '../named-csv/clock.ts'
import { type Columns, cellAt, type Fields } from '../named-csv/columns.ts'
import { type Money, minorIn, plus, ZERO } from '../named-csv/money.ts'
import { createOnce, type Identify, metadataReferences, others, shortened } from '../named-csv/words.ts'
import type { Reading } from '../reading.ts'
import { kindOfType } from './types.ts'

/** What the settlement details and the payments accounting have in common. */

/**
 * The costs of a row. Adyen's own total of them, `Payment Fees`, is only read where an account has chosen it in place of the
 * four.
 */
export function feeReader(columns: Columns, unit: 'NC' | 'SC'): (fields: Fields, money: Money) => Minor {
  const places = ['Commission', 'Markup', 'Scheme Fees', 'Interchange'].map((name) =>
    columns.amount(`${name} (${unit})`),
  )
  const total = columns.amount(`Payment Fees (${unit})`)
  const parts = places.filter((place) => place !== -1)
  return (fields, money) => {
    let sum: Minor | undefined
    for (const place of parts) {
      const part = minorIn(fields, place, money)
      if (part !== undefined) sum = sum === undefined ? part : plus(sum, part, money)
    }
    return sum ?? minorIn(fields, total, money) ?? ZERO
  }
}

/** Where the identifiers of a row are. `modification` is what Adyen calls its own reference of a capture or refund. */
export const idPlacesIn = (columns: Columns, { type, modification }: { type: string; modification: string }) => ({
  type: columns.place(type),
  psp: columns.place('Psp Reference'),
  ours: columns.place('Merchant Reference'),
  modification: columns.place(modification),
  rest: ['Modification Merchant Reference', 'Merchant Order Reference', 'Dispute Reference', 'ARN', 'Order Reference']
    .map((name) => columns.place(name))
    .filter((place) => place !== -1),
  metadata: columns.place('Metadata'),
})

type IdPlaces = ReturnType<typeof idPlacesIn>

/**
 * References of a row. Where it is about no payment, what stands in the place of the modification's reference is a text for
 * people: it has the number of a payout or an invoice in it.
 */
export function referencesOf(fields: Fields, places: IdPlaces, identify: Identify, line: number) {
  const payment = identify(fields, places.psp, line)
  const reference = identify(fields, places.ours, line)
  const modified = cellAt(fields, places.modification)
  const isText = modified.includes(' ')
  const numbers = isText ? numbersIn(modified) : NONE
  const modification = isText ? undefined : identify(fields, places.modification, line)
  const isType = modification !== undefined && modification === cellAt(fields, places.type)
  const pspReference = payment ?? numbers[0] ?? (isType ? undefined : modification)
  const ids: (string | undefined)[] = isType ? [...numbers] : [modification, ...numbers]
  for (const place of places.rest) {
    const id = identify(fields, place, line)
    if (id !== AUTOMATIC) ids.push(id)
  }
  const metadata = cellAt(fields, places.metadata)
  if (metadata !== '') ids.push(...metadataReferences(metadata))
  return {
    reference,
    pspReference,
    otherReferences: others(ids, reference, pspReference),
    description: isText ? shortened(modified) : undefined,
  }
}

const NONE: readonly string[] = []
/** What Adyen writes where it captured by itself, and we gave no reference. */
const AUTOMATIC = '<auto>'
const MAX_TEXT = 1_024

/** `TX123XT` of a payout, which stands in the bank statement as well, and the number of an invoice. */
const numbersIn = (text: string): readonly string[] =>
  text.slice(0, MAX_TEXT).match(/\bTX\d{4,20}XT\b|\b[A-Z]{2}\d{8,16}\b/g) ?? []

/** The kind of a type. One that is not known is an adjustment, and is told once. */
export function kindReader(reading: Reading, place: number): (type: string, amount: bigint, line: number) => LineKind {
  const once = createOnce(reading)
  return (type, amount, line) => {
    const kind = kindOfType(type, amount)
    if (kind !== undefined) return kind
    const message = `"${type.slice(0, 64)}" is no type that is known: its rows are read as adjustments`
    once(type, { line, column: place + 1 }, 'kind', message)
    return 'adjustment'
  }
}

/**
 * The moment of a column whose zone stands in another one, as an abbreviation: the offset is that of the abbreviation also
 * where the clock there would have been set otherwise. A zone that is not known gives the day alone, and is told once.
 */
export function momentReader(
  {
    clock,
    zones,
    zone,
    once,
  }: { clock: Clock; zones: Zones; zone: Zone | undefined; once: ReturnType<typeof createOnce> },
  [datePlace, zonePlace]: readonly [number, number],
): (fields: Fields, line: number) => Moment | undefined {
  return (fields, line) => {
    const name = cellAt(fields, zonePlace)
    const named = name === '' ? undefined : zones(name)
    if (name !== '' && named === undefined && zone === undefined) {
      const shown = name.slice(0, 32)
      const message = `The zone "${shown}" is not one that stands for a single offset: its times give their day alone`
      once(shown, { line, column: zonePlace + 1 }, 'zone', message)
    }
    return clock(fields, datePlace, { line, zone: named ?? zone })
  }
}
