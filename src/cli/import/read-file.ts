import { stat } from 'node:fs/promises'
import { AmountError, isCurrency, MAX_AMOUNT, parseMajor } from '../../money/index.ts'
import { CliFailure, withoutPeriod } from '../failure.ts'
import { BookProblem, type CheckoutBook, createCheckoutBook } from './book.ts'
import { type Mapping, resolveMapping, shellWord } from './mapping.ts'
import { CsvProblem, readRows } from './rows.ts'

/**
 * Payment orders that one import holds in memory. Measured with 1,000,000 checkouts of one order and
 * 32-character names: 140 bytes each, so about 0.7 GB at the limit, which the default heap of Node takes.
 */
const MAX_ORDERS = 5_000_000
/** The API refuses longer strings. */
const MAX_NAME_LENGTH = 255

export type ReadOptions = {
  /** As the user named it. */
  readonly file: string
  readonly path: string
  readonly map: string | undefined
  readonly minor: boolean
  readonly decimalComma: boolean
  readonly maxOrders?: number
  readonly onBytes?: (bytes: number) => void
}

export type ReadFile = { readonly book: CheckoutBook; readonly lines: number }

/** Reads and checks the whole file. Throws `CliFailure` that names line and column; nothing has been sent then. */
export async function readCheckouts(options: ReadOptions): Promise<ReadFile> {
  const book = createCheckoutBook({ maxOrders: options.maxOrders ?? MAX_ORDERS })
  let header: readonly string[] = []
  let mapping: Mapping | undefined
  let lines = 0
  try {
    if (!(await stat(options.path)).isFile()) throw new CsvProblem('it is not a file')
    await readRows(options.path, {
      onHeader: (names) => {
        header = names
        mapping = resolveMapping(names, options.map, options.file)
      },
      onRow: (row, lineNumber) => {
        if (mapping === undefined) throw new CsvProblem('it has no header')
        book.add({ ...readLine(row, header, mapping, options, lineNumber), lineNumber })
        lines += 1
      },
      ...(options.onBytes === undefined ? {} : { onBytes: options.onBytes }),
    })
    if (lines === 0) throw new CsvProblem('it has column names and no lines')
    book.close()
  } catch (error) {
    throw refusalOf(error, options.file)
  }
  return { book, lines }
}

/** A cell that is not right. */
class CellProblem extends Error {}

function readLine(
  row: readonly string[],
  header: readonly string[],
  mapping: Mapping,
  options: ReadOptions,
  lineNumber: number,
): { checkout: string; seller: string; currency: string; amount: bigint } {
  function at<T>(position: number, read: (text: string) => T): T {
    try {
      return read((row[position] ?? '').trim())
    } catch (error) {
      if (!(error instanceof AmountError || error instanceof CellProblem)) throw error
      throw new BookProblem(lineNumber, `column "${header[position]}": ${error.message}`)
    }
  }
  const currency = 'code' in mapping.currency ? mapping.currency.code : at(mapping.currency.column, currencyIn)
  const parts = mapping.amounts.map((position) => at(position, (text) => amountIn(text, currency, options)))
  return {
    checkout: at(mapping.checkout, nameIn),
    seller: at(mapping.seller, nameIn),
    currency,
    amount: parts.reduce((sum, part) => sum + part, 0n),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const UNUSABLE = /[\u0000-\u001f\u007f-\u009f\ufffd]/

function nameIn(text: string): string {
  if (text === '') throw new CellProblem('it is empty; every line needs one')
  if (text.length > MAX_NAME_LENGTH)
    throw new CellProblem(`it has ${text.length} characters; ${MAX_NAME_LENGTH} at most`)
  if (UNUSABLE.test(text)) throw new CellProblem('it holds a control character or is not UTF-8')
  return text
}

function currencyIn(text: string): string {
  if (!isCurrency(text)) throw new CellProblem(`"${text.slice(0, 16)}" is not an ISO 4217 currency such as EUR`)
  return text
}

/** Minor units of a cell. A leading minus is a discount; the sum of an order is more than 0 all the same. */
function amountIn(text: string, currency: string, options: ReadOptions): bigint {
  const negative = text.startsWith('-')
  const digits = negative ? text.slice(1) : text
  const amount = options.minor ? minorIn(digits) : parseMajor(withPoint(digits, options.decimalComma), currency)
  return negative ? -amount : amount
}

function minorIn(text: string): bigint {
  if (!/^\d{1,16}$/.test(text) || BigInt(text) > MAX_AMOUNT) {
    throw new CellProblem(`"${text.slice(0, 40)}" is not whole minor units such as 1250, which --minor says`)
  }
  return BigInt(text)
}

function withPoint(text: string, decimalComma: boolean): string {
  if (!decimalComma) {
    if (/^\d+,\d+$/.test(text))
      throw new CellProblem(`"${text}" has a decimal comma; write 12.50 or give --decimal-comma`)
    return text
  }
  if (text.includes('.'))
    throw new CellProblem(`"${text}" has a point; with --decimal-comma amounts are written 1234,50`)
  return text.replace(',', '.')
}

function refusalOf(error: unknown, file: string): unknown {
  if (error instanceof CliFailure) return error
  const next = `npx tallystick checkouts import ${shellWord(file)}`
  const failure = (message: string) => new CliFailure({ message, next, code: 'file_unusable', cause: error })
  if (error instanceof BookProblem) return failure(`${file} line ${error.lineNumber}, ${withoutPeriod(error.message)}`)
  if (error instanceof CsvProblem) return failure(`${file} cannot be imported: ${withoutPeriod(error.message)}`)
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return failure(`${file} cannot be read: ${withoutPeriod(error.message)}`)
  }
  return error
}
