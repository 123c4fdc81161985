import { afterAll, describe, expect, it } from 'vitest'
import { BAD_INPUT } from './testing/bad-input.ts'
import { createFakeServices } from './testing/fake-services.ts'
import { bearer, createTestServer, TEST_KEYS } from './testing/test-server.ts'

const services = createFakeServices()
const { app, logged } = await createTestServer({ services })
afterAll(() => app.close())

const CARD_NUMBERS = /4242[ -]?4242[ -]?4242[ -]?4242|5555-5555-5555-4444|378282246310005/

describe('bad input', () => {
  it('has at least 80 rows, each with a name of its own', () => {
    expect(BAD_INPUT.length).toBeGreaterThanOrEqual(80)
    expect(new Set(BAD_INPUT.map(({ name }) => name)).size).toBe(BAD_INPUT.length)
  })

  it.each(BAD_INPUT.map((row) => [row.name, row] as const))('is refused: %s', async (_, row) => {
    const authorization = row.key === 'none' ? {} : { authorization: bearer(TEST_KEYS[row.key]) }

    const answer = await app.inject({
      method: row.method,
      url: row.path,
      headers: { ...authorization, ...row.headers },
      ...(row.body === undefined ? {} : { payload: row.body }),
    })

    const problem = answer.json()
    const named = problem.errors.map(
      ({ pointer, detail }: { pointer: string; detail: string }) => `${pointer} ${detail}`,
    )
    expect({ status: answer.statusCode, code: problem.code, problem }).toMatchObject({
      status: row.expect.status,
      code: row.expect.code,
      problem: { status: row.expect.status, request_id: answer.headers['request-id'] },
    })
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
    if (row.expect.pointer !== undefined) {
      expect(problem.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain(row.expect.pointer)
    }
    if (row.expect.says !== undefined) expect([problem.detail, ...named].join('\n')).toContain(row.expect.says)
    expect(answer.body).not.toMatch(CARD_NUMBERS)
  })

  it('reaches no service', () => {
    expect(services.stored.size).toBe(0)
    expect(services.entries.size).toBe(0)
    expect(services.accounts.size).toBe(0)
    expect(services.advances).toEqual([])
    expect(services.nights.uploaded.size).toBe(0)
    expect(services.nights.started).toEqual([])
    expect(services.resolutions.asked).toEqual([])
  })

  it('puts no card number and no API key in the log', () => {
    expect(logged.filter((line) => CARD_NUMBERS.test(line))).toEqual([])
    expect(logged.filter((line) => line.includes(TEST_KEYS.admin))).toEqual([])
    expect(logged.filter((line) => /"level":[56]0/.test(line))).toEqual([])
  })
})
