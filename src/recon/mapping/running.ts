import { SIDES, type Side, type SideName } from '../side.ts'
import type { KeyPair } from './probe.ts'

type Sides = Readonly<Record<SideName, Side>>

const valuesOf = (sides: Sides, pair: KeyPair, side: SideName): readonly string[] => [
  ...(sides[side].columns.find(({ name }) => name === pair[side])?.values ?? []),
]

/** Numbers of rows, from one on: any two files have them in common. */
export const isCounter = (sides: Sides, pair: KeyPair): boolean =>
  SIDES.some((side) => {
    const values = valuesOf(sides, pair, side)
    return values.length > 1 && values.every((text, place) => Number(text) === place + 1)
  })

/** So many numbers for one that is there, and no more. */
const LOOSEST = 8

/**
 * Numbers that two systems give out one after the other, and that may be those of different things: 1001 is an order here and
 * another one there. Only the rest of their rows can prove that they are the same.
 */
export const isRunning = (sides: Sides, pair: KeyPair): boolean =>
  SIDES.every((side) => {
    const values = valuesOf(sides, pair, side)
    if (!values.every((text) => /^\d{1,15}$/.test(text))) return false
    const numbers = values.map(Number)
    return Math.max(...numbers) - Math.min(...numbers) < numbers.length * LOOSEST
  })
