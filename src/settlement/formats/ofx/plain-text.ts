/** A text as a person reads it. What is no entity stays as it is. Characters that nobody sees become a space. */
export function plainText(text: string, from = 0, to = text.length): string {
  let [start, end] = [from, to]
  while (start < end && text.charCodeAt(start) <= SPACE) start++
  while (end > start && text.charCodeAt(end - 1) <= SPACE) end--
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code < SPACE || code === AMPERSAND || code >= DELETE) return decodeText(text.slice(start, end))
  }
  return text.slice(start, end)
}

const SPACE = 0x20
const AMPERSAND = 0x26
const DELETE = 0x7f

function decodeText(text: string): string {
  const decoded = text.includes('&') ? withoutEntities(text) : text
  return (UNSEEN.test(decoded) ? decoded.replace(UNSEEN_RUN, ' ') : decoded).trim()
}

const MAX_ENTITY_LENGTH = 10

function withoutEntities(text: string): string {
  let decoded = ''
  let kept = 0
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    const near = text.slice(at + 1, at + MAX_ENTITY_LENGTH)
    const length = near.indexOf(';')
    const character = length === -1 ? undefined : characterOf(near.slice(0, length))
    if (character === undefined) continue
    decoded += text.slice(kept, at) + character
    at += length + 1
    kept = at + 1
  }
  return decoded + text.slice(kept)
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
])

/** Of an entity without its marks: `amp`, `#38`, `#x26`. */
function characterOf(entity: string): string | undefined {
  if (!entity.startsWith('#')) return NAMED.get(entity) ?? NAMED.get(entity.toLowerCase())
  const isPlain = /^#(?:\d{1,7}|x[\da-f]{1,6})$/i.test(entity)
  const code = isPlain ? Number(`0${entity.slice(1)}`.replace(/^0(?=\d)/, '')) : Number.NaN
  const isCharacter = code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff)
  return isCharacter ? String.fromCodePoint(code) : undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN_RUN = /[\u0000-\u001f\u007f]+/g
