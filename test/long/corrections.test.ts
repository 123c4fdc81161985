import { describe, expect, it } from 'vitest'
import { isTransient } from '../../src/platform/db.ts'
import { settlementOf } from '../../src/reconciliation/index.ts'
import {
  type Balances,
  booksAfter,
  charges,
  expectSameBooks,
  file,
  inTheFirstPlace,
  joined,
  line,
  NOTHING,
  other,
  play,
  right,
  type Script,
  type Step,
  take,
  useCharges,
  without,
} from '../support/corrections.ts'
import { dyingDb } from '../support/mortal.ts'
import { booksOf, dayAt, type Nights, openNights } from '../support/nights.ts'
import type { FileLine } from '../support/settlement-text.ts'

/**
 * Files that were wrong. What stays is what reconciliation.md says: histories, and what sellers got.
 */

const database = useCharges()

describe('a file that was wrong leaves the books as if the last one had come first', () => {
  const WRONG = ['b', 'single', 'yen', 'dinar'] as const
  const wrongly = (): readonly FileLine[] => [
    line('b', { fee: 999n }),
    line('single', { amount: 1n }),
    line('yen', { currency: 'USD' }),
    line('dinar', { status: 'refunded' }),
    ...without(0, ...WRONG),
  ]
  const again = { at: new Date(`${dayAt(0)}T12:00:01Z`) }

  const CASES: Record<string, () => Script> = {
    'lines change their fee, amount, currency and status': () => [[file(0)], [file(0, wrongly()), file(1)]],
    'what is wrong with them is put right': () => [[file(0, wrongly())], [file(0), file(1)]],
    'lines that were wrong go': () => [[file(0, wrongly())], [file(0, without(0, ...WRONG)), file(1)]],
    'a line goes that stood in two versions before, at another place': () => [
      [file(0)],
      [file(0, [other('adjustment', 0, 55n), ...without(0, 'e')]), file(1)],
      [file(0, [other('adjustment', 0, 55n), ...without(0, 'e', 'b', 'yen')]), file(2)],
    ],
    'a day is withdrawn, and another version comes nights later': () => [
      [file(0)],
      [file(1)],
      [{ withdraw: 0 }, file(2)],
      [file(0, without(0, 'single')), file(3)],
    ],
    'two charges share a line and then have their own': () => [
      [file(0, [...without(0, 'b', 'e'), joined(['b', 'e'])])],
      [file(0), file(1)],
    ],
    'two charges had their own line and then share one': () => [
      [file(0)],
      [file(0, [...without(0, 'b', 'e'), joined(['b', 'e'])]), file(1)],
    ],
    'a shared line changes its fee': () => [
      [file(0, [...without(0, 'b', 'e'), joined(['b', 'e'], { fee: 500n })])],
      [file(0, [...without(0, 'b', 'e'), joined(['b', 'e'])]), file(1)],
    ],
    'a shared line comes to its amount at last': () => [
      [file(0, [...without(0, 'b', 'e'), joined(['b', 'e'], { amount: 3_499n })])],
      [file(0, [...without(0, 'b', 'e'), joined(['b', 'e'])]), file(1)],
    ],
    'a shared line says what became of a charge': () => [
      [file(0)],
      [file(1, without(1, 'h'))],
      [file(1, [...without(1, 'h'), joined(['h', 'unknown'])]), file(2)],
    ],
    'a withdrawn file comes back before any night': () => [[file(0)], [file(1)], [{ withdraw: 0 }, file(0), file(2)]],
    'several versions come before the next run': () => [
      [file(0)],
      [file(0, []), file(0, without(0, 'b')), file(0, without(0, 'e')), file(1)],
    ],
    'an empty file becomes a full one, when what it has not was promoted': () => [
      [file(0, [])],
      [file(1)],
      [file(0), file(2)],
    ],
    'a full file becomes an empty one': () => [[file(0)], [file(0, []), file(1)]],
    'lines of other kinds come, change and go, and of equal ones one': () => [
      [
        file(0, [
          ...right(0),
          line('b'),
          other('refund', 0, -500n),
          other('fee', 0, -70n),
          other('dispute', 0, -900n),
          other('adjustment', 0, 33n),
          other('adjustment', 0, 33n),
        ]),
      ],
      [
        file(0, [
          other('adjustment', 0, 33n),
          ...right(0),
          other('refund', 0, -400n),
          other('fee', 0, -80n),
          other('transfer', 0, 34n),
        ]),
        file(1),
      ],
      [file(0, [other('adjustment', 0, 33n), ...without(0, 'b'), other('fee', 0, -80n)]), file(2)],
    ],
    'of two lines of a charge the first goes, and both change': () => [
      [file(0, [...right(0), line('b', again), line('e', again)])],
      [
        file(0, [...without(0, 'b', 'e'), line('b', again), line('e', { fee: 1n }), line('e', { fee: 2n, ...again })]),
        file(1),
      ],
    ],
    'a line tells of an unknown outcome, and a stranger comes just behind the cut-off, only in the second version':
      () => [
        [file(0)],
        [file(1)],
        [
          file(1, [
            ...right(1),
            line('unknown'),
            other('charge', 1, 77n, { reference: 'stranger', at: new Date(`${dayAt(1)}T00:05:00Z`) }),
          ]),
          file(2),
        ],
      ],
    'the line of a late success goes and comes': () => [
      [file(0)],
      [file(1)],
      [file(1, without(1, 'late')), file(2)],
      [{ withdraw: 1 }, file(1), file(3)],
    ],
    'what straddled the cut-off moves from one file to the other': () => [
      [file(0)],
      [file(0, without(0, 'midnight')), file(1, [...right(1), line('midnight')])],
    ],
  }

  it.each(Object.entries(CASES))('%s', { timeout: 60_000 }, async (_name, script) => {
    await expectSameBooks(script())
  })
})

describe('a correction that is killed', () => {
  const manyBefore = Array.from({ length: 1_100 }, (_, n) => other('adjustment', 0, BigInt(n - 2_000)))
  const manyAfter = Array.from({ length: 1_100 }, (_, n) => other('adjustment', 0, BigInt(n + 1)))
  const script = (): Script => [
    [file(0, [...right(0), ...manyBefore])],
    [file(0, [line('b', { fee: 999n }), ...without(0, 'b', 'e'), ...manyAfter]), file(1)],
    [file(2)],
  ]

  /** Marks how far a correction or a run is: what commits with one of them is done. */
  const MARKS =
    /^reconciliation\.(begin_correction|mark_correction|complete_correction|commit_match|posted|complete_run)$/

  it('before and after every commit goes on where it stood, and books everything once', {
    timeout: 60_000,
  }, async () => {
    const [first = [], second = [], ...rest] = script()
    const expected = await booksAfter(inTheFirstPlace(script()), NOTHING)
    const own = await database.clone()
    const deaths = { isDead: false, lives: 0 }
    const before = openNights(own)
    await play(before, [first], NOTHING)
    const nights = openNights(own, (db) => dyingDb(db, MARKS, deaths))
    try {
      nights.endDay(1)
      for (const step of second) await take(nights, step, new Map(), NOTHING)
      while (await diesTonight(nights)) deaths.isDead = false
      await play(before, [[], [], ...rest], NOTHING)

      // Begun, 1,102 lines undone, 1,101 added, ended; matched, what is open and new posted, completed: each of these twice.
      expect(deaths.lives).toBe(2 * (1 + 2 + 2 + 1 + 1 + 2 + 1))
      expect(await nights.findings()).toEqual([])
      expect(await booksOf(nights)).toEqual(expected)
    } finally {
      await before.close()
      await nights.close()
      await own.drop()
    }
  })
})

describe('a correction that two nodes carry, because one of them stalled', () => {
  it('is done once', { timeout: 60_000 }, async () => {
    const script: Script = [[file(0)], [file(0, [...without(0, 'b', 'yen'), other('adjustment', 0, 5n)]), file(1)]]
    const expected = await booksAfter(inTheFirstPlace(script), NOTHING)
    const own = await database.clone()
    const both = [openNights(own), openNights(own)]
    try {
      const [one, two] = both
      if (one === undefined || two === undefined) expect.fail()
      await play(one, script.slice(0, 1), NOTHING)
      for (const nights of both) nights.endDay(1)
      for (const step of script[1] ?? []) await take(one, step, new Map(), NOTHING)
      await Promise.all(both.map((nights) => nights.night()))

      expect(await one.findings()).toEqual([])
      expect(await booksOf(one)).toEqual(expected)
    } finally {
      for (const nights of both) await nights.close()
      await own.drop()
    }
  })
})

describe('a day whose file was withdrawn', () => {
  it('is what the receivable differs by, until another one comes', { timeout: 60_000 }, async () => {
    const own = await database.clone()
    const nights = openNights(own)
    const balances: Balances = (day) => new Map([['EUR', { opening: day === 0 ? 0n : 1_000n, closing: 1_000n }]])
    const withdrawn: Script = [[file(0)], [file(1)], [file(2), { withdraw: 0 }]]
    try {
      const current = await play(nights, withdrawn, balances)
      const findings = await nights.findings()
      nights.endDay(3)
      for (const step of [file(0, without(0, 'e')), file(3)]) await take(nights, step, current, balances)
      await nights.night()

      expect(findings).toEqual(['receivables_agree_with_files: the receivable of simulator differs by -1000 in EUR'])
      expect(await nights.findings()).toEqual([])
    } finally {
      await nights.close()
      await own.drop()
    }
  })
})

describe('the way of a charge to the bank', () => {
  it('follows what counts: its line, and the payout behind it', { timeout: 60_000 }, async () => {
    const own = await database.clone()
    const nights = openNights(own)
    const current = new Map<number, string>()
    const nightOf = async (night: number, steps: readonly Step[]) => {
      nights.endDay(night)
      for (const step of steps) await take(nights, step, current, NOTHING)
      await nights.night()
      const settlement = await settlementOf(nights.db, charges.get('b')?.charge.paymentId ?? '')
      return [settlement.settledCharges, settlement.releasedOrders, settlement.paidOutOn, settlement.breaks.length]
    }
    try {
      expect(await nightOf(0, [file(0)])).toEqual([1, 1, undefined, 0])
      expect(await nightOf(1, [file(1)])).toEqual([1, 1, dayAt(1), 0])
      expect(await nightOf(2, [file(2)])).toEqual([1, 1, dayAt(1), 0])
      expect(await nightOf(3, [{ withdraw: 1 }, file(3)])).toEqual([1, 1, dayAt(2), 0])
      expect(await nightOf(4, [file(0, without(0, 'b')), file(1), file(4)])).toEqual([0, 1, undefined, 1])
      expect(await nightOf(5, [{ withdraw: 0 }, file(0), file(5)])).toEqual([1, 1, dayAt(1), 0])
    } finally {
      await nights.close()
      await own.drop()
    }
  })
})

const diesTonight = (nights: Nights): Promise<boolean> =>
  nights.night().then(
    () => false,
    (error: unknown) => {
      if (isTransient(error)) return true
      throw error
    },
  )
