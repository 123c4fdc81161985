import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { detectFormat } from '../index.ts'
import { isFine, type Reading, readAll } from '../testing.ts'
import { mt940 } from './mt940.ts'
import {
  anEntry,
  aStatement,
  closingOf,
  DAY,
  DAY_MS,
  isoDay,
  linesOf,
  type ModelEntry,
  type ModelStatement,
  PLAIN,
  statements,
  style,
  textOf,
} from './testing.ts'

const read = (text: string | Uint8Array, chunkBytes?: number): Promise<Reading> => readAll(mt940, text, chunkBytes)

/** The first statement's control, when the given line stands in place of the one that the search finds. */
const controlsWith = async (search: RegExp, line: string | undefined): Promise<unknown> => {
  const lines = linesOf(aStatement(), 1, PLAIN)
  const at = lines.findIndex((each) => search.test(each))
  expect(at).toBeGreaterThan(-1)
  const changed = lines.flatMap((each, index) => (index === at ? (line === undefined ? [] : [line]) : [each]))
  return (await read(changed.join('\n'))).summary.statements[0]?.control
}

describe('The reader of MT940', () => {
  it('gives back every statement that was written, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(statements, style, fc.integer({ min: 1, max: 300 }), async (model, as, chunkBytes) => {
        const { summary, lines } = await read(textOf(model, as), chunkBytes)

        expect(summary.diagnostics.filter(({ code }) => code !== 'chain')).toEqual([])
        expect(summary.statements.map(({ control }) => control)).toEqual(model.map(() => ({ status: 'pass' })))
        expect(summary.statements).toMatchObject(
          model.map((each, index) => ({
            account: each.account,
            currency: each.currency,
            businessDate: '2026-03-03',
            sequence: `${index + 1}/1`,
            opening: each.opening,
            closing: closingOf(each),
            lines: each.entries.length,
          })),
        )
        expect(lines.map(({ line: _, ...rest }) => rest)).toEqual(
          model.flatMap((each, index) => each.entries.map((entry) => lineOf(entry, each, index, as.details))),
        )
      }),
      { numRuns: 150 },
    )
  })

  it('names exactly the difference when an amount, a sign or an entry is another one', async () => {
    const change = fc.constantFrom<(entry: ModelEntry) => ModelEntry[]>(
      () => [],
      (entry) => [{ ...entry, amount: -entry.amount }],
      (entry) => [{ ...entry, amount: entry.amount + (entry.amount > 0n ? 1n : -1n) }],
      (entry) => [{ ...entry, isReversal: !entry.isReversal, amount: -entry.amount }],
      (entry) => [entry, entry],
      (entry) => [{ ...entry, isExpected: true }],
    )
    await fc.assert(
      fc.asyncProperty(statements, fc.nat(), fc.nat(), change, async (model, pick, pickEntry, changeEntry) => {
        const at = pick % model.length
        const whole = model[at]
        fc.pre(whole !== undefined && whole.entries.length > 0)
        const place = pickEntry % whole.entries.length
        const changed = { ...whole, entries: whole.entries.flatMap((e, i) => (i === place ? changeEntry(e) : [e])) }
        const lines = model.flatMap((each, index) => linesOf(each, index + 1, PLAIN).map((line) => ({ line, index })))
        const closing = lines.find(({ line, index }) => index === at && line.startsWith(':62F:'))?.line ?? ''
        const written = linesOf(changed, at + 1, PLAIN).map((line) => (line.startsWith(':62F:') ? closing : line))
        const text = model.flatMap((each, index) => (index === at ? written : linesOf(each, index + 1, PLAIN)))

        const { summary } = await read(text.join('\n'))

        const difference = closingOf(changed) - closingOf(whole)
        expect(summary.statements.map(({ control }) => control.status)).toEqual(
          model.map((_, index) => (index === at ? 'fail' : 'pass')),
        )
        expect(summary.statements[at]?.control).toMatchObject({ difference, stated: closingOf(whole) })
      }),
      { numRuns: 150 },
    )
  })

  it('takes no part of a file for the whole, wherever it is cut', async () => {
    const whole = textOf([aStatement()]).trimEnd().slice(0, -3)

    for (let length = 0; length < whole.length; length++) {
      const { summary } = await read(whole.slice(0, length))
      const isTold = summary.diagnostics.some(({ severity }) => severity === 'error')
      expect(isTold || !isFine(summary), `cut at ${length}: ${whole.slice(0, length).slice(-20)}`).toBe(
        !/:62F:C260303EUR109,50?$/.test(whole.slice(0, length)),
      )
    }
  })

  it.each([
    ['the closing balance', /^:62F/, ':62F:C260303EUR109,51', { difference: -1n, stated: 10_951n, computed: 10_950n }],
    ['the opening balance', /^:60F/, ':60F:D260303EUR100,00', { difference: -20_000n, computed: -9_050n }],
    ['a line', /^:61:/, undefined, { difference: -1_250n }],
  ])('tells a wrong sum by %s', async (_, search, line, expected) => {
    expect(await controlsWith(search, line)).toMatchObject({ status: 'fail', ...expected })
  })

  it('reads the lines around one that it cannot read, and says where it is', async () => {
    const lines = linesOf(aStatement({ entries: [anEntry(), anEntry(), anEntry()] }), 1, PLAIN)
    lines[6] = ':61:2603030303X12,50NTRFORDER-1'

    const { summary, lines: read_ } = await read(lines.join('\n'))

    expect(read_.map(({ line }) => line)).toEqual([5, 9])
    expect(read_.map(({ description }) => description)).toEqual(['Thank you', 'Thank you'])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'statement_line', line: 7 }])
    expect(summary.statements[0]?.control).toMatchObject({ status: 'fail', difference: -1_250n })
  })

  it('says of a file what it is about', async () => {
    const { summary } = await read(textOf([aStatement(), aStatement({ opening: 109_50n })]))

    expect(summary).toMatchObject({
      format: 'mt940',
      businessDate: '2026-03-03',
      fileReference: 'STMT1',
      readable: true,
    })
    expect(isFine(summary)).toBe(true)
  })

  it('reads an empty statement', async () => {
    const { summary, lines } = await read(textOf([aStatement({ entries: [] })]))

    expect(lines).toEqual([])
    expect(summary.statements).toMatchObject([{ lines: 0, opening: 10_000n, closing: 10_000n, totals: [] }])
    expect(isFine(summary)).toBe(true)
  })

  it.each([
    ['nothing', ''],
    ['a text', 'Dear customer,\n1\n2\n'],
    ['a field that is of no statement', ':NS:\n'],
    ['a reference alone', ':20:STMT\n'],
    ['an entry without a currency', ':61:2603030303C1,NTRFNONREF\n'],
  ])('does not read %s', async (_, text) => {
    const { summary, lines } = await read(text)

    expect(summary.readable).toBe(false)
    expect(summary.diagnostics.at(-1)).toMatchObject({ severity: 'error', code: 'no_statement' })
    expect(lines).toEqual([])
  })

  it('refuses more statements than a file can have', async () => {
    const one = ':20:A\n:60F:C260303EUR1,\n:62F:C260303EUR1,\n'

    const { summary } = await read(one.repeat(10_001))

    expect(summary).toMatchObject({ readable: false })
    expect(summary.diagnostics.at(-1)).toMatchObject({ code: 'too_many_statements' })
  })

  it('never stumbles over a damaged file, and a control that passes is right', async () => {
    const damage = fc.array(
      fc.record({
        at: fc.nat(),
        drop: fc.integer({ min: 0, max: 12 }),
        insert: fc.oneof(
          fc.constantFrom(
            ':61:',
            ':86:',
            ':20:37',
            '\n-\n',
            '-}',
            '{1:',
            '{4:',
            '\r',
            '\0',
            ':62M:',
            ':60F:',
            '//',
            ',',
          ),
          fc.constantFrom(':90D:', ':34F:EUR0,', '?2', '/EREF/', 'EREF+', '.', "'", 'RC', '\u00ff', ' ', '0'),
          fc.string({ maxLength: 4 }),
        ),
      }),
      { minLength: 1, maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(statements, style, damage, async (model, as, hits) => {
        let text = textOf(model, as)
        for (const { at, drop, insert } of hits) {
          const place = at % (text.length + 1)
          text = text.slice(0, place) + insert + text.slice(place + drop)
        }

        const { summary, lines } = await read(Buffer.from(text, 'latin1'))

        summary.statements.forEach((statement, index) => {
          if (statement.control.status !== 'pass' || statement.opening === undefined) return
          const sum = lines
            .filter((line) => line.statement === index && line.booked !== false)
            .reduce((total, { amount, fee }) => total + amount - fee, 0n)
          if (statement.closing !== undefined) expect(statement.opening + sum).toBe(statement.closing)
        })
        if (summary.readable) expect(lines.filter(({ amount }) => typeof amount !== 'bigint')).toEqual([])
      }),
      { seed: 940, numRuns: 400 },
    )
  })
})

describe('Two formats', () => {
  it('do not detect the same file, and this one is found', async () => {
    await fc.assert(
      fc.asyncProperty(statements, style, async (model, as) => {
        const found = detectFormat(Buffer.from(textOf(model, as)).subarray(0, 4_096))

        expect(found?.name).toBe('mt940')
      }),
    )
  })
})

function lineOf(entry: ModelEntry, of: ModelStatement, statement: number, details: 'plain' | 'coded'): unknown {
  const { amount, type, reference, bankReference, text, valueDay, bookedAfterDays } = entry
  return {
    statement,
    kind: 'entry',
    status: type,
    reference,
    pspReference: bankReference === '' ? undefined : bankReference,
    otherReferences: reference === `STMT${statement + 1}` ? undefined : [`STMT${statement + 1}`],
    amount,
    fee: 0n,
    currency: of.currency,
    occurredAt: undefined,
    businessDate: isoDay(valueDay + (bookedAfterDays ?? 0) * DAY_MS),
    description: details === 'plain' ? text : `${text} | GUTSCHRIFT`,
  }
}

describe('A line of it', () => {
  it('has the date of its booking', async () => {
    const entries = [anEntry({ valueDay: DAY, bookedAfterDays: -1 }), anEntry({ bookedAfterDays: undefined })]

    const { lines } = await read(textOf([aStatement({ entries })]))

    expect(lines.map(({ businessDate }) => businessDate)).toEqual(['2026-03-02', '2026-03-03'])
  })
})
