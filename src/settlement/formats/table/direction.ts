import { plain } from './month-names.ts'
import type { ColumnSurvey } from './survey.ts'

/** Words for debit and credit that stand in a column of their own, as pairs, without marks and in lower case. */
const PAIRS: readonly (readonly [debit: string, credit: string])[] = [
  ['d', 'c'], ['dr', 'cr'], ['db', 'cr'], ['dbit', 'crdt'], ['debit', 'credit'], ['debits', 'credits'], ['debited', 'credited'],
  ['s', 'h'], ['soll', 'haben'], ['belastung', 'gutschrift'], ['lastschrift', 'gutschrift'], ['ausgang', 'eingang'], ['af', 'bij'],
  ['debet', 'kredit'], ['debet', 'credit'], ['debito', 'credito'], ['debe', 'haber'], ['cargo', 'abono'], ['dare', 'avere'],
  ['addebito', 'accredito'], ['obciazenie', 'uznanie'], ['uttag', 'insattning'], ['out', 'in'], ['outgoing', 'incoming'],
  ['outflow', 'inflow'], ['sent', 'received'], ['withdrawal', 'deposit'], ['money out', 'money in'], ['paid out', 'paid in'],
  ['-', '+'],
] // biome-ignore format: one list

export type DirectionWords = { readonly debit: readonly string[]; readonly credit: readonly string[] }

/**
 * The words of a column that has nothing but words for debit and credit: those that are in it and their counterparts,
 * which may come later. Undefined for every other column.
 */
export function directionWords(column: ColumnSurvey): DirectionWords | undefined {
  const known = knownWords(column)
  const words = new Set([...column.values].map(plain))
  const isWhole =
    words.size <= 4 && [...words].every((word) => known?.debit.includes(word) || known?.credit.includes(word))
  // A dash alone is how an empty cell is written.
  if (words.size === 1 && words.has('-')) return undefined
  return isWhole ? known : undefined
}

/** The same of a column that has some other words as well, fewer than these. Undefined when it has none of them. */
export function knownWords({ values }: ColumnSurvey): DirectionWords | undefined {
  const words = new Set([...values].map(plain))
  const pairs = PAIRS.filter(([debit, credit]) => words.has(debit) || words.has(credit))
  if (pairs.length === 0) return undefined
  const all = new Set(pairs.flat())
  const others = [...words].filter((word) => !all.has(word)).length
  if (others > words.size - others) return undefined
  return { debit: [...new Set(pairs.map(([each]) => each))], credit: [...new Set(pairs.map(([, each]) => each))] }
}

/** Words of a payment's kind that say that money left. */
const LEAVING =
  /\b(refund(s|ed)?|withdrawals?|debit|chargebacks?|disputes?|payouts?|outgoing|sent|reversals?|lastschrift|(ruck)?erstattung|auszahlung|remboursements?|retraits?|prelevements?|reembolsos?|retiros?|rimborso|prelievo|terugbetaling|uitbetaling|zwrot|wyplata)\b/

export const saysLeft = (word: string): boolean => LEAVING.test(plain(word).replaceAll('_', ' '))

/** Whether a column says of some rows, and not of all, that money left. */
export function saysLeaving({ values }: ColumnSurvey): boolean {
  const leaving = [...values].filter(saysLeft).length
  return leaving > 0 && leaving < values.size
}
