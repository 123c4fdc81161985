import type { IncomingMessage } from 'node:http'
import { holdsCardNumber } from '../platform/card-number.ts'
import { Refusal } from '../platform/errors.ts'
import { cardsRefused } from './json-body.ts'
import { TEXT_MAX } from './schemas/common.ts'

const HEADER = 'X-Filename'

// Control characters, and the marks that make a name read otherwise than it is.
const UNFIT = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/**
 * The name of an uploaded file: ASCII, or UTF-8 percent-encoded; undefined when the caller gives none. It is shown and
 * never used as a path. Throws `invalid_parameter`, `pan_detected`.
 */
export function fileNameOf(request: IncomingMessage): string | undefined {
  const given = request.headers['x-filename']
  if (typeof given !== 'string') return undefined
  // Node joins repeated fields with a comma, which a name may hold, too.
  if (given.includes(', ') && (request.headersDistinct['x-filename']?.length ?? 0) > 1)
    throw refused('It must be sent once.')
  const name = decoded(given)
  const length = [...name].length
  if (length === 0 || length > TEXT_MAX) throw refused(`It must have 1 to ${TEXT_MAX} characters.`)
  if (UNFIT.test(name)) throw refused('It must not hold a control character.')
  if (/[/\\]/.test(name) || name === '.' || name === '..') throw refused('It must be a name without a path.')
  if (holdsCardNumber(name)) throw cardsRefused([HEADER])
  return name
}

function decoded(text: string): string {
  // Node reads header fields as Latin-1, which is hardly what the caller meant.
  if (/[^\x20-\x7e]/.test(text)) throw refused('Write what is beyond ASCII percent-encoded, e.g. %C3%A9 for é.')
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    throw refused('It has a percent sign without two hexadecimal digits behind it; write a percent sign as %25.')
  }
}

function refused(detail: string): Refusal {
  return new Refusal('invalid_parameter', `${HEADER}: ${detail}`, { errors: [{ pointer: HEADER, detail }] })
}

/** Lets a browser save the answer under this name and never show it (RFC 6266). */
export function attachment(name: string): string {
  const plain = name.replace(/[^\w.() -]/g, '_')
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}
