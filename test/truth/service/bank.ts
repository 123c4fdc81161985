import { dayAt, feeOf } from '../../support/nights.ts'
import type { Seeded } from '../../support/seeded.ts'
import { plusWorkdays } from '../calendar.ts'
import type { BankEntry, Life, Sale } from './plan.ts'

/** What becomes of the payouts of a PSP at the bank, which rests on weekends. */

const FATES = ['same day', 'next day', 'later', 'never', 'short', 'twice', 'with the next one'] as const

const indexOf = (day: string): number =>
  Temporal.PlainDate.from(dayAt(0)).until(Temporal.PlainDate.from(day), { largestUnit: 'days' }).days

/** The first working day from this day on, and so many working days later. */
const workdayFrom = (day: number): number => indexOf(plusWorkdays(dayAt(day - 1), 1))
const later = (day: number, count: number): number => indexOf(plusWorkdays(dayAt(day), count))

export const isWorkday = (day: number): boolean => workdayFrom(day) === day

type Payout = { readonly day: number; readonly name: string; readonly amount: bigint }

/** Each day pays out what the day before closed with. */
export function payoutsOf(sales: readonly Sale[], days: number): readonly Payout[] {
  const netOf = (day: number): bigint =>
    sales.filter((sale) => sale.day === day).reduce((sum, { amount }) => sum + amount - feeOf(amount), 0n)
  return Array.from({ length: days - 1 }, (_, n) => ({ day: n + 1, name: payoutName(n + 1), amount: netOf(n) })).filter(
    ({ amount }) => amount > 0n,
  )
}

export const payoutName = (day: number): string => `po_${dayAt(day)}_EUR`

/** Entries of the statements, and what the bank's runs say. */
export function tellBank(
  random: Seeded,
  payouts: readonly Payout[],
  days: number,
): { bank: readonly BankEntry[]; lives: readonly Life[] } {
  const bank: BankEntry[] = []
  const lives: Life[] = []
  const enter = (day: number, of: readonly Payout[], amount: bigint, again = ''): void =>
    void bank.push({
      day,
      name: `${of.map(({ name }) => name).join('+')}${again}`,
      text: of.map(({ name }) => name).join(' '),
      amount,
    })
  const left = [...payouts]
  for (let payout = left.shift(); payout !== undefined; payout = left.shift()) {
    const fate = random.pick(FATES)
    const seen = workdayFrom(payout.day)
    const next = left[0]
    if (fate === 'never') lives.push(...awaited(payout, undefined))
    else if (fate === 'with the next one' && next !== undefined) {
      left.shift()
      const day = workdayFrom(next.day)
      enter(day, [payout, next], payout.amount + next.amount)
      lives.push(...awaited(payout, day), ...awaited(next, day))
    } else {
      const day = fate === 'next day' ? later(seen, 1) : fate === 'later' ? later(seen, 2) : seen
      const amount = fate === 'short' ? payout.amount - 100n : payout.amount
      enter(day, [payout], amount)
      lives.push(...awaited(payout, day))
      if (fate === 'short')
        lives.push(
          bankLife({ ours: payout.name, theirs: payout.name, code: 'payout_mismatch', opened: day, difference: 100n }),
        )
      if (fate === 'twice') {
        const again = day + (random.chance(0.5) ? 0 : later(day, 1) - day)
        enter(again, [payout], amount, ' again')
        lives.push(
          bankLife({
            ours: '-',
            theirs: `${payout.name} again`,
            code: 'duplicate_external',
            opened: again,
            difference: -amount,
          }),
        )
      }
    }
  }
  for (let count = random.integer(0, 2); count > 0; count -= 1) {
    const day = workdayFrom(random.integer(1, days - 3))
    const name = `ADJUSTMENT ${count}`
    bank.push({ day, name, text: `PSP SIMULATOR ${name}`, amount: 77n })
    lives.push(bankLife({ ours: '-', theirs: name, code: 'missing_internal', opened: day, difference: -77n }))
    bank.push({ day, name: 'RENT', text: 'RENT OF MARCH', amount: -50_000n })
  }
  return { bank, lives }
}

const bankLife = (life: Omit<Life, 'source' | 'currency'>): Life => ({ ...life, source: 'house-bank', currency: 'EUR' })

/** A payout is awaited from the first run that knows of it until it is due, a working day behind its own. */
function awaited({ day, name, amount }: Payout, arrives: number | undefined): readonly Life[] {
  const [seen, due] = [workdayFrom(day), later(day, 1)]
  if (arrives !== undefined && arrives <= seen) return []
  const life = { ours: name, theirs: '-', opened: seen, difference: amount, cleared: arrives }
  if (due <= seen) return [bankLife({ ...life, code: 'missing_external' })]
  const isInTime = arrives !== undefined && arrives <= due
  return [
    bankLife({ ...life, code: 'payout_in_transit', due, promoted: isInTime ? undefined : [due, 'missing_external'] }),
  ]
}
