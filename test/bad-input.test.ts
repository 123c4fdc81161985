import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BAD_INPUT } from '../src/http/testing/bad-input.ts'
import { createDb, type Db } from '../src/platform/db.ts'
import { paymentBody, startTestServer, type TestServer } from './support/server.ts'
import { waitFor } from './support/wait-for.ts'

/** Everything a caller may get wrong, against the real server: the documented problem, and no row of any table changes. */

let server: TestServer
let owner: Db
let keys: { readonly admin: string; readonly read: string }

beforeAll(async () => {
  server = await startTestServer()
  owner = createDb({ url: server.database.ownerUrl, schema: server.database.schema })
  await server.post('/v1/payments', paymentBody(), { prefer: 'wait=15' })
  const created = await server.post('/v1/api_keys', { name: 'reader', scopes: ['read'] })
  keys = { admin: server.apiKey, read: String(created.body['key']) }
  await server.get('/v1/payments', { authorization: `Bearer ${keys.read}` })
  // What follows payments in the background has seen this one: from here on nothing but a request could change a table.
  const isFollowed = async (): Promise<boolean> => (await owner.query('select from live_item')).length > 0
  await waitFor(isFollowed, { timeoutMs: 30_000, what: 'the payment in the live view' })
})
afterAll(async () => {
  await owner.end()
  await server.stop()
})

/** A hash over an ordered copy of every table of the deployment. */
async function fingerprint(): Promise<Record<string, string>> {
  const tables = await owner.query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = $1 order by tablename',
    [server.database.schema],
  )
  const hashes: Record<string, string> = {}
  for (const { name } of tables) {
    const rows = await owner.query<{ row: string }>(`select t::text as row from ${name} t order by t::text`)
    hashes[name] = hash('sha256', rows.map(({ row }) => row).join('\n'))
  }
  return hashes
}

describe('bad input', () => {
  it(`is refused in all ${BAD_INPUT.length} ways with the documented problem, and changes no table`, {
    timeout: 60_000,
  }, async () => {
    const before = await fingerprint()

    const wrong: unknown[] = []
    for (const row of BAD_INPUT) {
      const authorization: Record<string, string> =
        row.key === 'none' ? {} : { authorization: `Bearer ${row.key === 'read' ? keys.read : keys.admin}` }
      const answer = await server.send(row.method, row.path, { ...authorization, ...row.headers }, row.body)
      const pointers = (answer.body['errors'] ?? []).map((error) => String(error['pointer']))
      const { status, code, pointer } = row.expect
      const right =
        answer.status === status &&
        answer.body['code'] === code &&
        (pointer === undefined || pointers.includes(pointer))
      if (!right) wrong.push({ name: row.name, expected: row.expect, got: answer.text.slice(0, 500) })
    }

    expect(BAD_INPUT.length).toBeGreaterThanOrEqual(60)
    expect(wrong).toEqual([])
    expect(await fingerprint()).toEqual(before)
  })
})
