import { dayAt } from '../../support/nights.ts'
import type { BankEntry } from './plan.ts'

const euros = (minor: bigint): string => {
  const digits = String(minor < 0n ? -minor : minor).padStart(3, '0')
  return `${digits.slice(0, -2)},${digits.slice(-2)}`
}
const mark = (minor: bigint): 'C' | 'D' => (minor < 0n ? 'D' : 'C')

export const statementName = (day: number): string => `${dayAt(day)}.sta`

/** A day's statement of an account in euros, as MT940. */
export function statementText(day: string, opening: bigint, entries: readonly BankEntry[]): string {
  const short = day.slice(2).replaceAll('-', '')
  const closing = entries.reduce((sum, { amount }) => sum + amount, opening)
  const balance = (tag: string, amount: bigint): string => `:${tag}:${mark(amount)}${short}EUR${euros(amount)}`
  return [
    ':20:STARTUMS',
    ':25:DE89',
    `:28C:${short.slice(2)}/1`,
    balance('60F', opening),
    ...entries.flatMap(({ amount, text }) => [`:61:${short}${mark(amount)}${euros(amount)}NTRFNONREF`, `:86:${text}`]),
    balance('62F', closing),
    '-',
    '',
  ].join('\r\n')
}
