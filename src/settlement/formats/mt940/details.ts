import { readCoded } from './details-coded.ts'
import { FULL_LINE, readKeyed, type Texts } from './details-keyed.ts'
import { readSlashed } from './details-slashed.ts'

/** What field 86 says about an entry. */
export type Details = {
  /** Identifiers by their SEPA keys: EREF, KREF, PREF, MREF, CRED and STRD, a structured remittance reference. */
  readonly ids: ReadonlyMap<string, string>
  /** The remittance text, the other party's name and the bank's own text, in this order. */
  readonly description: string | undefined
}

/**
 * Reads the fields 86 of one entry, each as its lines, and the field NS that some banks write instead. The dialects are
 * told apart by how the text begins; what is in none of them is text.
 */
export function readDetails(fields: readonly (readonly string[])[], nonSwift: readonly string[]): Details {
  const ids = new Map<string, string>()
  const texts: string[] = []
  for (const lines of fields) addTexts(readField(lines, ids), texts)
  if (nonSwift.length > 0) addTexts(readNonSwift(nonSwift, ids), texts)
  return { ids, description: texts.length === 0 ? undefined : texts.join(' | ') }
}

function addTexts({ remittance, name, posting }: Texts, texts: string[]): void {
  for (const text of [remittance, name, posting]) {
    const clean = text.includes('  ') || text.includes('\t') ? text.replace(/\s+/g, ' ').trim() : text.trim()
    if (clean !== '' && !texts.includes(clean)) texts.push(clean)
  }
}

const readField = (lines: readonly string[], ids: Map<string, string>): Texts =>
  readCoded(lines, ids) ?? readSlashed(lines, ids) ?? readKeyed(lines, FULL_LINE, ids)

/** Field NS of DATEV's and other old formats: lines that begin with two digits. */
function readNonSwift(lines: readonly string[], ids: Map<string, string>): Texts {
  const [purpose, name, posting]: [string[], string[], string[]] = [[], [], []]
  for (const line of lines) {
    const [, code = '', text = ''] = /^(\d\d)(.*)$/.exec(line) ?? []
    if (code >= '01' && code <= '14') purpose.push(text)
    else if (code === '15' || code === '16') name.push(text)
    else if (code === '17') posting.push(text)
  }
  return { ...readKeyed(purpose, FULL_LINE, ids), name: name.join(''), posting: posting.join('') }
}
