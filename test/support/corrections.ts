import { afterAll, beforeAll, expect } from 'vitest'
import type { Attempt } from '../../src/payments/index.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { anOrder } from './money-path.ts'
import { booksOf, dayAt, lineOf, type Nights, openNights, sell } from './nights.ts'
import { type Balance, type FileLine, settlementText } from './settlement-text.ts'

/**
 * Files that were wrong, played night by night, with an oracle: whatever versions came and were withdrawn, and when, the books
 * end as those of a deployment that got the last versions in the first place.
 */

/**
 * A new version of a day, or the withdrawal of its file, before the run of the night or before the transaction of that number
 * of the run. Days count from the first.
 */
export type Step = ({ readonly day: number; readonly lines: readonly FileLine[] } | { readonly withdraw: number }) & {
  readonly during?: number
}
/** What happens each night. */
export type Script = readonly (readonly Step[])[]
export type Balances = (day: number) => ReadonlyMap<string, Balance>

export const NOTHING: Balances = () => new Map()

let database: TestDatabase
export const charges = new Map<string, { readonly charge: Attempt; readonly day: number; readonly at: Date }>()

/** Books the charges before the tests of a file, and gives each test a copy of the database. */
export function useCharges(): { readonly clone: () => Promise<TestDatabase> } {
  beforeAll(async () => {
    database = await createTestDatabase()
    const nights = openNights(database)
    const book = async (
      name: string,
      day: number,
      amount: bigint,
      more: Parameters<typeof sell>[2] = {},
      outcome: Parameters<typeof sell>[3] = 'captured',
      time = '12:00:00',
    ) => {
      const at = new Date(`${dayAt(day)}T${time}Z`)
      const charge = await sell(
        nights,
        at,
        { orders: [anOrder(`seller-${name}`, amount, amount / 10n)], ...more },
        outcome,
      )
      charges.set(name, { charge, day, at })
    }
    await book('single', 0, 10_000n, {
      chargeMode: 'single',
      orders: [anOrder('seller-1', 6_000n, 600n), anOrder('seller-2', 4_000n)],
    })
    await book('b', 0, 2_500n)
    await book('e', 0, 1_000n)
    await book('yen', 0, 5_000n, { currency: 'JPY' })
    await book('dinar', 0, 12_345n, { currency: 'KWD' })
    await book('midnight', 0, 700n, {}, 'captured', '23:55:00')
    await book('h', 1, 1_500n)
    await book('late', 1, 900n, {}, 'late')
    await book('unknown', 1, 1_100n, {}, 'unknown')
    await book('k', 2, 4_200n)
    await nights.close()
  }, 60_000)
  afterAll(() => database.drop())
  return { clone: () => database.clone() }
}

export const line = (name: string, change: Partial<FileLine> = {}): FileLine => {
  const { charge, at } = charges.get(name) ?? expect.fail(`there is no charge ${name}`)
  return { ...lineOf(charge, at), ...change }
}

/** One line for several charges. */
export const joined = (names: readonly string[], change: Partial<FileLine> = {}): FileLine => {
  const lines = names.map((name) => line(name))
  const [first] = lines
  if (first === undefined) return expect.fail('a line is for a charge')
  return {
    ...first,
    amount: lines.reduce((sum, { amount }) => sum + amount, 0n),
    fee: lines.reduce((sum, { fee }) => sum + fee, 0n),
    reference: lines.map(({ reference }) => reference).join(' '),
    pspReference: lines.map(({ pspReference }) => pspReference).join(' '),
    ...change,
  }
}

/** What a day's file should be. */
export const right = (day: number): readonly FileLine[] =>
  [...charges].filter(([name, each]) => each.day === day && name !== 'unknown').map(([name]) => line(name))

export const without = (day: number, ...names: readonly string[]): readonly FileLine[] => {
  const gone = new Set(names.map((name) => line(name).reference))
  return right(day).filter(({ reference }) => !gone.has(reference))
}

export const other = (kind: string, day: number, amount: bigint, change: Partial<FileLine> = {}): FileLine => ({
  kind,
  currency: 'EUR',
  amount,
  fee: 0n,
  pspReference: `${kind}_${amount}`,
  reference: '',
  status: 'paid',
  at: new Date(`${dayAt(day)}T10:00:00Z`),
  ...change,
})

export async function take(
  nights: Nights,
  step: Step,
  current: Map<number, string>,
  balances: Balances,
): Promise<void> {
  if ('withdraw' in step) {
    await nights.withdraw(current.get(step.withdraw) ?? expect.fail('there is no file to withdraw'))
    current.delete(step.withdraw)
    return
  }
  const text = settlementText(dayAt(step.day), step.lines, balances(step.day))
  let file = await nights.upload(text)
  if (file.status === 'superseded') {
    // The bytes of an earlier version come back once the last one is withdrawn.
    await nights.withdraw(current.get(step.day) ?? expect.fail('there is no file to withdraw'))
    file = await nights.upload(text)
  }
  expect(file, file.rejection ?? '').toMatchObject({ status: 'accepted' })
  current.set(step.day, file.id)
}

/** Gives the current file of each day. */
export async function play(nights: Nights, script: Script, balances: Balances): Promise<Map<number, string>> {
  const current = new Map<number, string>()
  for (const [night, steps] of script.entries()) {
    nights.endDay(night)
    for (const step of steps) if (step.during === undefined) await take(nights, step, current, balances)
    const isWhole = current.size === night + 1
    const meanwhile = steps.flatMap((step) =>
      step.during === undefined ? [] : [{ at: step.during, what: () => take(nights, step, current, balances) }],
    )
    await nights.night(meanwhile)
    // While a day is without a file, what moved on it is missing on the PSP's side.
    if (isWhole && meanwhile.length === 0) expect(await nights.findings(), `after night ${night}`).toEqual([])
  }
  return current
}

export async function booksAfter(script: Script, balances: Balances): Promise<Record<string, readonly string[]>> {
  const own = await database.clone()
  const nights = openNights(own)
  try {
    await play(nights, script, balances)
    const runs = await nights.db.query<{ status: string; failure: string | null }>(
      'select status, failure from recon_run',
    )
    expect(runs).toEqual(script.map(() => ({ status: 'completed', failure: null })))
    expect(await nights.findings()).toEqual([])
    expect(await runsThatDiffer(nights)).toEqual([])
    return await booksOf(nights)
  } finally {
    await nights.close()
    await own.drop()
  }
}

/** The runs that are not the same, byte for byte, when they are computed again now. */
export async function runsThatDiffer({ reconciliation }: Nights): Promise<readonly object[]> {
  const { data } = await reconciliation.listRuns({ status: 'completed', limit: 200 })
  const differing: object[] = []
  for (const { id, businessDate } of data) {
    const verification = await reconciliation.verify(id)
    if (!verification.identical) differing.push({ businessDate, ...verification })
  }
  return differing
}

/** The last version of each day, in the first place. */
export const inTheFirstPlace = (script: Script): Script =>
  script.map((_steps, night) => {
    const versions = script.flat().flatMap((step) => ('day' in step && step.day === night ? [step] : []))
    return versions.slice(-1)
  })

/** Scripts that end in the same versions end in the same books. */
const known = new Map<string, Promise<Record<string, readonly string[]>>>()

function booksInTheFirstPlace(script: Script, balances: Balances): Promise<Record<string, readonly string[]>> {
  const last = inTheFirstPlace(script)
  const key = last
    .map((steps, day) =>
      steps.map((step) => 'day' in step && settlementText(dayAt(day), step.lines, balances(day))).join(),
    )
    .join()
  const books = known.get(key) ?? booksAfter(last, balances)
  known.set(key, books)
  return books
}

export async function expectSameBooks(script: Script, balances: Balances = NOTHING): Promise<void> {
  const expected = await booksInTheFirstPlace(script, balances)
  expect(await booksAfter(script, balances)).toEqual(expected)
}

export const file = (day: number, lines: readonly FileLine[] = right(day)): Step => ({ day, lines })
