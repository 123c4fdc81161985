import assert from 'node:assert/strict'
import { accounts, postEntries } from '../../../src/ledger/index.ts'
import type { Attempt } from '../../../src/payments/index.ts'
import { reportOf } from '../../../src/payments/testing/books.ts'
import { newId } from '../../../src/platform/ids.ts'
import type { BankSource } from '../../../src/reconciliation/index.ts'
import { createIntake, formatsOfSource } from '../../../src/settlement/index.ts'
import { anOrder, aPayment } from '../../support/money-path.ts'
import { dayAt, lineOf, type Nights, openNights, piecesOf } from '../../support/nights.ts'
import { createSeeded } from '../../support/seeded.ts'
import { type FileLine, settlementText } from '../../support/settlement-text.ts'
import { shuffled } from '../shuffled.ts'
import { isWorkday } from './bank.ts'
import { nightOf, type Plan, type Sale, type Stray } from './plan.ts'
import { statementName, statementText } from './statement-text.ts'

/** A world as it is played: in which order its records come. */
export type Played = { readonly nights: Nights; readonly charges: ReadonlyMap<string, Attempt> }

const BANK: BankSource = {
  name: 'house-bank',
  zone: 'UTC',
  psps: ['simulator'],
  account: undefined,
  calendar: { days: [1, 2, 3, 4, 5], holidays: [] },
  lagDays: 1,
  windowDays: 5,
  references: 'remittance',
  recognisedBy: ['PSP SIMULATOR'],
}

/** Carries a world out night by night, through the whole service, and gives it to `work` when it is over. */
export async function play<T>(
  plan: Plan,
  database: { readonly url: string; readonly schema: string },
  order: number,
  work: (played: Played) => Promise<T>,
): Promise<T> {
  const atPsp = new Map<number, string>()
  const indexOf = (day: string): number => Array.from({ length: plan.days }, (_, n) => dayAt(n)).indexOf(day)
  const banks = plan.hasBank ? [BANK] : []
  const nights = openNights(database, undefined, banks, async (day) => atPsp.get(indexOf(day)))
  try {
    const charges = new Map<string, Attempt>()
    const random = createSeeded(plan.seed * 97 + order)
    const sales = shuffled(random, plan.sales)
    const bank = plan.hasBank ? await openBank(nights, plan) : undefined
    for (const sale of sales) charges.set(sale.name, await accept(nights, sale))
    for (let night = 0; night <= nightOf(plan, plan.days - 1); night += 1) {
      nights.endDay(night)
      const runs = Array.from({ length: plan.days }, (_, day) => day).filter((day) => nightOf(plan, day) === night)
      for (const sale of sales) if (isBookedIn(plan, sale, night)) await book(nights, sale, charges.get(sale.name))
      for (const stray of plan.strays) await postStray(nights, stray, runs)
      for (let day = 0; day < plan.days; day += 1) {
        const comes = day + (plan.late.get(day) ?? 0)
        const text = (version: 'first' | 'second'): string => textOf(plan, { day, version, charges }, random)
        if (comes === night) atPsp.set(day, text('first'))
        else if (day === night && plan.broken.has(day))
          atPsp.set(day, text('first').replace(/^end,.*$/m, 'end,,,,,,,,,,,9999'))
        const before = plan.reissued.get(day)
        if (before !== undefined && nightOf(plan, before) === night) {
          const file = await nights.upload(text('second'))
          assert.equal(file.status, 'accepted', file.rejection ?? '')
        }
      }
      await nights.night()
      await bank?.(night)
    }
    return await work({ nights, charges })
  } finally {
    await nights.close()
  }
}

/** A sale is booked in the night of its day, or right before the run that it is known to. */
function isBookedIn(plan: Plan, { day, booked }: Sale, night: number): boolean {
  if (typeof booked !== 'number' || booked === day) return night === day
  return night === nightOf(plan, booked)
}

async function accept({ books }: Nights, { name, amount, currency, at, orders: count }: Sale): Promise<Attempt> {
  books.clock.setOffset(at - Date.now())
  const share = amount / BigInt(count)
  const orders = Array.from({ length: count }, (_, place) => {
    const own = place === 0 ? amount - share * BigInt(count - 1) : share
    return anOrder(`seller-${name}-${place}`, own, own / 10n)
  })
  const { id } = await books.accept(aPayment({ currency, orders, chargeMode: count > 1 ? 'single' : 'per_order' }))
  const [charge] = await books.attempts(id, 'charge')
  assert(charge !== undefined, 'a sale has a charge')
  return charge
}

async function book({ books }: Nights, { at, booked }: Sale, charge: Attempt | undefined): Promise<void> {
  assert(charge !== undefined, 'what is booked was sold')
  // No PSP tells what is still to come.
  if (books.clock.now().getTime() < at) books.clock.setOffset(at - Date.now())
  const captured = reportOf(charge, 'captured')
  assert(captured.outcome.outcome === 'captured')
  if (booked === 'unknown') return void (await books.payments.record(reportOf(charge, 'unknown')))
  if (booked === 'after a decline') await books.payments.record(reportOf(charge, 'declined'))
  const outcome = { ...captured.outcome, occurredAt: new Date(at) }
  await books.payments.record({ ...captured, via: 'webhook', outcome })
}

async function postStray({ deps, clock, db }: Nights, stray: Stray, runs: readonly number[]): Promise<void> {
  const sign = runs.includes(stray.from) ? 1n : runs.includes(stray.until ?? -1) ? -1n : 0n
  if (sign === 0n) return
  const { currency, account } = stray
  const amount = stray.amount * sign
  const postings = [
    {
      account: account === 'receivable' ? accounts.pspReceivable('simulator') : accounts.pspInTransit('simulator'),
      amount,
      currency,
    },
    { account: accounts.suspense('simulator'), amount: -amount, currency },
  ]
  const entry = {
    id: newId(),
    kind: 'manual',
    fact: newId(),
    paymentId: undefined,
    orderId: undefined,
    reverses: undefined,
    occurredAt: clock.now(),
    postings,
  } as const
  await db.transaction((tx) => postEntries(tx, deps.directory, [entry], clock.now()))
}

/** Balances of each day: what was sold on it is owed at its end, and paid out the day after. */
function textOf(
  { days, lines, offset, noted, sales }: Plan,
  { day, version, charges }: { day: number; version: 'first' | 'second'; charges: ReadonlyMap<string, Attempt> },
  random: ReturnType<typeof createSeeded>,
): string {
  const linesOf = (of: number, which: 'first' | 'second'): readonly FileLine[] =>
    lines
      .filter((each) => each.day === of && (each.version === 'both' || each.version === which))
      .map(({ of: names, change }) => ({
        ...lineAbout(names.map((name) => [sales.find((sale) => sale.name === name), charges.get(name)] as const)),
        ...change,
      }))
  const closing = (of: number, currency: string): bigint =>
    of < 0
      ? (offset.get(currency) ?? 0n)
      : (offset.get(currency) ?? 0n) +
        linesOf(of, 'first').reduce((sum, each) => sum + (each.currency === currency ? each.amount - each.fee : 0n), 0n)
  assert(day < days)
  const balances = new Map(
    ['EUR', 'JPY', 'USD'].map((currency) => [
      currency,
      { opening: closing(day - 1, currency), closing: closing(day, currency) },
    ]),
  )
  const text = settlementText(dayAt(day), shuffled(random, linesOf(day, version)), balances)
  return noted.has(day) && version === 'first' ? text.replace(/^((?:.*\n){3})/, '$1note,,,,,,,,,,,\n') : text
}

/** The line of one charge, or of several together. */
function lineAbout(of: readonly (readonly [Sale | undefined, Attempt | undefined])[]): FileLine {
  const lines = of.map(([sale, charge]) => {
    assert(sale !== undefined && charge !== undefined, 'a line is about sales that were made')
    return lineOf(charge, new Date(sale.at))
  })
  const [first] = lines
  const sum = (what: 'amount' | 'fee'): bigint => lines.reduce((all, each) => all + each[what], 0n)
  const names = (what: 'reference' | 'pspReference'): string => lines.map((each) => each[what]).join(' ')
  const nothing: FileLine = {
    kind: 'charge',
    currency: 'EUR',
    amount: 0n,
    fee: 0n,
    pspReference: '',
    reference: '',
    status: 'captured',
    at: new Date(0),
  }
  return {
    ...(first ?? nothing),
    amount: sum('amount'),
    fee: sum('fee'),
    reference: names('reference'),
    pspReference: names('pspReference'),
  }
}

/** The statements of a bank, one for each of its days, and its runs. */
async function openBank(nights: Nights, plan: Plan): Promise<(night: number) => Promise<void>> {
  const formats = formatsOfSource(['mt940'], undefined)
  assert('formats' in formats)
  const source = {
    name: BANK.name,
    formats: formats.formats,
    zone: 'UTC',
    collect: undefined,
    everyMinutes: 1,
    expected: undefined,
  }
  const intake = await createIntake(nights.deps, [source])
  let opening = 0n
  return async (night) => {
    if (night >= plan.days || !isWorkday(night)) return
    const entries = plan.bank.filter(({ day }) => day === night)
    const [received] = await intake.receive(source, {
      name: statementName(night),
      bytes: piecesOf(statementText(dayAt(night), opening, entries)),
    })
    assert.equal(received?.file.status, 'accepted', received?.file.rejection ?? '')
    opening += entries.reduce((sum, { amount }) => sum + amount, 0n)
    await nights.reconciliation.catchUpBanks()
  }
}
