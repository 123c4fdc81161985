import { amountCaptured, type Charge, isManual, statusAt } from './charges.ts'
import { DAY_MS, dayOf, startOfDay } from './days.ts'
import { fileFaultOf } from './magic.ts'

/** From a captured charge to its lines in a settlement file. Pure; the faults of magic.ts act here and only here. */

/** Where the lines of a charge stand. Both lines of a charge with two stand in one section. */
export type Place = { readonly day: number; readonly currency: string }

/** One line's money. `foreign`: it is not the charge's own, and has names of its own. */
export type Movement = {
  readonly gross: bigint
  /** A positive cost. */
  readonly fee: bigint
  readonly foreign: boolean
}

/** What a row shows besides its money. */
export type Label = {
  readonly id: string
  readonly reference: string
  readonly status: 'captured' | 'refunded'
}

export type LineNames = { readonly chargeId: (index: number) => string; readonly bookId: () => string }

const FOREIGN_GROSS = 1_234n // minor units
const GROSS_SHORT_BY = 100n // minor units
const AFTER_MIDNIGHT_MS = 30_000

/** 2.9 %, half up, and 30 minor units. */
export const feeOf = (gross: bigint): bigint => (gross * 29n + 500n) / 1_000n + 30n

const faultOf = (charge: Charge): ReturnType<typeof fileFaultOf> => {
  const fault = fileFaultOf(charge.method, charge.amount)
  // Only a charge that is captured by itself is captured five seconds before midnight.
  return fault === 'after_midnight' && isManual(charge) ? 'none' : fault
}

/** The file and the section of a captured charge, or undefined when it is in none. */
export function placeOf(charge: Charge): Place | undefined {
  const day = dayOf(statusAt(charge))
  const { currency } = charge
  switch (faultOf(charge)) {
    case 'absent':
      return undefined
    case 'day_late':
    case 'after_midnight':
      return { day: day + 1, currency }
    case 'other_currency':
      return { day, currency: currency === 'EUR' ? 'USD' : 'EUR' }
    default:
      return { day, currency }
  }
}

/** The instant with which its lines are stamped. */
export const stampOf = (charge: Charge): number =>
  faultOf(charge) === 'after_midnight'
    ? startOfDay(dayOf(statusAt(charge))) + DAY_MS + AFTER_MIDNIGHT_MS
    : statusAt(charge)

/** Whether it shares its line with another charge of its kind in its section: the first with the second, and so on. */
export const isJoined = (charge: Charge): boolean => faultOf(charge) === 'joined'

/** `joined` is the charge that it shares its line with. */
export function movementsOf(charge: Charge, joined: Charge | undefined): readonly Movement[] {
  const amount = amountCaptured(charge)
  const own = { gross: amount, fee: feeOf(amount), foreign: false }
  if (joined !== undefined) {
    const other = amountCaptured(joined)
    return [{ ...own, gross: amount + other, fee: own.fee + feeOf(other) }]
  }
  switch (faultOf(charge)) {
    case 'foreign_line':
      return [own, { gross: FOREIGN_GROSS, fee: feeOf(FOREIGN_GROSS), foreign: true }]
    case 'twice':
      return [own, own]
    case 'gross_short':
      return [{ ...own, gross: amount > GROSS_SHORT_BY ? amount - GROSS_SHORT_BY : 1n }]
    case 'fee_tenfold':
      return [{ ...own, fee: own.fee * 10n }]
    case 'refunded':
      return [{ ...own, gross: 0n, fee: 0n }]
    default:
      return [own]
  }
}

export function labelOf(names: LineNames, charge: Charge, movement: Movement, joined: Charge | undefined): Label {
  if (joined !== undefined) {
    const both = [charge, joined]
    return {
      id: both.map(({ index }) => names.chargeId(index)).join(' '),
      reference: both.map(({ reference }) => reference).join(' '),
      status: 'captured',
    }
  }
  if (movement.foreign) {
    const own = `${names.bookId()}${charge.index.toString(36).padStart(6, '0')}`
    return { id: `ch_foreign_${own}`, reference: `foreign_${own}`, status: 'captured' }
  }
  const fault = faultOf(charge)
  return {
    id: names.chargeId(charge.index),
    reference: fault === 'reference_mangled' ? `~${[...charge.reference].reverse().join('')}~` : charge.reference,
    status: fault === 'refunded' ? 'refunded' : 'captured',
  }
}
