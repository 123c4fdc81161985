import { type Context, warn } from './context.ts'
import type { Entry } from './entry.ts'
import { type BatchReferences, batchLine, type Line, restLine, singleLine, transactionLine } from './entry-lines.ts'
import { chargesOf } from './money.ts'
import { amountIn, type Transaction } from './transaction.ts'

/** All lines of an entry whose transactions are known. Their sum is the amount of the entry: see entry-lines.ts. */
export function linesOf(
  context: Context,
  entry: Entry,
  transactions: readonly Transaction[],
  batch: BatchReferences,
): Line[] {
  if (transactions.length < 2) return [singleLine(context, entry, transactions[0], batch)]
  const parts: Part[] = []
  for (const transaction of transactions) {
    const amount = amountIn(context, transaction, entry.currency)
    if (amount === undefined) return [batchLine(context, entry, transactions, batch)]
    parts.push({ transaction, amount: amount * (transaction.direction ?? entry.direction), charges: 0n })
  }
  const ofEntry = withDirectionOf(context, entry, parts)
  const rest = entry.amount - sumOf(ofEntry, ({ amount }) => amount)
  const charged = ofEntry.map((part) => ({
    ...part,
    charges: chargesOf(part.transaction.charges, entry.currency) ?? 0n,
  }))
  const isCharged = rest !== 0n && sumOf(charged, ({ charges }) => charges) === rest
  const shared = bankReferencesOfSeveral(transactions)
  const lines = (isCharged ? charged : ofEntry).map(({ transaction, amount, charges }) =>
    transactionLine(entry, withoutShared(transaction, shared), amount, charges, batch),
  )
  return isCharged ? lines : [...lines, ...restOf(context, entry, rest, batch)]
}

/** Some banks give every transaction the number of the batch: it identifies none of them. */
function bankReferencesOfSeveral(transactions: readonly Transaction[]): ReadonlySet<string> {
  const once = new Set<string>()
  const several = new Set<string>()
  for (const { references } of transactions)
    if (references.bank !== undefined) (once.has(references.bank) ? several : once).add(references.bank)
  return several
}

function withoutShared(transaction: Transaction, shared: ReadonlySet<string>): Transaction {
  const { references } = transaction
  if (references.bank === undefined || !shared.has(references.bank)) return transaction
  const others = [...references.others, references.bank]
  return { ...transaction, references: { ...references, bank: undefined, others } }
}

type Part = { readonly transaction: Transaction; readonly amount: bigint; readonly charges: bigint }

const sumOf = <T>(list: readonly T[], value: (each: T) => bigint): bigint =>
  list.reduce((sum, each) => sum + value(each), 0n)

/**
 * Some banks leave the direction of the first payment in transactions that were returned. Where only the direction of the
 * entry makes them add up, that is the one.
 */
function withDirectionOf(context: Context, entry: Entry, parts: readonly Part[]): readonly Part[] {
  if (sumOf(parts, ({ amount }) => amount) === entry.amount) return parts
  const turned = parts.map((part) => ({ ...part, amount: magnitude(part.amount) * entry.direction }))
  if (sumOf(turned, ({ amount }) => amount) !== entry.amount) return parts
  warn(context, entry.element, 'transaction_direction', 'TxDtls only add up in the direction of their Ntry')
  return turned
}

const magnitude = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

/** The line for what the entry has besides its transactions, when there is something. */
export function restOf(context: Context, entry: Entry, rest: bigint, batch: BatchReferences): Line[] {
  if (rest === 0n) return []
  if (chargesOf(entry.charges, entry.currency) === rest) return [restLine(entry, 'fee', rest, batch)]
  warn(context, entry.element, 'transaction_total', `Ntry and its TxDtls differ by ${rest} minor units`)
  return [restLine(entry, 'adjustment', rest, batch)]
}
