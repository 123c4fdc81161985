import pg from 'pg'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { createDb, type Db } from '../platform/db.ts'
import { createNode, type Node } from './node.ts'
import { createEndpointKeeper, type EndpointRegistry, sharedWebhookSecret } from './webhook-endpoint.ts'

/** Goal: webhooks always have a node to go to, and any node can verify them. */

const log = pino({ level: 'silent' })

let database: TestDatabase
let db: Db
let nodes: Node[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
})
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  nodes = []
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

async function aNode(): Promise<Node> {
  const node = createNode({
    db,
    databaseUrl: database.url,
    schema: database.schema,
    clock: undefined,
    settled: async () => undefined,
    log,
    onFenced: () => undefined,
  })
  nodes.push(node)
  await node.start()
  return node
}

/** What the PSP knows, and how often it was told. */
function aRegistry() {
  const told: string[] = []
  const state: { url: string | undefined } = { url: undefined }
  const registry: EndpointRegistry = {
    registered: async () => state.url,
    register: async (url) => {
      told.push(url)
      state.url = url
    },
  }
  return { registry, told, state }
}

const aKeeper = (node: Node, registry: EndpointRegistry, url: string) =>
  createEndpointKeeper({ psp: 'simulator', node, registry, url, log })

describe('the endpoint of a PSP', () => {
  it('is one node at a time, which says so once', async () => {
    const { registry, told } = aRegistry()
    const one = aKeeper(await aNode(), registry, 'http://one')
    const other = aKeeper(await aNode(), registry, 'http://other')

    for (const keeper of [one, other, one, other]) await keeper.beat()

    expect(told).toEqual(['http://one'])
  })

  it('is left to another by a node that stops, which does not take it back', async () => {
    const { registry, told } = aRegistry()
    const one = aKeeper(await aNode(), registry, 'http://one')
    const other = aKeeper(await aNode(), registry, 'http://other')
    await one.beat()

    await one.leave()
    await one.beat()
    await other.beat()

    expect(told).toEqual(['http://one', 'http://other'])
  })

  it('goes to another when the session of its node ends', async () => {
    const { registry, state } = aRegistry()
    const dying = await aNode()
    await aKeeper(dying, registry, 'http://dying').beat()
    const other = aKeeper(await aNode(), registry, 'http://other')
    const client = new pg.Client({ connectionString: database.ownerUrl })
    await client.connect()

    await client.query(
      `select pg_terminate_backend(pid, 5000) from pg_locks
        where locktype = 'advisory' and objsubid = 2 and objid::bigint = $1`,
      [dying.id()],
    )
    await client.end()

    await other.beat()
    expect(state.url).toBe('http://other')
  })

  it('is told again to a PSP that has forgotten it or heard of another, and to one that was away', async () => {
    const { registry, state } = aRegistry()
    let away = true
    const keeper = aKeeper(
      await aNode(),
      { ...registry, register: (url) => (away ? Promise.reject(new Error('away')) : registry.register(url)) },
      'http://one',
    )
    await expect(keeper.beat()).rejects.toThrow('away')
    away = false

    for (const wrong of [undefined, 'http://long-dead']) {
      state.url = wrong
      await keeper.beat()
      expect(state.url).toBe('http://one')
    }
  })
})

describe('the secret of webhooks', () => {
  it('is made once for all nodes, one for each PSP', async () => {
    const secrets = await Promise.all(['a', 'a', 'a', 'b'].map((psp) => sharedWebhookSecret(db, psp)))

    expect(new Set(secrets.slice(0, 3)).size).toBe(1)
    expect(secrets[3]).not.toBe(secrets[0])
    expect(secrets[0]).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(await sharedWebhookSecret(db, 'a')).toBe(secrets[0])
  })

  it('is nothing that a live deployment makes', async () => {
    const live = await createTestDatabase({ mode: 'live' })
    const itsDb = createDb({ url: live.url, schema: live.schema })

    await expect(sharedWebhookSecret(itsDb, 'simulator')).rejects.toThrow('live')

    await itsDb.end()
    await live.drop()
  })
})
