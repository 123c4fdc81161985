import assert from 'node:assert'
import type { DeclineCode } from '../../declines.ts'
import type { ChargeRecord, ChargeStatus, MoveRecord } from './records.ts'

/**
 * A charge in memory. Most charges are captured at once and never change, so what only some have stands
 * in `rare`: a million charges then fit in a few hundred megabytes.
 */
export type Charge = {
  readonly index: number
  readonly reference: string
  readonly key: string
  readonly amount: bigint
  readonly currency: string
  readonly method: string
  readonly createdAt: number
  status: ChargeStatus
  rare: Rare | undefined
}

type Rare = {
  readonly manual: boolean
  /** The status in the answer to the create. */
  readonly answered: ChargeStatus
  readonly due: number | undefined
  /** The charge before this one under the same reference. */
  readonly previous: number | undefined
  /** When the status was reached. */
  statusAt: number
  decline: DeclineCode | undefined
  /** Less than the amount when only a part was captured. */
  capturedAmount: bigint | undefined
}

export type Charges = {
  readonly add: (record: ChargeRecord) => Charge
  readonly move: (record: MoveRecord) => Charge
  readonly count: () => number
  readonly at: (index: number) => Charge | undefined
  /** Newest first, at most `limit`. */
  readonly byReference: (reference: string, limit: number) => Charge[]
  /** The pending charge that is captured by itself next, if there is any. */
  readonly nextDue: () => Charge | undefined
}

export const isManual = (charge: Charge): boolean => charge.rare?.manual ?? false
export const answeredStatus = (charge: Charge): ChargeStatus => charge.rare?.answered ?? charge.status
export const statusAt = (charge: Charge): number => charge.rare?.statusAt ?? charge.createdAt
export const amountCaptured = (charge: Charge): bigint =>
  charge.status === 'captured' ? (charge.rare?.capturedAmount ?? charge.amount) : 0n

export function createCharges(): Charges {
  const charges: Charge[] = []
  const newestByReference = new Map<string, number>()
  const due: Charge[] = []
  let firstDue = 0
  const intern = createInterner()

  function add(record: ChargeRecord): Charge {
    const previous = newestByReference.get(record.reference)
    const charge: Charge = {
      index: charges.length,
      reference: record.reference,
      key: record.key,
      amount: BigInt(record.amount),
      currency: intern(record.currency),
      method: intern(record.method),
      createdAt: record.at,
      status: record.status,
      rare: rareOf(record, previous),
    }
    charges.push(charge)
    newestByReference.set(charge.reference, charge.index)
    // Business time never goes back and the cut-off is the same for all, so this list is in order of time.
    if (record.due !== undefined) due.push(charge)
    return charge
  }

  function move(record: MoveRecord): Charge {
    const charge = charges[record.charge]
    assert(charge !== undefined, `record of a charge that is not there: ${record.charge}`)
    charge.rare ??= {
      manual: false,
      answered: charge.status,
      due: undefined,
      previous: undefined,
      statusAt: record.at,
      decline: undefined,
      capturedAmount: undefined,
    }
    charge.status = record.status
    charge.rare.statusAt = record.at
    charge.rare.decline = record.decline
    charge.rare.capturedAmount = record.amount === undefined ? undefined : BigInt(record.amount)
    return charge
  }

  return {
    add,
    move,
    count: () => charges.length,
    at: (index) => charges[index],
    byReference(reference, limit) {
      const found: Charge[] = []
      let index = newestByReference.get(reference)
      while (index !== undefined && found.length < limit) {
        const charge = charges[index]
        assert(charge !== undefined, 'every indexed charge exists')
        found.push(charge)
        index = charge.rare?.previous
      }
      return found
    },
    nextDue() {
      while (firstDue < due.length && due[firstDue]?.status !== 'pending') firstDue++
      return due[firstDue]
    },
  }
}

function rareOf(record: ChargeRecord, previous: number | undefined): Rare | undefined {
  const ordinary = record.status === 'captured' && record.answered === undefined && record.manual === undefined
  if (ordinary && previous === undefined) return undefined
  return {
    manual: record.manual ?? false,
    answered: record.answered ?? record.status,
    due: record.due,
    previous,
    statusAt: record.at,
    decline: record.decline,
    capturedAmount: undefined,
  }
}

const MAX_INTERNED = 1_000 // currencies and tokens are few; a caller that invents tokens must not fill the table

/** Gives one copy of texts that come again and again. */
function createInterner(): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const copy = known.get(text)
    if (copy !== undefined) return copy
    if (known.size < MAX_INTERNED) known.set(text, text)
    return text
  }
}
