import type { Diagnostics } from '../diagnostics.ts'
import type { Movement } from './movement.ts'

/**
 * Movements that are the sum of the details behind them (a batch of direct debits, a fee and its tax). The first record of
 * a depth has its number, and so has the last one; a detail in between with a greater number is a sum itself. Some banks
 * leave the last number out: then the next movement ends it. Details that do not come to their sum are told: they move no
 * balance, so nothing else proves them.
 */
export type Globalisation = {
  readonly take: (movement: Movement) => void
  readonly end: () => void
}

type Level = { readonly depth: number; readonly line: number; readonly stated: bigint; sum: bigint; details: number }

export function createGlobalisation(diagnostics: Diagnostics): Globalisation {
  let levels: Level[] = []

  function close(level: Level): void {
    if (level.details === 0 || level.sum === level.stated) return
    const message = `The details of the movement come to ${level.sum} thousandths, and it is ${level.stated}`
    diagnostics.add({ severity: 'warning', code: 'details', line: level.line, message })
  }

  function end(): void {
    for (const level of levels.reverse()) close(level)
    levels = []
  }

  return {
    take({ detail, depth, line, thousandths }) {
      if (detail === '0000') end()
      const level = levels.at(-1)
      if (level !== undefined) {
        level.sum += thousandths
        level.details++
      }
      if (depth === 0) return
      if (level?.depth === depth) {
        levels.pop()
        close(level)
      } else if (level === undefined ? detail === '0000' : depth > level.depth)
        // Nine depths at most, each greater than the one around it.
        levels.push({ depth, line, stated: thousandths, sum: 0n, details: 0 })
    },
    end,
  }
}
