import { addId, FULL_LINE, type Texts } from './details-keyed.ts'

/**
 * Field 86 with code words between slashes: `/TRTP/SEPA OVERBOEKING/IBAN/…/NAME/…/EREF/…/REMI/…` of the Dutch banks, and
 * SWIFT's `/ORDP/` and `/BENM/`.
 */
export function readSlashed(lines: readonly string[], ids: Map<string, string>): Texts | undefined {
  const text = joined(lines)
  const words = codeWordsIn(text)
  const [first] = words
  if (first === undefined || (words.length < 2 && first.at > 1)) return undefined
  const [remittance, name, posting]: [string[], string[], string[]] = [[text.slice(0, first.at).trim()], [], []]
  words.forEach(({ word, from }, index) => {
    const value = withoutSlashes(text.slice(from, words[index + 1]?.at))
    const key = ID_KEYS.get(word)
    if (key !== undefined) addId(ids, key, value)
    else if (word === 'REMI') remittance.push(remittanceOf(value, ids))
    else if (word === 'TRTP') posting.push(value)
    else if (NAMES.has(word)) name.push(word === 'CNTP' ? (value.split('/')[2] ?? '') : value)
  })
  const texts = [remittance, name, posting].map((list) => list.filter((each) => each !== '').join(' '))
  const [remitted = '', named = '', posted = ''] = texts
  // Code words that say nothing of this are a text as they are.
  return remitted + named === ''
    ? { remittance: text, name: '', posting: '' }
    : { remittance: remitted, name: named, posting: posted }
}

const ID_KEYS: ReadonlyMap<string, string> = new Map([
  ['EREF', 'EREF'],
  ['KREF', 'KREF'],
  ['PREF', 'PREF'],
  ['MARF', 'MREF'],
  ['MREF', 'MREF'],
  ['CSID', 'CRED'],
  ['CRED', 'CRED'],
])
const NAMES: ReadonlySet<string> = new Set(['NAME', 'BENM', 'ORDP', 'CNTP'])
const CODE_WORDS: ReadonlySet<string> = new Set([
  ...ID_KEYS.keys(),
  ...NAMES,
  ...'REMI TRTP IBAN BBAN BIC ISDT ADDR RTRN ACCW ACNO ULTD ULTC ULTB UDTR UCRD PURP SVCL TRCD BAI INIT'.split(' '),
  ...'OCMT CHGS EXCH CUST NRTX NRSX SWEEP RFB ORDB OGB'.split(' '),
])

type CodeWord = { readonly word: string; readonly at: number; readonly from: number }

function codeWordsIn(text: string): readonly CodeWord[] {
  const found: CodeWord[] = []
  for (let at = text.indexOf('/'); at !== -1; at = text.indexOf('/', at + 1)) {
    const end = text.indexOf('/', at + 1)
    if (end === -1) break
    if (end - at > 6 || end - at < 4) continue
    const word = text.slice(at + 1, end)
    if (CODE_WORDS.has(word)) found.push({ word, at, from: end + 1 })
  }
  return found
}

function withoutSlashes(text: string): string {
  let [from, to] = [0, text.length]
  while (text[from] === '/') from++
  while (to > from && text[to - 1] === '/') to--
  return text.slice(from, to).trim()
}

/** `/REMI/USTD//text` is a text, `/REMI/STRD/CUR/id` an identifier. */
function remittanceOf(value: string, ids: Map<string, string>): string {
  const structured = /^STRD\/(?:CUR|ISO)\/+([^/]+)/.exec(value)?.[1]
  if (structured !== undefined) addId(ids, 'STRD', structured)
  return value.replace(/^(?:USTD\/+|STRD\/(?:CUR|ISO)\/+)/, '')
}

/** A full line may break a word; one that begins with a code word needs no blank before it. */
function joined(lines: readonly string[]): string {
  let text = lines[0] ?? ''
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const isWhole = (lines[index - 1] ?? '').length >= FULL_LINE || line.startsWith('/')
    text += isWhole ? line : ` ${line}`
  }
  return text
}
