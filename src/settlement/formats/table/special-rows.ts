import { readAmount } from './amount-text.ts'
import { plain } from './month-names.ts'
import type { TableRow } from './rows.ts'
import { cell, currencyIn, markOf, minorOf, placeOf, type Section, sectionOf, type Work } from './work.ts'

/** Rows of a table that are no movements: balances of the whole, sums, and the header once more. */

const OPENING =
  /\b(opening|start\p{L}*|begin\p{L}*|initial|previous|brought forward|anfang\p{L}*|alter|ouverture|ancien|inicial|anterior|iniziale|ingaende|inngaende|poczatkowe|pocatecni)\b/u
const CLOSING =
  /\b(closing|end\p{L}*|final|finale|new|neuer|schluss\p{L}*|cloture|nouveau|carried forward|eind\p{L}*|utgaende|koncowe|konecny)\b/u
const BALANCE = /(balance|saldo|solde|kontostand|zustatek|bakiye)/

const LONGEST_LABEL = 64

/** A row that states a balance of the whole: `Balance at end of period … 1,234.50`. False for every other row. */
export function noteBalance(work: Work, row: TableRow): boolean {
  const found = row.fields.find((field) => field.length <= LONGEST_LABEL && BALANCE.test(plain(field)))
  if (found === undefined) return false
  const label = plain(found)
  const isOpening = OPENING.test(label)
  if (isOpening === CLOSING.test(label)) return false
  const stated = statedIn(work, row, found)
  if (stated === undefined) return false
  const section = sectionIn(work, row)
  if (section === undefined) {
    const message = 'A balance of the whole is left out: it does not say in which currency it is'
    work.reading.diagnostics.add({ severity: 'warning', code: 'balance_without_currency', line: row.line, message })
    return true
  }
  const at = { line: row.line, column: stated.column, text: stated.text }
  section.balances.state(isOpening ? 'opening' : 'closing', minorOf(work, stated.read, section, at))
  return true
}

/** The amount in the column of balances, else the last one of the row, else the one behind the label: `Balance: 12.00`. */
function statedIn(work: Work, row: TableRow, label: string) {
  const { profile } = work
  const datePlace = profile.date === undefined || work.places.size === 0 ? -1 : placeOf(work, profile.date.column)
  const inBalance = work.places.size === 0 || profile.balance === undefined ? -1 : placeOf(work, profile.balance)
  const places = [inBalance, ...row.fields.keys().toArray().toReversed()].filter(
    (place) => place !== -1 && place !== datePlace,
  )
  for (const place of places) {
    const text = (row.fields[place] ?? '').trim()
    const read = text === '' ? undefined : readAmount(text, markOf(work, row, place))
    if (read !== undefined) return { read, text, column: place + 1 }
  }
  const text = label.slice(label.lastIndexOf(':') + 1).trim()
  const read = label.includes(':') && text !== '' ? readAmount(text, profile.decimal) : undefined
  return read && { read, text, column: row.fields.indexOf(label) + 1 }
}

/** The currency that the row says, or the only one that the file can have. */
function sectionIn(work: Work, row: TableRow): Section | undefined {
  const { currency } = work.profile
  if ('code' in currency) return sectionOf(work, currency.code)
  const code = work.places.size === 0 ? undefined : currencyIn(cell(work, row, currency.column), work.profile)
  if (code !== undefined) return sectionOf(work, code)
  const [only, ...others] = work.sections.values()
  return others.length === 0 ? only : undefined
}

const TOTAL =
  /^(sub ?|grand |page )?(total|totals|totaal|totale|totaux|totali|gesamt|gesamtsumme|summe|suma|summa|sum|somma|razem|celkem|итого)\b/

/**
 * A sum under the rows is none of them. In a table with dates it has none; in a table without, it begins with the word and
 * says nothing else beside numbers.
 */
export function isTotal({ reading, profile }: Work, row: TableRow): boolean {
  const texts = row.fields.map((field) => field.trim()).filter((field) => field !== '')
  const isSum =
    profile.date === undefined
      ? isTotalWord(texts[0]) && texts.slice(1).every((text) => readAmount(text, profile.decimal) !== undefined)
      : texts.some(isTotalWord)
  if (!isSum) return false
  const message = 'A row with a total and no date is left out'
  reading.diagnostics.add({ severity: 'warning', code: 'total_row', line: row.line, message })
  return true
}

const isTotalWord = (text: string | undefined): boolean =>
  text !== undefined && text.length <= LONGEST_LABEL && TOTAL.test(plain(text))

/** The header once more, as at the top of each page. */
export const isHeading = ({ header }: Work, { fields }: TableRow): boolean =>
  header.length > 0 && fields[0] === header[0] && fields.every((field, place) => field === header[place])
