/** What a dialect of field 86 makes of its text. */
export type Texts = { readonly remittance: string; readonly name: string; readonly posting: string }

/** A line of field 86 has 65 characters: a full one may break a word, or an identifier. */
export const FULL_LINE = 65

/** Keys whose value identifies something; all others end such a value. */
const IDS: ReadonlySet<string> = new Set(['EREF', 'KREF', 'PREF', 'MREF', 'CRED'])
/** Keys whose value is a text for people. */
const TEXTS: ReadonlySet<string> = new Set(['SVWZ', 'MTLG', 'ABWA', 'ABWE', 'RETN', 'ANAM'])

const KEY =
  /(EREF|KREF|PREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BREF|RREF|RETN|PURP|MTLG|ANAM|MDAT|BIC|TAN1?)(?:\+|: )/g
const ANY_KEY = /[A-Z]{3}\d?(?:\+|: )/

const MAX_ID_LENGTH = 70

/** No identifier, but a word for that there is none, or that it stands elsewhere. */
const PLACEHOLDER = /^(?:N(?:O|ON|OT)[ -]?(?:REF|PROVIDED)|NONE|(?:[EKMPC]REF|MARF)\+?|-+|\.+)?$/i

export const isPlaceholder = (text: string): boolean => PLACEHOLDER.test(text)

/** The first that a text has for a key counts: what follows often says it again. */
export function addId(ids: Map<string, string>, key: string, value: string): void {
  const id = value.replace(/\s+/g, ' ').trim()
  if (id.length <= MAX_ID_LENGTH && !isPlaceholder(id) && !ids.has(key)) ids.set(key, id)
}

/** A break between two pieces of which the first was not full: words, and identifiers, end there. */
const BREAK = '\n'

/**
 * Reads a text that comes in pieces of a fixed length, with keys such as `EREF+` or `EREF: ` in it (DFÜ agreement of the
 * German banks, annex 3). A key stands at the beginning of a piece, behind a blank, or directly behind another key. An
 * identifier goes on in the next piece only when its own is full.
 */
export function readKeyed(pieces: readonly string[], fullLength: number, ids: Map<string, string>): Texts {
  let text = ''
  const starts: number[] = []
  pieces.forEach((each, index) => {
    if (index > 0 && (pieces[index - 1] ?? '').length < fullLength) text += BREAK
    starts.push(text.length)
    text += each
  })
  if (!ANY_KEY.test(text)) return { remittance: text.replaceAll(BREAK, ' '), name: '', posting: '' }
  const words: string[] = []
  let key = ''
  let from = 0
  let piece = 0
  const close = (to: number): void => {
    words.push(...take(key, text.slice(from, to), ids))
  }
  for (const match of text.matchAll(KEY)) {
    const before = text[match.index - 1]
    while ((starts[piece] ?? text.length) < match.index) piece++
    if (match.index !== from && before !== undefined && !/\s/.test(before) && starts[piece] !== match.index) continue
    close(match.index)
    key = match[1] ?? ''
    from = match.index + match[0].length
  }
  close(text.length)
  return { remittance: words.join(' '), name: '', posting: '' }
}

/** Keeps the identifier of a key, and gives the texts that are left. */
function take(key: string, value: string, ids: Map<string, string>): string[] {
  if (key === '' || TEXTS.has(key)) return nonEmpty(value)
  // What follows an identifier that did not fill its piece is no part of it.
  const at = value.indexOf(BREAK)
  const [own, rest] = at === -1 ? [value, ''] : [value.slice(0, at), value.slice(at)]
  if (IDS.has(key)) addId(ids, key, own)
  return nonEmpty(rest)
}

const nonEmpty = (text: string): string[] => {
  const clean = text.replaceAll(BREAK, ' ').trim()
  return clean === '' ? [] : [clean]
}
