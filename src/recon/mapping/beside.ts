import { nameScore } from '../../settlement/index.ts'
import { createRowReader, type RowValue, Unreadable } from '../rows/canon-row.ts'
import { apartWord } from '../rows/kinds.ts'
import { apartState, stateOf } from '../rows/states.ts'
import { cellOf, type Side, type SideName, type SideSpec } from '../side.ts'
import type { Group } from './probe.ts'

type Sides = Readonly<Record<SideName, Side>>
type Specs = Readonly<Record<SideName, SideSpec>>
type Believed = { readonly specs: Specs; readonly notes: readonly string[] }

/** Two rows of one key and one amount, and nothing else under this key. */
type Couple = Readonly<Record<SideName, { readonly value: RowValue; readonly textIn: (column: string) => string }>>

const LEAST = 3

/**
 * The columns beside key and amount, as far as rows that are surely the same thing do not speak against them. A status such as
 * `processing` would set sales apart that the other side has; fees of the shop are never those of the PSP.
 */
export function believed(sides: Sides, found: Specs, groups: readonly Group[]): Believed {
  const notes: string[] = []
  const readable = (side: SideName): SideSpec => {
    const { fee } = found[side]
    if (fee === undefined || isFeeReadable(sides[side], found[side])) return found[side]
    notes.push(`${side}.${fee.column} is not read as a fee: it is written otherwise than the amounts`)
    return { ...found[side], fee: undefined }
  }
  const specs = { ours: readable('ours'), theirs: readable('theirs') }
  const couples = couplesOf(sides, specs, groups)
  let { ours, theirs } = specs
  const fees = couples.filter((couple) => couple.ours.value.fee !== null && couple.theirs.value.fee !== null)
  const equal = fees.filter((couple) => couple.ours.value.fee === couple.theirs.value.fee).length
  const charged = fees.filter(({ ours, theirs }) => ours.value.fee !== 0n && ours.value.fee === theirs.value.fee).length
  const isOther = fees.filter(areFarApart).length * 2 > fees.length
  // Two that are alike in some rows are one fee, of which the others may have been charged twice.
  if (
    ours.fee !== undefined &&
    fees.length >= LEAST &&
    charged * 10 < fees.length &&
    equal * 2 < fees.length &&
    isOther
  ) {
    notes.push(
      `fees are not compared: ours.${ours.fee.column} and theirs.${theirs.fee?.column} are equal in ${equal} of ${fees.length} rows`,
    )
    ours = { ...ours, fee: undefined }
  }
  const all = { ours, theirs }
  const without = (side: SideName, what: 'kind' | 'status'): SideSpec => {
    const column = all[side][what]
    if (column === undefined || !sides[side].isTable || !isDenied(sides, all, couples, { side, what })) return all[side]
    notes.push(`${side}.${column} is not read as a ${what}: it would set rows apart that the other side has`)
    return { ...all[side], [what]: undefined }
  }
  for (const what of ['kind', 'status'] as const)
    for (const side of ['ours', 'theirs'] as const) all[side] = without(side, what)
  return { specs: all, notes }
}

/** What a mapping that was saved leaves out although both files have it: a second run says so as the first one did. */
export const leftOut = (sides: Sides, { ours, theirs }: Specs): readonly string[] => {
  const [a, b] = [sides.ours.alone.fee, sides.theirs.alone.fee]
  if (a === undefined || b === undefined || (ours.fee !== undefined && theirs.fee !== undefined)) return []
  return [`fees are not compared: the mapping leaves ours.${a.column} or theirs.${b.column} out`]
}

/** A fee that cannot be read would take its row along: 0.30 among amounts such as 12,50, or 1.5 %. */
function isFeeReadable({ columns, isTable }: Side, { fee, decimal }: SideSpec): boolean {
  const column = columns.find(({ name }) => name === fee?.column)
  if (!isTable || column === undefined) return true
  const { filled, words, numbers, marks } = column
  return numbers >= (filled - words) * 0.9 && marks[decimal] >= marks[decimal === ',' ? '.' : ',']
}

/** A PSP that takes a little more than agreed takes no other fee: it is what people want to know of. */
function areFarApart({ ours, theirs }: Couple): boolean {
  const [a, b] = [ours, theirs].map(({ value }) => (value.fee ?? 0n) * ((value.fee ?? 0n) < 0n ? -1n : 1n))
  return a !== undefined && b !== undefined && (a >= b * 2n || b >= a * 2n) && a !== b
}

/** Whether a column says of so many rows that they are no sale, or none yet, that it has to mean something else. */
function isDenied(
  sides: Sides,
  specs: Specs,
  couples: readonly Couple[],
  { side, what }: { readonly side: SideName; readonly what: 'kind' | 'status' },
): boolean {
  const column = specs[side][what]
  if (column === undefined) return false
  const other: SideName = side === 'ours' ? 'theirs' : 'ours'
  const values = sides[side].columns.find(({ name }) => name === column)?.values ?? new Set<string>()
  // `processing` may be said of what is paid and not yet sent. That a payment failed, never: no money moved.
  const meaning = what === 'kind' ? apartWord : waitingState
  // What is said of every row tells none of them apart.
  if (sides[side].rows >= LEAST && values.size > 0 && [...values].every((word) => meaning(word) !== undefined))
    return true
  const wordOf = (couple: Couple, name: SideName, of: 'kind' | 'status'): string => {
    const from = specs[name][of]
    return from === undefined ? '' : couple[name].textIn(from).trim()
  }
  const isApart = (couple: Couple, name: SideName): boolean =>
    apartWord(wordOf(couple, name, 'kind')) !== undefined || apartState(wordOf(couple, name, 'status')) !== undefined
  const setsApart = (couple: Couple): boolean => meaning(wordOf(couple, side, what)) !== undefined
  const denied = couples.filter((couple) => setsApart(couple) && !isApart(couple, other)).length
  const mixed = couples.filter((couple) => {
    const [a, b] = [stateOf(wordOf(couple, side, 'status')), stateOf(wordOf(couple, other, 'status'))]
    return what === 'status' && (b === undefined ? a !== undefined && a !== 'paid' : a !== undefined && a !== b)
  }).length
  // Two columns of states are there to be compared, and may well say two things of some rows.
  const part = what === 'status' && specs[other].status !== undefined ? 0.5 : 0.2
  const hasFailed = what === 'status' && couples.some((couple) => stateOf(wordOf(couple, side, 'status')) === 'failed')
  if (denied >= LEAST && denied >= couples.length * part && !hasFailed) return true
  return what === 'status' && !isStateNamed(column) && mixed > 0 && !hasFailed
}

/** In the languages in which its words are known. */
const isStateNamed = (column: string): boolean =>
  nameScore(column, 'status') > 0 || /stat(us|ut|o|e)|estado|zustand|outcome|result/i.test(column)

const waitingState = (word: string): string | undefined => (stateOf(word) === 'pending' ? 'pending' : undefined)

function couplesOf(sides: Sides, specs: Specs, groups: readonly Group[]): readonly Couple[] {
  const read = (name: SideName) => {
    const reader = createRowReader(sides[name], specs[name], 'UTC')
    return (group: Group): Couple[SideName] | undefined => {
      const [row, ...others] = group[name]
      if (row === undefined || others.length > 0) return undefined
      const textIn = (column: string): string => row[cellOf(sides[name], column)] ?? ''
      try {
        return { value: reader(textIn), textIn }
      } catch (error) {
        if (error instanceof Unreadable) return undefined
        throw error
      }
    }
  }
  const [readOurs, readTheirs] = [read('ours'), read('theirs')]
  return groups.flatMap((group) => {
    const [ours, theirs] = [readOurs(group), readTheirs(group)]
    const isSame =
      ours !== undefined &&
      theirs !== undefined &&
      ours.value.amount === theirs.value.amount &&
      ours.value.currency === theirs.value.currency
    return isSame ? [{ ours, theirs }] : []
  })
}
