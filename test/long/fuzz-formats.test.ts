import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AnyFormat,
  type FileSummary,
  readyFormat,
  type SettlementLine,
} from '../../src/settlement/formats/format.ts'
import { FORMATS } from '../../src/settlement/formats/index.ts'
import { PUBLISHED_FILES, TABLE_FILES } from '../support/format-files.ts'
import { mutated } from '../support/mutate.ts'
import { createSeeded } from '../support/seeded.ts'

/** Repeats everything below. */
const SEED = 20_260_303

const CASES = 21_000

/** A case is read in pieces of so many bytes, so that every reader is interrupted. */
const PIECE_BYTES = 512

/** Files that damage is done to; larger ones take longer and find no more. */
const MAX_BYTES = 6_000

const FILES = { ...PUBLISHED_FILES, ...TABLE_FILES }
const names = Object.keys(FILES)
const casesEach = Math.ceil(CASES / names.length)

type Case = {
  readonly bytes: Buffer
  readonly summary: FileSummary
  readonly lines: readonly SettlementLine[]
  readonly pulls: number
}

async function read(format: AnyFormat, bytes: Buffer): Promise<Case> {
  const lines: SettlementLine[] = []
  let pulls = 0
  async function* open(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      pulls++
      yield bytes.subarray(at, at + PIECE_BYTES)
    }
  }
  const ready = await readyFormat(format, open)
  const summary = await ready.read(open(), (piece) => {
    lines.push(...piece)
    return Promise.resolve()
  })
  return { bytes, summary, lines, pulls }
}

/** What a reader made of the bytes, in things: a bound on its work that no clock has a part in. */
const stepsOf = ({ summary, lines, pulls }: Case): number =>
  lines.length + summary.statements.length + summary.diagnostics.length + pulls

/** Statements that pass and do not add up. */
function wrongSums({ summary, lines }: Case): string[] {
  // Of a file that cannot be used, lines may not have been handed on.
  if (!summary.readable) return []
  return summary.statements.flatMap(({ control, opening, closing }, index) => {
    if (control.status !== 'pass' || opening === undefined || closing === undefined) return []
    const booked = lines.filter((line) => line.statement === index && line.booked !== false)
    const sum = booked.reduce((total, { amount, fee }) => total + amount - fee, opening)
    return sum === closing ? [] : [`statement ${index} passes with ${sum} instead of ${closing}`]
  })
}

describe(`Damaged files, with the seed ${SEED}`, () => {
  it.each(names)('in %s are read in bounded steps, never throw, and prove no wrong sum', async (name) => {
    const format = FORMATS.find((each) => each.name === name)
    if (format === undefined) throw new Error(`there is no format ${name}`)
    const seeded = createSeeded(SEED + names.indexOf(name))
    const { one, more } = FILES[name] ?? { one: '', more: fc.constant('') }
    const whole = [one, ...fc.sample(more, { seed: SEED, numRuns: 60 })].filter((text) => text.length <= MAX_BYTES)
    const wrong: string[] = []
    const steps: number[] = []
    let usable = 0

    for (let number = 0; number < casesEach; number++) {
      const bytes = mutated(seeded.pick(whole), seeded)
      const damaged = await read(format, bytes)
      steps.push(stepsOf(damaged))
      if (damaged.summary.readable) usable++
      wrong.push(
        ...wrongSums(damaged).map((text) => `case ${number}: ${text}: ${JSON.stringify(bytes.toString('latin1'))}`),
      )
    }

    const median = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0
    expect(wrong).toEqual([])
    // Otherwise the damage is too great, or too small, to find anything.
    expect(usable / casesEach).toBeGreaterThan(0.2)
    expect(usable / casesEach).toBeLessThan(1)
    expect(steps.at(-1)).toBeLessThanOrEqual(50 * Math.max(median, 1))
  })
})
