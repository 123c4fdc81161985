import { holdsCardNumber, mayHoldCardNumber } from '../platform/card-number.ts'
import { Refusal } from '../platform/errors.ts'
import { cardsRefused } from './json-body.ts'

/**
 * Refuses a URL with a card number or a control character in its path or query, before anything routes, logs or
 * echoes it.
 */
export function refuseUnfitUrl(url: string): void {
  if (!url.includes('%') && !url.includes('+') && !mayHoldCardNumber(url)) return
  const [path = '', query = ''] = splitOnce(url, '?')
  for (const segment of path.split('/')) refuseUnfit(decoded(segment), 'the path')
  for (const pair of query.split('&')) {
    const [name = '', value = ''] = splitOnce(pair.replaceAll('+', ' '), '=')
    refuseUnfit(decoded(name), 'the query')
    refuseUnfit(decoded(value), `?${shown(decoded(name))}`)
  }
}

function refuseUnfit(text: string, pointer: string): void {
  if (holdsCardNumber(text)) throw cardsRefused([pointer])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  if (!/[\u0000-\u001f\u007f-\u009f]/.test(text)) return
  const detail = 'It must not hold a control character.'
  throw new Refusal('invalid_parameter', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}

const shown = (name: string): string => (/^[\w[\]]{1,40}$/.test(name) ? name : '…')

const splitOnce = (text: string, separator: string): string[] => {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** The text itself when its escapes are not right: the router refuses those. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
