import { answerOf, insistOnItems, itemAnswer } from './answers.ts'
import type { Client } from './client.ts'
import type { PostingSeen } from './snapshot.ts'
import type { Witness } from './witness.ts'
import { MANUAL_ACCOUNTS, type Unit } from './workload.ts'

type Deps = { readonly client: Client; readonly witness: Witness }

/** The ledger accounts that manual entries move money between. Creating one that exists is no error. */
export async function openAccounts(deps: Deps): Promise<void> {
  for (const account of MANUAL_ACCOUNTS) {
    const key = `chaos-account-${account.account}`
    const reply = await deps.client.insist({ method: 'POST', path: '/v1/ledger/accounts', key, body: account })
    if (reply.status >= 300) throw new Error(`account ${account.account} was refused: ${JSON.stringify(reply.body)}`)
  }
}

/** Books manual entries, alone or in a batch, and reverses some of those that were acknowledged. */
export async function bookEntries(deps: Deps, unit: Extract<Unit, { kind: 'entries' }>): Promise<void> {
  const { client, witness } = deps
  const records = unit.entries.map((entry) =>
    witness.openManual({
      key: entry.key,
      reference: entry.reference,
      reverses: undefined,
      postings: entry.postings,
      mustBeRefusedWith: entry.mustBeRefusedWith,
    }),
  )
  const bodies = unit.entries.map((entry) => entryBody(entry.reference, entry.postings))
  const answers = unit.batch
    ? (
        await insistOnItems(deps, {
          method: 'POST',
          path: '/v1/ledger/entries/batch',
          key: unit.key,
          body: { entries: bodies.map((body, index) => ({ ...body, idempotency_key: unit.entries[index]?.key })) },
        })
      ).items.map(itemAnswer)
    : [answerOf(await client.insist({ method: 'POST', path: '/v1/ledger/entries', key: unit.key, body: bodies[0] }))]
  for (const [index, answer] of answers.entries()) {
    records[index]?.(answer)
    const entry = unit.entries[index]
    if (entry?.thenReverse === true && 'accepted' in answer)
      await reverse(deps, `${entry.key}-reversal`, answer.accepted, entry.postings)
  }
}

async function reverse(deps: Deps, key: string, entryId: string, original: readonly PostingSeen[]): Promise<void> {
  const postings = original.map((posting) => ({ ...posting, amount: -posting.amount }))
  const record = deps.witness.openManual({
    key,
    reference: key,
    reverses: entryId,
    postings,
    mustBeRefusedWith: undefined,
  })
  const body = { ...entryBody(key, postings), reverses: entryId }
  record(answerOf(await deps.client.insist({ method: 'POST', path: '/v1/ledger/entries', key, body })))
}

const entryBody = (reference: string, postings: readonly PostingSeen[]) => ({
  kind: 'manual',
  reference,
  postings: postings.map(({ account, amount, currency }) => ({
    account,
    direction: amount > 0n ? 'debit' : 'credit',
    amount: Number(amount > 0n ? amount : -amount),
    currency,
  })),
})
