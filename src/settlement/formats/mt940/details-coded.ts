import { readKeyed, type Texts } from './details-keyed.ts'

/**
 * Field 86 with subfields of two digits: the German `166?00GUTSCHRIFT?20EREF+…?32NAME`, with a three-digit code of the
 * transaction before it or none, and the same with another separator (`>20` in the Netherlands, `<20`, `^20` or `~20` in
 * Poland).
 */
export function readCoded(lines: readonly string[], ids: Map<string, string>): Texts | undefined {
  const separator = /^(?:\d{3})?([?><^~@])\d\d/.exec(lines[0] ?? '')?.[1]
  if (separator === undefined) return undefined
  const [purpose, name, others]: [string[], string[], string[]] = [[], [], []]
  let posting = ''
  forEachSubfield(lines.join(''), separator, (code, text) => {
    if (isPurpose(code)) purpose.push(text)
    else if (code === '32' || code === '33') name.push(text)
    else if (code === '00') posting = text
    else if (isFurther(code)) others.push(text)
  })
  const { remittance } = readKeyed(purpose, FULL_SUBFIELD, ids)
  return { remittance, name: joinedName(name), posting: [...others, posting].join(' ') }
}

/** A subfield of the purpose has 27 characters: a full one may break a word, or an identifier. */
const FULL_SUBFIELD = 27

const isPurpose = (code: string): boolean => (code >= '20' && code <= '29') || (code >= '60' && code <= '63')
/** Names of the further parties, and texts of single banks. */
const isFurther = (code: string): boolean => code === '35' || code === '36' || (code >= '64' && code <= '79')
const range = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
const SUBFIELDS: ReadonlySet<string> = new Set(['00', '10', ...range(20, 39), ...range(60, 79), '99'])

/** A separator in a text is one only when a code of two digits follows. */
function forEachSubfield(text: string, separator: string, take: (code: string, text: string) => void): void {
  let code = ''
  let from = 0
  for (let at = text.indexOf(separator); at !== -1; at = text.indexOf(separator, at + 1)) {
    const next = text.slice(at + 1, at + 3)
    if (!SUBFIELDS.has(next)) continue
    if (code !== '') take(code, text.slice(from, at))
    code = next
    from = at + 3
  }
  if (code !== '') take(code, text.slice(from))
}

/** The second piece of a name goes on where the first was full. */
const joinedName = (pieces: readonly string[]): string =>
  pieces.reduce((whole, piece) => (whole.length === FULL_SUBFIELD ? whole + piece : `${whole} ${piece}`), '')
