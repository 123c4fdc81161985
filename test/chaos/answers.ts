import { setTimeout as delay } from 'node:timers/promises'
import { type Call, type Client, problemCode, type Reply } from './client.ts'
import type { Answer } from './snapshot.ts'
import { asArray, asObject, asText } from './wire.ts'
import type { Witness } from './witness.ts'

/** Pause before a batch is sent again because one of its items was still running. */
const ITEM_PAUSE_MS = 200

export function answerOf(reply: Reply): Answer {
  if (reply.status >= 300) return { refused: problemCode(reply.body), status: reply.status }
  return { accepted: asText(asObject(reply.body, 'answer')['id'], 'id of the answer'), replayed: reply.replayed }
}

/** An item of a batch is the thing itself or a problem, told apart by the problem's code. */
export function itemAnswer(item: unknown): Answer {
  const fields = asObject(item, 'item of a batch')
  if (typeof fields['code'] === 'string') return { refused: fields['code'], status: Number(fields['status']) }
  return { accepted: asText(fields['id'], 'id of an item'), replayed: false }
}

/** The items of a batch, once none of them says "later". */
export async function insistOnItems(
  deps: { readonly client: Client; readonly witness: Witness },
  call: Call,
): Promise<{ readonly items: readonly unknown[]; readonly askedAt: number }> {
  for (;;) {
    const reply = await deps.client.insist(call)
    if (reply.status >= 300) {
      deps.witness.unexpected(`batch ${call.key} was refused with ${reply.status} ${problemCode(reply.body)}`)
      return { items: [], askedAt: reply.askedAt }
    }
    const items = asArray(asObject(reply.body, 'batch')['data'], 'data of the batch')
    if (!items.some((item) => asObject(item, 'item of a batch')['retryable'] === true))
      return { items, askedAt: reply.askedAt }
    await delay(ITEM_PAUSE_MS)
  }
}
