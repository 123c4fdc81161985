import { type Context, warn } from './context.ts'
import { child, type Element, textAt } from './element.ts'
import type { Entry } from './entry.ts'
import { type BatchReferences, type Line, transactionLine } from './entry-lines.ts'
import { MAX_REFERENCES, referenceOf } from './references.ts'
import { linesOf, restOf } from './split.ts'
import { amountIn, hasAmountIn, readTransaction, type Transaction } from './transaction.ts'

/**
 * Transactions of one entry that are held until it is known how they add up. From here on each is handed on as it comes,
 * so that an entry of any size is read in the same memory.
 */
export const MAX_HELD = 10_000

/** What is inside the entry that is being read. */
export type Batch = {
  readonly btch: (element: Element) => void
  /** `entry` is asked for when its lines begin before its end, and is undefined when it cannot be read. */
  readonly transaction: (element: Element, entry: () => Entry | undefined) => void
  /** The end of one `NtryDtls`: what its `Btch` states is compared. */
  readonly detailsEnd: () => void
  readonly finish: (entry: Entry | undefined) => void
}

export function createBatch(context: Context, emit: (line: Line) => void): Batch {
  const references: BatchReferences = { paymentInformation: [], message: [] }
  const held: Transaction[] = []
  let count = 0
  let stated: { readonly element: Element; readonly from: number } | undefined
  /** Set when the transactions are not held any more; without `split` those that still come are left away. */
  let begun: { readonly entry: Entry; readonly split: boolean } | 'unreadable' | undefined
  let sum = 0n

  function handOn(entry: Entry, transaction: Transaction): void {
    const amount = amountIn(context, transaction, entry.currency)
    if (amount === undefined) {
      const message = `TxDtls has no amount in ${entry.currency}: it is in the rest of its entry`
      return warn(context, transaction.element, 'transaction_amount', message)
    }
    const signed = amount * (transaction.direction ?? entry.direction)
    sum += signed
    emit(transactionLine(entry, transaction, signed, 0n, references))
  }

  function begin(entry: Entry | undefined): void {
    if (entry === undefined) {
      begun = 'unreadable'
      return
    }
    const split = held.every((each) => hasAmountIn(each, entry.currency))
    begun = { entry, split }
    if (split) for (const each of held.splice(0)) handOn(entry, each)
  }

  return {
    btch(element) {
      const { paymentInformation, message } = references
      if (paymentInformation.length < MAX_REFERENCES) paymentInformation.push(referenceOf(textAt(element, 'PmtInfId')))
      if (message.length < MAX_REFERENCES) message.push(referenceOf(textAt(element, 'MsgId')))
      stated = { element, from: count }
    },
    transaction(element, entry) {
      count++
      if (begun === undefined) {
        held.push(readTransaction(element))
        if (held.length > MAX_HELD) begin(entry())
      } else if (begun !== 'unreadable' && begun.split) handOn(begun.entry, readTransaction(element))
    },
    detailsEnd() {
      if (stated !== undefined) compareCount(context, stated.element, count - stated.from)
      stated = undefined
    },
    finish(entry) {
      if (entry === undefined) return
      const isSplit = begun !== undefined && begun !== 'unreadable' && begun.split
      const lines = isSplit
        ? restOf(context, entry, entry.amount - sum, references)
        : linesOf(context, entry, held, references)
      for (const line of lines) emit(line)
    },
  }
}

/** `NbOfTxs` counts payments that a bank need not list; when it lists some, it should list them all. */
function compareCount(context: Context, btch: Element, listed: number): void {
  const number = child(btch, 'NbOfTxs')
  if (number === undefined || listed === 0 || !/^\d{1,15}$/.test(number.text) || Number(number.text) === listed) return
  warn(context, number, 'transaction_count', `Btch says ${number.text} transactions, and there are ${listed}`)
}
