import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { statement, type Tx } from '../db.ts'
import type { Actor } from './actor.ts'

/** What somebody did, to what. `detail` is what changed: plain values, integers as texts where they may be large. */
export type Deed = {
  readonly action: string
  /** The public id of what it was done to, or its name. */
  readonly object: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Everything about a row that must never change. */
export type AuditFacts = {
  readonly seq: bigint
  readonly atMs: number
  readonly keyId: string | null
  readonly actor: string
  readonly action: string
  readonly object: string
  /** As it is stored, character by character. */
  readonly detail: string
  readonly requestId: string | null
}

/** SHA-256 over the row before and the facts of this one, as one JSON array. */
export const auditHash = (previous: Buffer, facts: AuditFacts): Buffer => {
  const { seq, atMs, keyId, actor, action, object, detail, requestId } = facts
  const text = JSON.stringify(['audit/1', seq.toString(), atMs, keyId, actor, action, object, detail, requestId])
  return hash('sha256', Buffer.concat([previous, Buffer.from(text)]), 'buffer')
}

const HEAD = statement('audit.head', 'select seq, hash from audit_head for update')
const INSERT = statement(
  'audit.insert',
  `insert into audit_log (seq, at, key_id, actor, action, object, detail, request_id, previous_hash, hash)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
)

/** What the system does by itself has no key. */
export const SYSTEM = 'system'

/**
 * Adds rows to the audit log in the transaction of what they tell, so that neither is there without the other. The head
 * of the chain is locked until the end: people's deeds are few, and come last in their transaction.
 */
export async function audit(tx: Tx, actor: Actor | undefined, at: Date, deeds: readonly Deed[]): Promise<void> {
  if (deeds.length === 0) return
  const [head] = await tx.run<{ seq: bigint; hash: Buffer }>(HEAD)
  assert(head !== undefined, 'the audit log has its head')
  let { seq, hash: previous } = head
  for (const deed of deeds) {
    seq += 1n
    const facts: AuditFacts = {
      seq,
      atMs: at.getTime(),
      keyId: actor?.keyId ?? null,
      actor: actor?.name ?? SYSTEM,
      action: deed.action,
      object: deed.object,
      detail: JSON.stringify(deed.detail ?? {}, (_key, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
      requestId: actor?.requestId ?? null,
    }
    const next = auditHash(previous, facts)
    const { keyId, actor: name, action, object, detail, requestId } = facts
    await tx.run(INSERT, [seq, at, keyId, name, action, object, detail, requestId, previous, next])
    previous = next
  }
}
