import { asciiBeginning } from '../text/beginning.ts'

/**
 * What stands before the first element: lines `KEY:VALUE` in OFX 1.x (some senders write them in one line), and a
 * processing instruction `<?OFX …?>` in 2.x.
 */
export type Header = {
  /** As it is written: `102`, `211`. */
  readonly version: string | undefined
  /** The sender's own identifier of the file. */
  readonly fileId: string | undefined
}

const START = /<OFX[\s>]/i

/** Where the document begins in the text, or −1. */
export const startOf = (text: string): number => text.search(START)

export function readHeader(text: string): Header {
  const instruction = /<\?OFX\s([^>]{0,1024})/i.exec(text)?.[1]
  const stated = (key: string): string | undefined =>
    instruction === undefined
      ? headerValue(text, key)
      : new RegExp(`\\b${key}\\s*=\\s*["']([\\w.-]{1,64})["']`, 'i').exec(instruction)?.[1]
  const fileId = stated('NEWFILEUID')
  return { version: stated('VERSION'), fileId: fileId?.toUpperCase() === 'NONE' ? undefined : fileId }
}

const KEYS = 'DATA|VERSION|SECURITY|ENCODING|CHARSET|COMPRESSION|OLDFILEUID|NEWFILEUID'

/** Some senders write the whole header without a space or a line end. */
const headerValue = (text: string, key: string): string | undefined =>
  new RegExp(`${key}[ \\t]*:[ \\t]*([\\w.-]{1,64}?)(?=\\s|<|$|(?:${KEYS})[ \\t]*:)`, 'i').exec(text)?.[1]

const BEGINNING =
  /^(?:OFXHEADER\s*:|(?:<\?xml\s[^>]{0,256}\?>\s*)?(?:<!--[\s\S]{0,1024}?-->\s*)?(?:<!DOCTYPE\s+OFX\b|<\?OFX\s|<OFX[\s>]))/i

/** By its header or its first element, in UTF-16 too. */
export const detectsOfx = (beginning: Uint8Array): boolean => BEGINNING.test(asciiBeginning(beginning))

/** The encoding that a file says it has. Windows-1252 is also what every kind of Latin-1 and ASCII is read as. */
export type Declared = { readonly label: string | undefined; readonly isWindows: boolean }

export function declaredEncoding(beginning: string): Declared {
  const xml = /<\?xml\s[^>]{0,256}?encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(beginning)?.[1]
  const charset = headerValue(beginning, 'CHARSET')
  const encoding = headerValue(beginning, 'ENCODING')
  const name = xml ?? (/^(?:unicode|utf-?8)$/i.test(encoding ?? '') ? undefined : (charset ?? encoding))
  if (name === undefined || IS_UNICODE.test(name)) return { label: undefined, isWindows: false }
  if (IS_WINDOWS.test(name)) return { label: undefined, isWindows: true }
  return { label: CODE_PAGES[name] ?? (/^125\d$/.test(name) ? `windows-${name}` : name), isWindows: false }
}

/** UTF-16 is known by its bytes; where they are not so, the declaration is wrong. */
const IS_UNICODE = /^(?:none|utf-?8|utf-?16(?:[bl]e)?|unicode|csunicode|ucs-?2|65001)$/i
const IS_WINDOWS = /^(?:(?:windows-|cp-?)?1252|(?:iso-?)?8859-1|iso8859-1|latin-?1|us-?ascii|ascii)$/i
const CODE_PAGES: Readonly<Record<string, string>> = {
  '932': 'shift_jis',
  '936': 'gbk',
  '949': 'euc-kr',
  '950': 'big5',
}
