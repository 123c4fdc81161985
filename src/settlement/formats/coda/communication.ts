/**
 * What a structured communication says: three digits of its type, then fields of fixed length.
 *
 * - 101, 102: a reference of the creditor with check digits, as printed on Belgian invoices: `+++090/9337/55493+++`.
 * - 127: a SEPA direct debit: settlement date, type, scheme, reason, creditor (35), mandate (35), communication (62), R-transaction (1), reason (4).
 * - Others (card sales, withdrawals, fees) are kept as a text.
 */
export type Communication = {
  /** The creditor's structured reference, 12 digits as the bank writes them. */
  readonly reference: string | undefined
  readonly otherReferences: readonly string[]
  readonly text: string
}

export function readCommunication(isStructured: boolean, whole: string): Communication {
  if (!isStructured) return { reference: undefined, otherReferences: marked(whole), text: squeezed(whole) }
  const type = whole.slice(0, 3)
  const content = whole.slice(3)
  if (type === '101' || type === '102') {
    const digits = content.slice(0, 12)
    const text = squeezed(content)
    if (!/^\d{12}$/.test(digits)) return { reference: undefined, otherReferences: [], text }
    return { reference: digits, otherReferences: [printed(digits)], text: printed(digits) }
  }
  if (type === '127') {
    const references = [content.slice(44, 79).trim(), content.slice(9, 44).trim()].filter((each) => each !== '')
    return { reference: undefined, otherReferences: references, text: squeezed(content.slice(79, 141)) }
  }
  return { reference: undefined, otherReferences: [], text: squeezed(content) }
}

const printed = (digits: string): string => `+++${digits.slice(0, 3)}/${digits.slice(3, 7)}/${digits.slice(7)}+++`

/** A structured reference that was typed into a free text, with the marks around it. */
function marked(text: string): string[] {
  if (!text.includes('+++') && !text.includes('***')) return []
  const match = /(?:\+\+\+|\*\*\*)\s?(\d{3})\/?(\d{4})\/?(\d{5})\s?(?:\+\+\+|\*\*\*)/.exec(text)
  if (match === null) return []
  const digits = `${match[1]}${match[2]}${match[3]}`
  return [digits, printed(digits)]
}

export const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim()
