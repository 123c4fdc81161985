import { BrokenFile } from '../diagnostics.ts'
import type { Fields } from './hundredths.ts'

/**
 * Where the columns of a section's rows are, by the names in its `CH` row: order and number differ between versions and
 * accounts, spaces inside names come and go, and files from before 2012 have none (`GrossTransactionAmount`).
 */
export type Columns = {
  /** How many fields a row has. */
  readonly count: number
  /** −1 for a column that is not there. */
  readonly at: Readonly<Record<Column, number>>
}

const NAMES = {
  transactionId: 'Transaction ID',
  invoiceId: 'Invoice ID',
  referenceId: 'PayPal Reference ID',
  eventCode: 'Transaction Event Code',
  initiated: 'Transaction Initiation Date',
  completed: 'Transaction Completion Date',
  direction: 'Transaction Debit or Credit',
  gross: 'Gross Transaction Amount',
  currency: 'Gross Transaction Currency',
  feeDirection: 'Fee Debit or Credit',
  fee: 'Fee Amount',
  feeCurrency: 'Fee Currency',
  status: 'Transactional Status',
  subject: 'Transaction Subject',
  note: 'Transaction Note',
  itemName: 'Item Name',
  customField: 'Custom Field',
  trackingId: 'Payment Tracking ID',
  bankReferenceId: 'Bank Reference ID',
  storeId: 'Store ID',
  terminalId: 'Terminal ID',
} as const

export type Column = keyof typeof NAMES

const KEYS = Object.keys(NAMES) as readonly Column[]

/** Without these no row has an amount. */
const NEEDED: readonly Column[] = ['eventCode', 'direction', 'gross', 'currency']

const bare = (name: string): string => name.replaceAll(/[\s"]/g, '').toLowerCase()

/** Places by name; the first of two columns with one name. */
export function findColumns(header: Fields): Columns {
  const places = new Map<string, number>()
  for (const [place, name] of header.entries()) if (!places.has(bare(name))) places.set(bare(name), place)
  const at = Object.fromEntries(KEYS.map((key) => [key, places.get(bare(NAMES[key])) ?? -1])) as Record<Column, number>
  return { count: header.length, at }
}

/** Whether these are the columns of a report about transactions with their amounts. */
export const hasMoney = ({ at }: Columns): boolean => NEEDED.every((key) => at[key] !== -1)

/** Reads a `CH` row. Throws `BrokenFile` when the rows under it would say nothing of money, or say it twice. */
export function readColumns(header: Fields, line: number): Columns {
  const columns = findColumns(header)
  for (const key of NEEDED)
    if (columns.at[key] === -1) throw new BrokenFile('columns', line, `There is no column "${NAMES[key]}"`)
  const names = header.map(bare)
  for (const key of MONEY)
    if (names.filter((name) => name === bare(NAMES[key])).length > 1)
      throw new BrokenFile('columns', line, `There are two columns "${NAMES[key]}"`)
  return columns
}

const MONEY: readonly Column[] = [...NEEDED, 'feeDirection', 'fee', 'feeCurrency', 'status']
