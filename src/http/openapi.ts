import swagger from '@fastify/swagger'
import type { RouteOptions } from 'fastify'
import { Type } from 'typebox'
import { REFUSALS, type RefusalCode } from '../platform/errors.ts'
import type { Api } from './fastify.ts'
import { BUG } from './problem.ts'

/** What any route under `/v1` may refuse. */
const COMMON: readonly RefusalCode[] = ['unauthorized', 'forbidden', 'pan_detected', 'unknown_parameter', 'unavailable']
const WITH_BODY: readonly RefusalCode[] = [
  'invalid_request',
  'malformed_json',
  'unsupported_media_type',
  'payload_too_large',
]
const IDEMPOTENT: readonly RefusalCode[] = [
  'idempotency_key_required',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'request_in_progress',
  'overloaded',
]

const PROBLEM = { $ref: 'Problem#' }

type DocumentedRoute = Pick<RouteOptions, 'method' | 'config' | 'schema' | 'url'>
type Responses = Record<string, unknown>

/** Collects the routes that are added after it; `app.swagger()` is then the OpenAPI 3.1 document. */
export async function collectOpenApi(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tallystick',
        version,
        description:
          'Payments for many sellers in one checkout, wallets and a double-entry ledger. Amounts are integers in minor units; errors are problem details (RFC 9457), explained at /errors.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'This server.' }],
      tags: [
        'payments',
        'wallets',
        'ledger',
        'settlement files',
        'reconciliation',
        'API keys',
        'test clock',
        'reference',
        'operations',
      ].map((name) => ({
        name,
      })),
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: sk_test_… or sk_live_….' },
        },
      },
      security: [{ apiKey: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `Schema${index}`,
    },
    transform: ({ schema, url, route }) => ({ schema: documentedSchema({ ...route, schema }), url }),
  })
}

function documentedSchema({ method, config = {}, schema = {} }: DocumentedRoute): NonNullable<RouteOptions['schema']> {
  const refusals = new Set<RefusalCode>(config.refusals ?? [])
  if (config.scope !== undefined) {
    for (const code of COMMON) refusals.add(code)
    if (method === 'POST' || config.documented?.body !== undefined) for (const code of WITH_BODY) refusals.add(code)
    if (config.idempotent === true) for (const code of IDEMPOTENT) refusals.add(code)
  }
  const { body, response, headers } = config.documented ?? {}
  const responses: Responses = response === undefined ? { ...responsesOf(schema) } : { 200: response }
  return {
    ...schema,
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
    ...(config.idempotent === true || config.waits === true ? { headers: headersOf(config) } : {}),
    ...(config.scope === undefined ? { security: [] } : {}),
    response: { ...described(responses, schema.summary), ...problemsOf([...refusals], config.scope !== undefined) },
  }
}

/** The answers of success. One without a description of its own gets the summary of its operation. */
function described(responses: Responses, summary = 'The answer.'): Responses {
  return Object.fromEntries(
    Object.entries(responses).map(([status, schema]) => [
      status,
      typeof schema === 'object' ? { description: summary, ...schema } : schema,
    ]),
  )
}

const responsesOf = (schema: NonNullable<RouteOptions['schema']>): Responses =>
  typeof schema.response === 'object' && schema.response !== null ? { ...schema.response } : {}

function headersOf(config: NonNullable<RouteOptions['config']>) {
  const key = Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'A value that you keep for every retry of this request. The same key and body never act twice.',
    examples: ['checkout-1001'],
  })
  const prefer = Type.String({ description: '`wait=N` holds the answer up to N seconds (0 to 60) for a final status.' })
  return Type.Object({
    ...(config.idempotent === true ? { 'Idempotency-Key': key } : {}),
    ...(config.waits === true ? { Prefer: Type.Optional(prefer) } : {}),
  })
}

/** One response for each status, with the codes that it can have. */
function problemsOf(codes: readonly RefusalCode[], withBug: boolean): Responses {
  const byStatus = Map.groupBy(codes, (code) => String(REFUSALS[code].status))
  const responses: Responses = {}
  for (const [status, group] of byStatus) {
    const description = group.map((code) => `\`${code}\`: ${REFUSALS[code].title}`).join(' ')
    responses[status] = { description, content: { 'application/problem+json': { schema: PROBLEM } } }
  }
  if (withBug) {
    const description = `\`${BUG.code}\`: ${BUG.title}`
    responses[String(BUG.status)] = { description, content: { 'application/problem+json': { schema: PROBLEM } } }
  }
  return responses
}
