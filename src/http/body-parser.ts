import { Refusal } from '../platform/errors.ts'
import type { Api } from './fastify.ts'
import { cardsRefused, readJsonBody } from './json-body.ts'
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
        if (request.routeOptions.config.itemsIn === undefined) refuseFindings(body)
        request.bodyFindings = body
      }
      return done(null, body.value)
    } catch (error) {
      if (error instanceof Error) return done(error)
      throw error
    }
  })
}

export function refuseFindings(findings: NonNullable<Findings>): void {
  if (findings.cards.length > 0) throw cardsRefused(findings.cards)
  if (findings.faults.length > 0) throw fieldsRefused('invalid_request', findings.faults)
}

type Findings = import('fastify').FastifyRequest['bodyFindings']

function refuseOtherCharset(contentType: string | undefined): void {
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(contentType ?? '')?.[1]
  if (charset === undefined || /^utf-?8$/i.test(charset)) return
  throw new Refusal('unsupported_media_type', 'Send the body in UTF-8.')
}
