import {
  type ColumnSurvey,
  createDateReader,
  DATE_ORDERS,
  type DateOrder,
  type DateReader,
  isSpelled,
  nameScore,
  wordsOf,
} from '../../settlement/index.ts'
import { cellOf, type Side, type SideName, type SideSpec } from '../side.ts'
import type { Confidence, Field } from './mapping.ts'
import type { Group } from './probe.ts'

type Choice = {
  readonly column: string
  readonly order: DateOrder
  /** Whether another order would read it as well. */
  readonly isOpen: boolean
  readonly name: number
  /** Plain numbers that no name calls a date: they are one when they agree with the dates of the other side. */
  readonly isNumber: boolean
}
type DateSpec = SideSpec['date']
export type DateFit = { readonly field: Field; readonly ours: DateSpec; readonly theirs: DateSpec }

const DAY_MS = 86_400_000
const NEAR_DAYS = 4 // a weekend and a day: what a payment takes from one book into the other
const FAR_DAYS = 200 // nothing is paid so late: they are days of something else, or of another calendar

/**
 * Finds the date of both sides: the columns, and orders of day and month, with which rows of one key are on nearly the
 * same day. An order that neither the file nor the other side proves is open, and then no date is read.
 */
export function fitDates(
  sides: Readonly<Record<SideName, Side>>,
  groups: readonly Group[],
  given: Readonly<Partial<Record<SideName, string>>>,
): DateFit {
  const [ours, theirs] = [candidates(sides.ours, given.ours), candidates(sides.theirs, given.theirs)]
  const dates = createDateReader()
  const days = (side: Side, choice: Choice) => groups.map((group) => dayOf(side, choice, group, dates))
  const theirDays = theirs.map((choice) => days(sides.theirs, choice))
  const fits = ours.flatMap((a) => {
    const ourDays = days(sides.ours, a)
    return theirs.map((b, place) => {
      const others = theirDays[place] ?? []
      return { a, b, read: JSON.stringify([ourDays, others]), ...nearness(ourDays, others) }
    })
  })
  const proven = fits.filter((fit) => !(fit.a.isNumber || fit.b.isNumber) || isAgreed(fit))
  const best = proven.toSorted((x, y) => score(y) - score(x))[0]
  if (best === undefined) return onOneSide(ours.filter(isNamed), theirs.filter(isNamed))
  const { a, b, compared, near, far } = best
  const part = compared === 0 ? 0 : near / compared
  const isRivalled = fits.some(
    (each) =>
      // Two orders that read every date alike are one.
      each.read !== best.read &&
      each.a.column === a.column &&
      each.b.column === b.column &&
      (each.a.order !== a.order || each.b.order !== b.order) &&
      each.near >= near * 0.8,
  )
  const isOpen = (a.isOpen || b.isOpen) && (isRivalled || part < 0.8 || compared < 2)
  const isApart = compared >= 3 && far > compared / 2 && (given.ours === undefined || given.theirs === undefined)
  const confidence: Confidence = isOpen || isApart ? 'guess' : part >= 0.9 && compared >= 3 ? 'sure' : 'likely'
  const reason = isOpen
    ? 'day and month could be swapped, and nothing proves which is which'
    : compared === 0
      ? 'by name; no rows to compare'
      : `dates agree within ${NEAR_DAYS} days for ${percent(near, compared)}${isApart ? `, and most are more than ${FAR_DAYS} days apart` : ''}`
  const field: Field = { ours: a.column, theirs: b.column, confidence, reason }
  return { field, ours: isOpen ? undefined : specOf(a), theirs: isOpen ? undefined : specOf(b) }
}

const isAgreed = ({ a, b, compared, near }: { a: Choice; b: Choice; compared: number; near: number }): boolean =>
  !(a.isNumber && b.isNumber) && compared >= 3 && near >= compared * 0.9

const isNamed = ({ isNumber }: Choice): boolean => !isNumber

export const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

const specOf = ({ column, order }: Choice): DateSpec => ({ column, order })

function onOneSide(ours: readonly Choice[], theirs: readonly Choice[]): DateFit {
  const [choice] = [...ours, ...theirs].toSorted((x, y) => y.name - x.name)
  const isOurs = choice !== undefined && ours.includes(choice)
  const isOpen = choice?.isOpen === true
  const field: Field = {
    ours: isOurs ? choice.column : undefined,
    theirs: isOurs ? undefined : choice?.column,
    confidence: isOpen ? 'guess' : choice === undefined ? 'none' : 'likely',
    reason: isOpen
      ? 'day and month could be swapped, and nothing proves which is which'
      : choice === undefined
        ? 'neither file has dates: every one-sided row is real at once'
        : `only ${isOurs ? 'ours' : 'theirs'} has dates`,
  }
  const spec = choice === undefined || isOpen ? undefined : specOf(choice)
  return { field, ours: isOurs ? spec : undefined, theirs: isOurs ? undefined : spec }
}

const score = ({ a, b, compared, near }: { a: Choice; b: Choice; compared: number; near: number }): number =>
  (compared === 0 ? 0 : (near / compared) * 200) + a.name + b.name

/** `col:dmy` says the order too. */
function candidates(side: Side, given: string | undefined): readonly Choice[] {
  if (given !== undefined) return givenChoices(side, given)
  if (!side.isTable) return [{ column: 'date', order: 'ymd', isOpen: false, name: 100, isNumber: false }]
  const written = side.columns.flatMap(choicesOf)
  return written.length > 0 ? written : []
}

function givenChoices(side: Side, given: string): readonly Choice[] {
  const order = DATE_ORDERS.find((each) => given.endsWith(`:${each}`))
  const name = order === undefined ? given : given.slice(0, -order.length - 1)
  cellOf(side, name)
  if (order !== undefined) return [{ column: name, order, isOpen: false, name: 100, isNumber: false }]
  const column = side.columns.find((each) => each.name === name)
  return column === undefined ? [] : choicesOf(column).map((each) => ({ ...each, name: 100, isNumber: false }))
}

function choicesOf(column: ColumnSurvey): readonly Choice[] {
  const { filled, dates, orders, values } = column
  if (filled === 0 || dates < filled * 0.7) return []
  const name = dateName(column.name)
  const most = Math.max(...Object.values(orders))
  const best = DATE_ORDERS.filter((order) => orders[order] === most)
  const isWritten = [...values].some((text) => /\d[-/.]\d|\p{L}{3}/u.test(text) || /^(19|20)\d{6}$/.test(text))
  const isNumber = !isWritten && name === 0
  if (best.length === 1 || isSpelled(column))
    return [{ column: column.name, order: best[0] ?? 'ymd', isOpen: false, name, isNumber }]
  return isNumber ? [] : best.map((order) => ({ column: column.name, order, isOpen: true, name, isNumber }))
}

/** `captured_at` and `paid on` say a date in whatever word comes before. */
const dateName = (name: string): number =>
  Math.max(
    nameScore(name, 'date'),
    nameScore(name, 'valueDate') - 30,
    /\p{L} (at|on|time|ts|utc|date)$/u.test(wordsOf(name)) ? 40 : 0,
  )

function dayOf(side: Side, { column, order }: Choice, group: Group, dates: DateReader): number | undefined {
  const cell = cellOf(side, column)
  for (const row of group[side.name]) {
    const read = dates.read(row[cell] ?? '', order)
    if (read !== undefined) return Date.parse(read.date) / DAY_MS
  }
  return undefined
}

function nearness(ours: readonly (number | undefined)[], theirs: readonly (number | undefined)[]) {
  let [compared, near, far] = [0, 0, 0]
  for (let place = 0; place < ours.length; place += 1) {
    const [a, b] = [ours[place], theirs[place]]
    if (a === undefined || b === undefined) continue
    compared += 1
    if (Math.abs(a - b) <= NEAR_DAYS) near += 1
    if (Math.abs(a - b) > FAR_DAYS) far += 1
  }
  return { compared, near, far }
}
