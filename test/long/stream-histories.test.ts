import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DuckDb, openDuckDb } from '../../src/platform/duckdb.ts'
import type { BreakCode } from '../../src/reconciliation/break.ts'
import { randomHistory } from '../../src/reconciliation/engines/stream/testing/history.ts'
import { decideWithDuckDb } from '../../src/reconciliation/engines/stream/testing/with-duckdb.ts'
import { decideWithStream } from '../../src/reconciliation/engines/stream/testing/with-stream.ts'
import { createSeeded } from '../support/seeded.ts'

/**
 * The nightly run compares file by file, the stream record by record, in whatever order they come: both end in the same
 * breaks, states and proofs, through the one state machine. A history that fails is made again by its seed, which is part of
 * the name of its test. `TALLYSTICK_HISTORIES` says how many there are, `TALLYSTICK_TEST_SEED` where they begin.
 */
const COUNT = Number(process.env['TALLYSTICK_HISTORIES'] ?? 30)
const FIRST = Number(process.env['TALLYSTICK_TEST_SEED'] ?? 1)
const AT_ONCE = 10
const SEEDS = Array.from({ length: Math.ceil(COUNT / AT_ONCE) }, (_, n) => FIRST + n * AT_ONCE)

let folder: string
let duckdb: DuckDb
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-histories-'))
  duckdb = await openDuckDb(folder)
})
afterAll(() => {
  duckdb.close()
  rmSync(folder, { recursive: true, force: true })
})

const CODES: readonly BreakCode[] = [
  'cutoff_straddle',
  'awaiting_settlement',
  'awaiting_internal',
  'missing_external',
  'missing_internal',
  'currency_mismatch',
  'status_mismatch',
  'amount_mismatch',
  'split_mismatch',
  'fee_mismatch',
  'duplicate_internal',
  'duplicate_external',
]
const met = new Set<BreakCode>()
let tolerated = 0n

// A machine that is busy may take its time: a history that is cut off would meet the next one in the same database.
describe('a random history', { timeout: 300_000 }, () => {
  it.each(SEEDS)('ends in the same states record by record as night by night (seeds from %i)', async (first) => {
    for (let seed = first; seed < Math.min(first + AT_ONCE, FIRST + COUNT); seed += 1) {
      const history = randomHistory(createSeeded(seed))

      const byNight = await decideWithDuckDb(history, duckdb, folder)

      for (const { found, promoted } of byNight) for (const { code } of [...found, ...promoted]) met.add(code)
      for (const night of byNight) {
        for (const { pairs } of night.tolerated) tolerated += pairs
        expect(night.proof.filter(({ unexplained }) => unexplained !== 0n)).toEqual([])
      }
      for (const order of [1, 2])
        expect(decideWithStream(history, createSeeded(seed * 1_000 + order)), `seed ${seed}, order ${order}`).toEqual(
          byNight,
        )
    }
  })

  it('meets every code that records can have', () => {
    expect(CODES.filter((code) => !met.has(code))).toEqual([])
  })

  it('meets differences that its rules tolerate', () => {
    expect(tolerated).toBeGreaterThan(0n)
  })
})
