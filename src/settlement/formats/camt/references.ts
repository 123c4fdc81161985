import { at, childrenNamed, type Element, textAt } from './element.ts'

/** The identifiers of one transaction, `TxDtls`. */
export type TransactionReferences = {
  readonly endToEnd: string | undefined
  /** Of the invoice, as the creditor gave them: an RF, QR or ISR reference. */
  readonly creditor: readonly string[]
  readonly instruction: string | undefined
  /** Given by the bank that wrote the file. */
  readonly bank: string | undefined
  readonly paymentInformation: string | undefined
  readonly message: string | undefined
  readonly transaction: string | undefined
  /** All others, strongest first: UETR, clearing, proprietary, cheque, documents, mandate. */
  readonly others: readonly string[]
}

/** A reference has 35 characters, some have 255. What is longer than this is none, and would not fit an index. */
const MAX_LENGTH = 1_024

/** As many identifiers as one line keeps. */
export const MAX_REFERENCES = 1_000

/** What is written where there is no reference: EndToEndId is mandatory in a payment (EPC guidelines: NOTPROVIDED). */
const NONE = /^(?:not[ -]?provided|none?ref|none)$/i

/** A reference as it was written; undefined for what only says that there is none. */
export const referenceOf = (text: string | undefined): string | undefined =>
  text === undefined || text.length > MAX_LENGTH || NONE.test(text) ? undefined : text

export function referencesOf(details: Element): TransactionReferences {
  const refs = at(details, 'Refs')
  const structured = childrenNamed(at(details, 'RmtInf'), 'Strd')
  const own = (name: string): string | undefined => referenceOf(textAt(refs, name))
  return {
    endToEnd: own('EndToEndId'),
    creditor: present(structured.map((each) => referenceOf(textAt(each, 'CdtrRefInf', 'Ref')))),
    instruction: own('InstrId'),
    bank: own('AcctSvcrRef') ?? own('AcctSvcrTxId'),
    paymentInformation: own('PmtInfId'),
    message: own('MsgId'),
    transaction: own('TxId'),
    others: present([
      ...OTHERS.map(own),
      ...childrenNamed(refs, 'Prtry').map((each) => referenceOf(textAt(each, 'Ref'))),
      ...structured.flatMap((each) =>
        childrenNamed(each, 'RfrdDocInf').map((document) => referenceOf(textAt(document, 'Nb'))),
      ),
      own('MndtId'),
    ]),
  }
}

const OTHERS = ['UETR', 'AcctSvcrTxId', 'AcctOwnrTxId', 'MktInfrstrctrTxId', 'ClrSysRef', 'PrcgId', 'ChqNb']

export const present = <T>(list: readonly (T | undefined)[]): T[] => list.filter((each) => each !== undefined)

/**
 * The references of a transaction that are ours, strongest first. The creditor gave the reference of the invoice, and
 * whoever began the payment its EndToEndId: for money that came in the first is ours, for money that went out the second.
 */
export const oursOf = (references: TransactionReferences, isIncoming: boolean): (string | undefined)[] => {
  const { creditor, endToEnd, instruction } = references
  return isIncoming ? [...creditor, endToEnd, instruction] : [endToEnd, ...creditor, instruction]
}

/** Fields of a line. */
export type LineReferences = {
  readonly reference: string | undefined
  readonly pspReference: string | undefined
  readonly otherReferences: readonly string[] | undefined
}

/** The first of ours, the first of the bank's, and all the others once. */
export function lineReferences(
  ours: readonly (string | undefined)[],
  bank: readonly (string | undefined)[],
  others: readonly (string | undefined)[],
): LineReferences {
  const reference = ours.find((each) => each !== undefined)
  const pspReference = bank.find((each) => each !== undefined)
  const rest: string[] = []
  for (const list of [ours, others, bank])
    for (const each of list) {
      if (rest.length === MAX_REFERENCES) break
      const isNew = each !== undefined && each !== reference && each !== pspReference && !rest.includes(each)
      if (isNew) rest.push(each)
    }
  return { reference, pspReference, otherReferences: rest.length === 0 ? undefined : rest }
}
