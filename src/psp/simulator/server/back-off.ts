import assert from 'node:assert'

/** Something to be attempted at `dueAt`, in milliseconds, after `attempts` that failed. */
export type Due = { readonly dueAt: number; readonly attempts: number }

/** Things in the order in which they are due. */
export type BackOff<T extends Due> = {
  /** In order of time among those with as many attempts; `held` ones stand in a line of their own. */
  readonly push: (item: T, held: boolean) => void
  readonly take: (nowMs: number) => T | undefined
  readonly nextDueAt: () => number | undefined
  readonly clear: () => void
}

/** The wait after the first, second, … failed attempt; the last one repeats. */
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]

export const waitAfter = (attempts: number): number => WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? 0

type Line<T> = { items: T[]; start: number }

const HELD_LINE = WAITS_MS.length + 1

/**
 * One line for each wait, so that every line is in order of time without sorting: the first is for what
 * is due at once, the last for what is held.
 */
export function createBackOff<T extends Due>(): BackOff<T> {
  let lines = emptyLines<T>()
  return {
    push(item, held) {
      const line = lines[held ? HELD_LINE : Math.min(item.attempts, WAITS_MS.length)]
      assert(line !== undefined, 'there is a line for every number of attempts')
      line.items.push(item)
    },
    take(nowMs) {
      for (const line of lines) {
        const first = line.items[line.start]
        if (first === undefined || first.dueAt > nowMs) continue
        advance(line)
        return first
      }
      return undefined
    },
    nextDueAt() {
      let earliest: number | undefined
      for (const line of lines) {
        const first = line.items[line.start]
        if (first !== undefined && (earliest === undefined || first.dueAt < earliest)) earliest = first.dueAt
      }
      return earliest
    },
    clear() {
      lines = emptyLines()
    },
  }
}

const emptyLines = <T>(): Line<T>[] => Array.from({ length: HELD_LINE + 1 }, () => ({ items: [], start: 0 }))

const CUT_AT = 1_000 // a shorter line is not worth the copy

/** Drops the first of a line; the array is cut when half of it is past, so each item is moved at most once. */
function advance<T>(line: Line<T>): void {
  line.start++
  if (line.start < CUT_AT || line.start * 2 < line.items.length) return
  line.items = line.items.slice(line.start)
  line.start = 0
}
