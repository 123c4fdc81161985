import type { Details } from './details.ts'
import { isPlaceholder } from './details-keyed.ts'
import type { StatementLine } from './statement-line.ts'

export type References = {
  readonly reference: string | undefined
  readonly pspReference: string | undefined
  readonly otherReferences: readonly string[] | undefined
}

/** References of the message as a whole: fields 20 and 21. */
export type MessageReferences = { readonly own: string; readonly related: string }

/** Strongest first: of the payment, of its batch, of the invoice, of the mandate and its creditor. */
const KEYS = ['EREF', 'KREF', 'PREF', 'STRD', 'MREF', 'CRED'] as const

/**
 * What identifies an entry. The account owner's reference of field 61 is ours; where it says `NONREF`, or `KREF+` and the
 * like, the reference stands in field 86.
 */
export function referencesOf(entry: StatementLine, details: Details, message: MessageReferences): References {
  const { ids } = details
  const reference = isPlaceholder(entry.reference) ? fromDetails(entry.reference, ids) : entry.reference
  const pspReference = isPlaceholder(entry.bankReference) ? undefined : entry.bankReference
  const others: string[] = []
  const add = (other: string | undefined): void => {
    if (other !== undefined && other !== reference && other !== pspReference && !others.includes(other))
      others.push(other)
  }
  for (const key of KEYS) add(ids.get(key))
  add(creditorReference(details.description))
  if (isIdentifier(entry.supplementary)) add(entry.supplementary)
  if (!isConstant(message.related)) add(message.related)
  if (!isConstant(message.own)) add(message.own)
  return { reference, pspReference, otherReferences: others.length === 0 ? undefined : others }
}

/** `KREF+` says which one it is; else the end-to-end reference, then the customer's, then that of the batch. */
function fromDetails(pointer: string, ids: ReadonlyMap<string, string>): string | undefined {
  const key = pointer.slice(0, 4).toUpperCase()
  return (
    ids.get(key === 'MARF' ? 'MREF' : key) ?? ids.get('EREF') ?? ids.get('KREF') ?? ids.get('PREF') ?? ids.get('STRD')
  )
}

/** What banks write into every message names none. */
const isConstant = (text: string): boolean =>
  isPlaceholder(text) || /^(?:STARTUMS|STARTDISP|TELEREPORTING|0+$)/.test(text)

/** Supplementary details that are one word of digits and letters, and no account. */
const isIdentifier = (text: string): boolean =>
  text !== '' && /^(?=.*\d{6})[A-Z0-9.-]{12,34}$/.test(text) && !/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)

/** A creditor reference with its check digits (ISO 11649), anywhere in a text. */
function creditorReference(text: string | undefined): string | undefined {
  if (text === undefined || !text.includes('RF')) return undefined
  return text.match(/\bRF\d\d[A-Z0-9]{1,21}\b/g)?.find(isCreditorReference)
}

function isCreditorReference(text: string): boolean {
  let rest = 0
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}
