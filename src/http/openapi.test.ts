import { afterAll, describe, expect, it } from 'vitest'
import { BAD_INPUT } from './testing/bad-input.ts'
import { bearer, createTestServer, TEST_KEYS } from './testing/test-server.ts'

const { app } = await createTestServer()
afterAll(() => app.close())

type Schema = Readonly<Record<string, unknown>>
type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly security?: readonly Schema[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema; readonly example?: object }>>
  }
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }
    >
  >
}
type Document = {
  readonly openapi: string
  readonly info: Schema
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>>; readonly securitySchemes: Schema }
}

const document: Document = (await app.inject('/openapi.json')).json()
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

function* refsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, each] of Object.entries(value)) {
    if (name === '$ref' && typeof each === 'string') yield each
    else yield* refsIn(each)
  }
}

describe('the OpenAPI document', () => {
  it('is of version 3.1 and served without a key', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'Tallystick', version: '0.0.0-test' })
  })

  it('names each operation once, with a summary and a tag', () => {
    const ids = operations.map(({ operation }) => operation.operationId)

    expect(new Set(ids).size).toBe(ids.length)
    expect(operations.filter(({ operation }) => !operation.summary || operation.tags.length !== 1)).toEqual([])
  })

  it('has every route of the API', () => {
    expect(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort()).toMatchInlineSnapshot(`
      [
        "DELETE /v1/api_keys/{id}",
        "GET /healthz",
        "GET /metrics",
        "GET /readyz",
        "GET /v1/api_keys",
        "GET /v1/approvals",
        "GET /v1/approvals/{id}",
        "GET /v1/audit_log",
        "GET /v1/audit_log/verification",
        "GET /v1/breaks",
        "GET /v1/breaks/ageing",
        "GET /v1/breaks/{id}",
        "GET /v1/breaks/{id}/suggestions",
        "GET /v1/currencies",
        "GET /v1/ledger/accounts",
        "GET /v1/ledger/entries",
        "GET /v1/ledger/entries/{id}",
        "GET /v1/ledger/invariants",
        "GET /v1/ledger/trial_balance",
        "GET /v1/ledger/verification",
        "GET /v1/payments",
        "GET /v1/payments/{id}",
        "GET /v1/payments/{id}/timeline",
        "GET /v1/payments/{id}/whereabouts",
        "GET /v1/periods",
        "GET /v1/recon_live",
        "GET /v1/recon_live/items",
        "GET /v1/recon_rules",
        "GET /v1/recon_rules/{id}",
        "GET /v1/recon_runs",
        "GET /v1/recon_runs/{id}",
        "GET /v1/recon_runs/{id}/changes",
        "GET /v1/recon_runs/{id}/matches",
        "GET /v1/recon_runs/{id}/matches.csv",
        "GET /v1/recon_runs/{id}/payout_waterfall",
        "GET /v1/recon_runs/{id}/report",
        "GET /v1/resolutions",
        "GET /v1/resolutions/{id}",
        "GET /v1/search",
        "GET /v1/settlement_files",
        "GET /v1/settlement_files/{id}",
        "GET /v1/settlement_files/{id}/content",
        "GET /v1/settlement_formats",
        "GET /v1/settlement_sources",
        "GET /v1/test/clock",
        "GET /v1/wallets/{seller}",
        "GET /v1/wallets/{seller}/statement",
        "POST /v1/api_keys",
        "POST /v1/approvals/{id}/approve",
        "POST /v1/approvals/{id}/reject",
        "POST /v1/breaks/bulk",
        "POST /v1/breaks/{id}/notes",
        "POST /v1/breaks/{id}/resolutions",
        "POST /v1/ledger/accounts",
        "POST /v1/ledger/entries",
        "POST /v1/ledger/entries/batch",
        "POST /v1/payments",
        "POST /v1/payments/batch",
        "POST /v1/payments/{id}/cancel",
        "POST /v1/payments/{id}/capture",
        "POST /v1/payments/{id}/retry",
        "POST /v1/periods/{source}/close",
        "POST /v1/periods/{source}/reopen",
        "POST /v1/recon_rules",
        "POST /v1/recon_rules/{id}/activate",
        "POST /v1/recon_rules/{id}/test",
        "POST /v1/recon_runs",
        "POST /v1/recon_runs/{id}/unmatches",
        "POST /v1/recon_runs/{id}/verify",
        "POST /v1/resolutions/{id}/undo",
        "POST /v1/settlement_files",
        "POST /v1/settlement_files/{id}/withdraw",
        "POST /v1/test/clock/advance",
        "POST /webhooks/psp/{psp}",
      ]
    `)
  })

  it('refers only to schemas that it has, and leaves no name of ours in it', () => {
    const refs = [...new Set(refsIn(document))]

    expect(
      refs.filter((ref) => document.components.schemas[ref.replace('#/components/schemas/', '')] === undefined),
    ).toEqual([])
    expect(refs.length).toBeGreaterThanOrEqual(4)
    expect(JSON.stringify(document)).not.toContain('"$id"')
  })

  it('declares each part of a path as a required parameter', () => {
    const undeclared = operations.filter(({ path, operation }) =>
      [...path.matchAll(/\{(\w+)\}/g)].some(
        ([, name]) =>
          !operation.parameters?.some((each) => each.in === 'path' && each.name === name && each.required === true),
      ),
    )

    expect(undeclared).toEqual([])
    expect(Object.keys(document.paths).filter((path) => path.includes(':'))).toEqual([])
  })

  it('says what succeeds and what can be refused', () => {
    for (const { path, operation } of operations) {
      const statuses = Object.keys(operation.responses)
      expect(statuses.filter((status) => status.startsWith('2')).length, path).toBeGreaterThan(0)
      expect(Object.values(operation.responses).map(({ description }) => description)).not.toContain('Default Response')
      if (!path.startsWith('/v1/')) continue
      expect(statuses, path).toEqual(expect.arrayContaining(['401', '403', '500', '503']))
      expect(Object.keys(operation.responses['401']?.content ?? {})).toEqual(['application/problem+json'])
    }
  })

  it('documents the Idempotency-Key where it is required, and the key of the API where it is needed', () => {
    const withKey = operations.filter(({ operation }) =>
      operation.parameters?.some(({ name, required }) => name === 'Idempotency-Key' && required),
    )

    expect(withKey.map(({ operation }) => operation.operationId).sort()).toEqual([
      'cancelPayment',
      'capturePayment',
      'createEntries',
      'createEntry',
      'createPayment',
      'createPayments',
      'retryPayment',
    ])
    for (const { path, operation } of operations) {
      expect(operation.security === undefined, path).toBe(path.startsWith('/v1/'))
    }
  })

  it('has an example of a payment that the server takes', async () => {
    const example = document.paths['/v1/payments']?.['post']?.requestBody?.content['application/json']?.example

    const answer = await app.inject({
      method: 'POST',
      url: '/v1/payments',
      headers: { authorization: bearer(TEST_KEYS.admin), 'idempotency-key': 'example' },
      payload: example ?? {},
    })

    expect(answer.statusCode).toBe(201)
  })

  it('knows every status with which bad input is refused', () => {
    const patterns = operations.map(({ path, ...rest }) => ({
      ...rest,
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    }))
    const missing = BAD_INPUT.filter(({ method, path, expect: { status } }) => {
      const [bare = ''] = path.split('?')
      // The literal path goes before one with a parameter, as in the router.
      const hits = patterns.filter((each) => each.method === method.toLowerCase() && each.pattern.test(bare))
      const hit = hits.find(({ pattern }) => !pattern.source.includes('[^/]')) ?? hits[0]
      return hit !== undefined && hit.operation.responses[String(status)] === undefined
    })

    expect(missing.map(({ name }) => name)).toEqual([])
  })
})
