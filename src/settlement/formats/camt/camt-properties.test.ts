import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Format, SettlementLine, Statement } from '../format.ts'
import { detectFormat } from '../index.ts'
import { readAll } from '../testing.ts'
import { camtFormats } from './camt.ts'
import {
  anEntry,
  aStatement,
  bookedSum,
  closingOf,
  type Dialect,
  dialects,
  type ModelEntry,
  type ModelStatement,
  messageOf,
  statements,
} from './testing.ts'

const formatOf = (name: string): Format => {
  const format = camtFormats.find((each) => each.name === name)
  if (format === undefined) throw new Error(name)
  return format
}

/** What the lines of a model are, without their place. */
const expectedLines = (models: readonly ModelStatement[]): unknown[] =>
  models.flatMap(({ currency, entries }, statement) =>
    entries.flatMap((entry) => {
      const booked = entry.status === 'BOOK' ? undefined : false
      const parts = entry.transactions.length > 1 ? entry.transactions : [undefined]
      return parts.map((part) => ({
        statement,
        currency,
        amount: (part ?? entry).amount,
        reference: (part ?? entry.transactions[0])?.endToEnd,
        businessDate: entry.date,
        status: entry.status,
        booked,
        isBankReferenceThere: true,
      }))
    }),
  )

const seenLines = (lines: readonly SettlementLine[], models: readonly ModelStatement[]): unknown[] => {
  const banks = new Set(models.flatMap(({ entries }) => entries.map(({ bankReference }) => bankReference)))
  return lines.map(({ statement, currency, amount, fee, reference, businessDate, status, booked, ...line }) => ({
    statement,
    currency,
    amount: amount - fee,
    reference,
    businessDate,
    status,
    booked,
    isBankReferenceThere: [line.pspReference ?? '', ...(line.otherReferences ?? [])].some((each) => banks.has(each)),
  }))
}

describe('A message that is written', () => {
  it('is read as it was meant, in chunks of any size, in every version and dialect', async () => {
    await fc.assert(
      fc.asyncProperty(statements, dialects, fc.integer({ min: 1, max: 700 }), async (models, dialect, chunk) => {
        const { summary, lines } = await readAll(formatOf(dialect.name), messageOf(models, dialect), chunk)

        expect(summary).toMatchObject({
          readable: true,
          diagnostics: [],
          version: dialect.version,
          fileReference: 'MSG-1',
        })
        expect(seenLines(lines, models)).toEqual(expectedLines(models))
        const hasBalances = dialect.name !== 'camt.054'
        expect(summary.statements.map(({ opening, closing, currency }) => ({ opening, closing, currency }))).toEqual(
          models.map((model) => ({
            opening: hasBalances ? model.opening : undefined,
            closing: hasBalances ? closingOf(model) : undefined,
            currency: model.currency,
          })),
        )
        expect(summary.statements.map(({ credits, debits }) => credits + debits)).toEqual(models.map(bookedSum))
        const status = hasBalances || dialect.withSummary ? 'pass' : 'none'
        expect(new Set(summary.statements.map(({ control }) => control.status))).toEqual(new Set([status]))
      }),
      { numRuns: 150 },
    )
  })

  it('is detected as what it is and nothing else', () => {
    fc.assert(
      fc.property(statements, dialects, (models, dialect) => {
        const beginning = Buffer.from(messageOf(models, dialect)).subarray(0, 4_096)

        expect(detectFormat(beginning)?.name).toBe(dialect.name)
      }),
    )
  })
})

/** A message without a summary, whose first entry is changed after its balances were stated. */
async function controlAfter(
  models: ModelStatement,
  change: (entries: ModelEntry[]) => ModelEntry[],
): Promise<Statement> {
  const dialect: Partial<Dialect> = { withSummary: false }
  const closing = closingOf(models)
  const changed = { ...models, entries: change([...models.entries]) }
  const stated = messageOf([{ ...changed, opening: models.opening }], dialect)
  const wrong = closingOf(changed)
  // The closing balance stays the one of the model: only its amount is put back.
  const before = messageOf([{ ...models, entries: [], opening: closing }], dialect)
  const balance = /<Bal><Tp><CdOrPrtry><Cd>CLBD.*?<\/Bal>/s.exec(before)?.[0] ?? ''
  const text = stated.replace(/<Bal><Tp><CdOrPrtry><Cd>CLBD.*?<\/Bal>/s, balance)
  const { summary } = await readAll(formatOf('camt.053'), text)
  expect(wrong === closing ? 'pass' : 'fail').toBe(summary.statements[0]?.control.status)
  const [statement] = summary.statements
  if (statement === undefined) throw new Error('no statement')
  return statement
}

describe('The control', () => {
  const model = statements.map(([first]) => first).filter((each) => each !== undefined)

  it('names exactly what one entry was changed by', async () => {
    await fc.assert(
      fc.asyncProperty(model, fc.bigInt({ min: 1n, max: 1_000n }), async (statement, cents) => {
        const alone = anEntry({ amount: 2_000n, transactions: [] })
        const { control } = await controlAfter(
          { ...statement, entries: [alone, ...statement.entries] },
          ([first, ...rest]) => [{ ...(first ?? alone), amount: 2_000n + cents }, ...rest],
        )

        expect(control).toMatchObject({ status: 'fail', difference: cents })
      }),
    )
  })

  it('names exactly the amount of an entry that is missing, and of one that came twice', async () => {
    await fc.assert(
      fc.asyncProperty(model, async (statement) => {
        const entry = anEntry({ amount: -777n, transactions: [] })
        const whole = { ...statement, entries: [...statement.entries, entry] }

        expect((await controlAfter(whole, (entries) => entries.slice(0, -1))).control).toMatchObject({
          difference: 777n,
        })
        expect((await controlAfter(whole, (entries) => [...entries, entry])).control).toMatchObject({
          difference: -777n,
        })
      }),
    )
  })

  it('names twice the amount of an entry whose sign was turned', async () => {
    await fc.assert(
      fc.asyncProperty(model, async (statement) => {
        const entry = anEntry({ amount: 500n, transactions: [] })
        const { control } = await controlAfter({ ...statement, entries: [...statement.entries, entry] }, (entries) => [
          ...entries.slice(0, -1),
          { ...entry, amount: -500n },
        ])

        expect(control).toMatchObject({ status: 'fail', difference: -1_000n })
      }),
    )
  })
})

/** Bytes of a message with some of them changed, left out or repeated: always the same for a seed. */
function mutated(text: string, seed: number): Buffer {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let bytes = Buffer.from(text)
  for (let count = random(4) + 1; count > 0; count--) {
    const at = random(bytes.length)
    const end = at + 1 + random(40)
    const kind = random(5)
    const between =
      kind === 0
        ? Buffer.from([random(256)])
        : kind === 1
          ? Buffer.from(
              ['<', '>', '&', '"', '0', '.', '-', '9', '</Ntry>', '<Ntry>', '<!--', '&#1;', '<![CDATA['][random(13)] ??
                '',
            )
          : kind === 2
            ? bytes.subarray(at, Math.min(end, bytes.length))
            : Buffer.alloc(0)
    const from = kind === 3 ? end : kind === 4 ? at + 1 : kind === 2 ? at : at + 1
    bytes = Buffer.concat([bytes.subarray(0, at), between, bytes.subarray(Math.min(from, bytes.length))])
  }
  return bytes
}

describe('A damaged message', () => {
  const whole = messageOf([
    aStatement({ entries: [anEntry(), anEntry({ amount: -300n, transactions: [] }), anEntry({ status: 'PDNG' })] }),
    aStatement({
      currency: 'JPY',
      entries: [
        anEntry({ amount: 30n, transactions: [1n, 29n].map((amount) => ({ amount, endToEnd: `e${amount}` })) }),
      ],
    }),
  ])

  it.each(Array.from({ length: 20 }, (_, block) => block))(
    'never throws and never proves a wrong sum (block %i)',
    async (block) => {
      for (let seed = block * 40; seed < block * 40 + 40; seed++) {
        const { summary, lines } = await readAll(formatOf('camt.053'), mutated(whole, seed + 1), 1 + (seed % 300))

        // The lines of a file that is broken are not all handed on.
        if (!summary.readable) continue
        for (const [index, statement] of summary.statements.entries()) {
          if (statement.control.status !== 'pass' || statement.opening === undefined) continue
          const sum = lines
            .filter((line) => line.statement === index && line.booked !== false)
            .reduce((total, { amount, fee }) => total + amount - fee, statement.opening)
          if (statement.closing !== undefined) expect([seed, sum]).toEqual([seed, statement.closing])
        }
      }
    },
  )
})
