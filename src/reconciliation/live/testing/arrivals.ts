import type { Seeded } from '../../../../test/support/seeded.ts'
import { type FileLine, settlementText } from '../../../../test/support/settlement-text.ts'
import type { Attempt } from '../../../payments/index.ts'
import { reportOf } from '../../../payments/testing/books.ts'
import type { Db, Tx } from '../../../platform/db.ts'
import { publicId } from '../../../platform/ids.ts'
import type { Outcome, Psp } from '../../../psp/psp.ts'
import type { Source } from '../../source.ts'

/** What comes to a live view in a test: captures, what the PSP tells of them, and its file. */

export const SOURCE: Source = {
  name: 'simulator',
  zone: 'UTC',
  cutOff: '00:00',
  dayNamedBy: 'start',
  graceMinutes: 15,
  lagDays: 1,
  feeSchedule: undefined,
}

export const DAY = '2026-03-03'

/** A database on which some transactions end in the middle, with nothing done. */
export const cutOff = (db: Db, random: Seeded): Db => ({
  ...db,
  transaction: (work, options) => {
    let left = random.chance(0.3) ? random.integer(0, 8) : Number.POSITIVE_INFINITY
    return db.transaction((tx) => {
      const run: Tx['run'] = (statement, values) => {
        left -= 1
        if (left < 0) return Promise.reject(new Error('cut off'))
        return tx.run(statement, values)
      }
      return work({ ...tx, run })
    }, options)
  },
})

export const shuffled = <T>(random: Seeded, items: readonly T[]): readonly T[] =>
  items
    .map((item) => [random.next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)

export type Said = { readonly reference: string | undefined; readonly outcome: Outcome }

/** The part of a PSP that an inbox asks: the body is the number of what is said. */
export const telling = (words: readonly Said[]): Psp =>
  ({
    name: SOURCE.name,
    verifyWebhook: (_headers: unknown, body: Buffer) => ({ id: `evt_${body}`, ...words[Number(body.toString())] }),
  }) as unknown as Psp

type Captured = Extract<Outcome, { outcome: 'captured' }>

/** That it was captured at noon of the day, or so close to its end that it may stand in the next day's file. */
export function capturedOf(charge: Attempt, isLate = false): Captured {
  const { outcome } = reportOf(charge, 'captured')
  const at = new Date(`${DAY}T${isLate ? '23:59:55' : '12:00:00'}.000Z`)
  return { ...(outcome as Captured), occurredAt: at }
}

/** Most is told as it was, some of it again; some over another amount, without our reference, or of a charge that nobody knows. */
export function toldAbout(random: Seeded, charge: Attempt): readonly Said[] {
  const kind = random.weighted({ nothing: 3, right: 6, again: 1, amount: 1, mangled: 1, foreign: 1, authorised: 1 })
  const said = capturedOf(charge)
  const reference = publicId('att', charge.id)
  switch (kind) {
    case 'nothing':
      return []
    case 'again':
      return [
        { reference, outcome: said },
        { reference, outcome: said },
      ]
    case 'amount':
      return [{ reference, outcome: { ...said, amount: said.amount + 1n } }]
    case 'mangled':
      return [{ reference: 'mangled', outcome: said }]
    case 'foreign':
      return [{ reference: 'foreign', outcome: { ...said, pspReference: `foreign_${charge.id}` } }]
    case 'authorised':
      return [{ reference, outcome: { ...said, outcome: 'authorised' } as Outcome }]
    default:
      return [{ reference, outcome: said }]
  }
}

/** The day's file about these charges: right, or wrong in every way that a line can be; and joined lines, and a payout. */
export function fileAbout(random: Seeded, charges: readonly Attempt[]): string {
  const lines = shuffled(random, charges).flatMap((charge) => linesAbout(random, charge))
  const [first, ...more] = shuffled(random, charges).slice(0, random.integer(0, 3))
  return settlementText(DAY, [
    ...lines,
    ...(first === undefined || more.length === 0 ? [] : [joinedLine(random, [first, ...more])]),
  ])
}

function lineOf(charge: Attempt): FileLine {
  const { amount, currency, pspReference, occurredAt: at } = capturedOf(charge)
  const names = { pspReference, reference: publicId('att', charge.id) }
  return { ...names, kind: 'charge', currency, amount, fee: 30n, status: 'captured', at }
}

function linesAbout(random: Seeded, charge: Attempt): readonly FileLine[] {
  const line = lineOf(charge)
  const kind = random.weighted({
    right: 8,
    nothing: 3,
    twice: 1,
    amount: 1,
    currency: 1,
    status: 1,
    mangled: 1,
    foreign: 1,
  })
  switch (kind) {
    case 'nothing':
      return []
    case 'twice':
      return [line, line]
    case 'amount':
      return [{ ...line, amount: line.amount - 1n }]
    case 'currency':
      return [{ ...line, currency: 'USD' }]
    case 'status':
      return [{ ...line, status: 'refunded' }]
    case 'mangled':
      return [{ ...line, reference: 'mangled' }]
    case 'foreign':
      return [
        { ...line, reference: 'foreign', pspReference: `foreign_${charge.id}`, at: new Date(`${DAY}T00:00:30.000Z`) },
      ]
    default:
      return [line]
  }
}

function joinedLine(random: Seeded, charges: readonly Attempt[]): FileLine {
  const lines = charges.map(lineOf)
  const [first] = lines
  return {
    ...(first as FileLine),
    reference: lines.map(({ reference }) => reference).join(' '),
    pspReference: lines.map(({ pspReference }) => pspReference).join(' '),
    amount: lines.reduce((sum, { amount }) => sum + amount, 0n) + (random.chance(0.2) ? 1n : 0n),
  }
}
