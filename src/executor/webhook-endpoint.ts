import { randomBytes } from 'node:crypto'
import { type Db, statement } from '../platform/db.ts'
import type { Log } from '../platform/log.ts'
import type { Node } from './node.ts'

const FIRST_SECRET = statement(
  'executor.first_webhook_secret',
  `insert into psp_webhook_secret (psp, secret) select $1, $2 from deployment where mode = 'test'
   on conflict do nothing`,
)

const SECRET = statement('executor.webhook_secret', 'select secret from psp_webhook_secret where psp = $1')

/** What a test PSP signs with: the same for all nodes, made by the first. Never log it. */
export async function sharedWebhookSecret(db: Db, psp: string): Promise<string> {
  const known = await db.run<{ secret: string }>(SECRET, [psp])
  if (known[0] !== undefined) return known[0].secret
  await db.run(FIRST_SECRET, [psp, `whsec_${randomBytes(32).toString('base64')}`])
  const [row] = await db.run<{ secret: string }>(SECRET, [psp])
  if (row === undefined) throw new Error(`a live deployment makes no webhook secret for ${psp}`)
  return row.secret
}

/** Where a PSP that knows one endpoint sends its webhooks. */
export type EndpointRegistry = {
  readonly registered: () => Promise<string | undefined>
  readonly register: (url: string) => Promise<void>
}

export type EndpointKeeper = {
  /** To be called at every beat: makes this node the PSP's endpoint when no other that lives is. */
  readonly beat: () => Promise<void>
  /** Leaves the endpoint to another node; this one still takes what arrives until it stops listening. */
  readonly leave: () => Promise<void>
}

/**
 * Keeps the one endpoint that a PSP knows at a node that lives, without a leader: the node whose session holds the key
 * registers itself. The key is free as soon as the node leaves or dies, and the next to come has it within a beat;
 * until then the PSP sends again what it could not deliver.
 */
export function createEndpointKeeper(deps: {
  readonly psp: string
  readonly node: Pick<Node, 'tryKeep' | 'giveBack'>
  readonly registry: EndpointRegistry
  readonly url: string
  readonly log: Log
}): EndpointKeeper {
  const { node, registry, url, log } = deps
  const key = `webhooks of ${deps.psp}`
  /** Whether this node has registered itself since it holds the key. */
  let registered = false
  let leaving = false
  let turn: Promise<void> = Promise.resolve()

  const keep = async (): Promise<void> => {
    if (leaving) return
    const mine = await node.tryKeep(key)
    if (leaving) return node.giveBack(key)
    if (!mine) {
      registered = false
      return
    }
    // A node that stalled may have said so after us, and a PSP whose book was replaced knows nobody.
    if (registered && (await registry.registered()) === url) return
    await registry.register(url)
    registered = true
    log.info({ psp: deps.psp, url }, 'webhooks come to this node')
  }

  return {
    beat() {
      const next = turn.then(keep)
      turn = next.catch(() => undefined)
      return next
    },
    async leave() {
      leaving = true
      await node.giveBack(key)
    },
  }
}
