import type { LineKind, SettlementLine } from '../format.ts'
import { type Context, warn } from './context.ts'
import type { Entry } from './entry.ts'
import { chargesOf } from './money.ts'
import { type LineReferences, lineReferences, MAX_REFERENCES, oursOf, present } from './references.ts'
import { amountIn, type BankCode, type Transaction } from './transaction.ts'

/**
 * The lines of one entry. The entry is what was booked, so the sum of its lines is always its amount.
 *
 * - With one transaction or none it is one line, with all references. When the amounts of the entry and of its transaction
 *   differ by just the charges that it states, the line has the amount of the transaction and the charges as its fee.
 * - With several transactions (a batch) each of them is a line, so that each payment can be found. What the entry has more
 *   or less than they have is a line of its own: the charges of the entry as `fee`, else `rounding` or `adjustment` and a
 *   warning.
 * - A batch in which a transaction has no amount in the currency of the entry is one line, with the references of all.
 */
export type Line = Omit<SettlementLine, 'statement'>

/** What `Btch` says of the transactions as a whole. */
export type BatchReferences = {
  readonly paymentInformation: (string | undefined)[]
  readonly message: (string | undefined)[]
}

export function singleLine(
  context: Context,
  entry: Entry,
  transaction: Transaction | undefined,
  batch: BatchReferences,
): Line {
  const own = transaction?.references
  const references = lineReferences(
    [
      ...(own === undefined ? [] : oursOf(own, isIncoming(entry, entry.direction))),
      own?.paymentInformation,
      ...batch.paymentInformation,
      own?.message,
      ...batch.message,
    ],
    [entry.bankReference, own?.bank],
    [own?.transaction, ...(own?.others ?? []), entry.entryReference],
  )
  const fee = transaction === undefined ? 0n : feeWithin(context, entry, transaction)
  const description = descriptionOf(entry, transaction, entry.direction)
  return line(
    entry,
    transaction?.code ?? entry.code,
    entry.element.line,
    references,
    entry.amount + fee,
    fee,
    description,
  )
}

/** The charges, when they are just what the amount of the entry and that of its transaction differ by. */
function feeWithin(context: Context, entry: Entry, transaction: Transaction): bigint {
  const amount = amountIn(context, transaction, entry.currency)
  if (amount === undefined) return 0n
  const rest = entry.amount - amount * (transaction.direction ?? entry.direction)
  if (rest === 0n || amount === (entry.amount < 0n ? -entry.amount : entry.amount)) return 0n
  const isExplained = [transaction.charges, entry.charges].some((each) => chargesOf(each, entry.currency) === rest)
  if (isExplained) return rest < 0n ? -rest : 0n
  warn(context, transaction.element, 'transaction_total', `Ntry and its TxDtls differ by ${rest} minor units`)
  return 0n
}

/** A batch in one line: of the references of the transactions as many as a line keeps. */
export function batchLine(
  context: Context,
  entry: Entry,
  transactions: readonly Transaction[],
  batch: BatchReferences,
): Line {
  const others: (string | undefined)[] = [entry.entryReference]
  for (const { references } of transactions) {
    if (others.length > MAX_REFERENCES) {
      warn(context, entry.element, 'references', `Ntry has more references than the ${MAX_REFERENCES} that are kept`)
      break
    }
    const { transaction, bank, paymentInformation, message } = references
    const ours = oursOf(references, isIncoming(entry, entry.direction))
    others.push(...present([...ours, transaction, bank, ...references.others, paymentInformation, message]))
  }
  const ours = [...batch.paymentInformation, ...batch.message]
  const references = lineReferences(ours, [entry.bankReference], others)
  return line(entry, entry.code, entry.element.line, references, entry.amount, 0n, entry.text)
}

/** One transaction of a batch. `amount` is signed, `charges` its effect on the balance besides. */
export function transactionLine(
  entry: Entry,
  transaction: Transaction,
  amount: bigint,
  charges: bigint,
  batch: BatchReferences,
): Line {
  const own = transaction.references
  const references = lineReferences(
    oursOf(own, isIncoming(entry, amount)),
    [own.bank],
    [
      own.transaction,
      ...own.others,
      own.paymentInformation,
      own.message,
      ...batch.paymentInformation,
      ...batch.message,
      entry.bankReference,
      entry.entryReference,
    ],
  )
  const [gross, fee] = charges < 0n ? [amount, -charges] : [amount + charges, 0n]
  const description = descriptionOf(entry, transaction, amount)
  return line(entry, transaction.code ?? entry.code, transaction.element.line, references, gross, fee, description)
}

/** What the entry has besides its transactions. */
export function restLine(entry: Entry, kind: LineKind, amount: bigint, batch: BatchReferences): Line {
  const ours = [...batch.paymentInformation, ...batch.message]
  const references = lineReferences(ours, [entry.bankReference], [entry.entryReference])
  const what = kind === 'fee' ? 'Charges' : 'Not in the transactions'
  const description = entry.text === undefined ? what : `${what}; ${entry.text}`
  return { ...line(entry, entry.code, entry.element.line, references, amount, 0n, description), kind }
}

function line(
  entry: Entry,
  code: BankCode | undefined,
  lineNumber: number,
  references: LineReferences,
  amount: bigint,
  fee: bigint,
  description: string | undefined,
): Line {
  return {
    line: lineNumber,
    kind: kindOf(code),
    status: entry.status,
    pspReference: references.pspReference,
    reference: references.reference,
    otherReferences: references.otherReferences,
    amount,
    fee,
    currency: entry.currency,
    occurredAt: entry.occurredAt,
    businessDate: entry.businessDate,
    description,
    ...(entry.isBooked ? {} : { booked: false as const }),
  }
}

/** Sub-families of charges and commissions (ISO 20022, ExternalBankTransactionSubFamily1Code). */
const FEES = new Set(['CHRG', 'FEES', 'COMM', 'COME', 'COMI', 'COMT'])

const kindOf = (code: BankCode | undefined): LineKind =>
  code !== undefined && FEES.has(code.subFamily) ? 'fee' : 'entry'

/** Whether the payment itself came in: a reversal gives back what went the other way. */
const isIncoming = (entry: Entry, amount: bigint): boolean => amount > 0n !== entry.isReversal

const MAX_DESCRIPTION = 2_000

function descriptionOf(entry: Entry, transaction: Transaction | undefined, amount: bigint): string | undefined {
  if (transaction === undefined) return entry.text
  const { debtor, creditor, texts } = transaction
  const party = isIncoming(entry, amount) ? (debtor ?? creditor) : (creditor ?? debtor)
  const all = new Set([party, ...texts, entry.text])
  all.delete(undefined)
  return all.size === 0 ? undefined : [...all].join('; ').slice(0, MAX_DESCRIPTION)
}
