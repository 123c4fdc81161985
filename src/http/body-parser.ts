import { Refusal } from '../platform/errors.ts'
import type { Api } from './fastify.ts'
import { cardsRefused, type JsonBody, readJsonBody } from './json-body.ts'
import { segmentsOf } from './pointer.ts'
import { fieldsRefused } from './validation.ts'

/** A body of one object. The largest payment, 1,000 orders with long names, has about 0.7 MB. */
export const BODY_MAX_BYTES = 1024 * 1024
/** A body of up to 1,000 payments or entries. */
export const BATCH_BODY_MAX_BYTES = 16 * 1024 * 1024

/** JSON is the only type of body. Card numbers are refused here, before any message could quote one. */
export function addJsonParser(app: Api): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    try {
      refuseOtherCharset(request.headers['content-type'])
      if (bytes.length === 0) return done(null, undefined)
      const body = readJsonBody(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
      if (body.cards.length > 0 || body.faults.length > 0) {
        request.bodyFindings = refuseOutside(body, request.routeOptions.config.itemsIn)
      }
      return done(null, body.value)
    } catch (error) {
      if (error instanceof Error) return done(error)
      throw error
    }
  })
}

type Findings = Pick<JsonBody, 'cards' | 'faults'>

/** Refuses what was found, but for what lies in an item of a list whose items are refused one by one. */
function refuseOutside(findings: Findings, list: string | undefined): Findings {
  const outside = (pointer: string): boolean => list === undefined || itemIndex(pointer, list) === undefined
  refuseFindings({
    cards: findings.cards.filter(outside),
    faults: findings.faults.filter(({ pointer }) => outside(pointer)),
  })
  return findings
}

/** The index of the item of a list that a pointer is in, or undefined when it is in none. */
export function itemIndex(pointer: string, list: string): number | undefined {
  const [first, index = ''] = segmentsOf(pointer)
  return first === list && /^\d+$/.test(index) ? Number(index) : undefined
}

export function refuseFindings(findings: Findings): void {
  if (findings.cards.length > 0) throw cardsRefused(findings.cards)
  if (findings.faults.length > 0) throw fieldsRefused('invalid_request', findings.faults)
}

function refuseOtherCharset(contentType: string | undefined): void {
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(contentType ?? '')?.[1]
  if (charset === undefined || /^utf-?8$/i.test(charset)) return
  throw new Refusal('unsupported_media_type', 'Send the body in UTF-8.')
}
