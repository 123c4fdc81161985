import { type Actor, audit } from '../../platform/audit/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { noteBreaks } from './rows.ts'

/** What people write on breaks. None of it moves money or changes what a break is. */
export type Annotation = {
  /** Null for nobody. */
  readonly assignee?: string | null | undefined
  readonly comment?: string | undefined
  readonly addTags?: readonly string[] | undefined
  readonly removeTags?: readonly string[] | undefined
  /** A business date; null ends it. A break that sleeps still counts. */
  readonly snoozeUntil?: string | null | undefined
}

export const TAGS_MAX = 20
const SNOOZE_DAYS_MAX = 366

const LOCK = statement(
  'breaks.lock_for_notes',
  `select id, state, coalesce(tags, '{}') as tags from recon_break where id = any($1::uuid[]) order by id for update`,
)
const ASSIGN = statement('breaks.assign', 'update recon_break set assignee = $2 where id = any($1::uuid[])')
const TAG = statement('breaks.tag', 'update recon_break set tags = $2 where id = $1')
const SNOOZE = statement('breaks.snooze', 'update recon_break set snoozed_until = $2 where id = any($1::uuid[])')

type Row = { readonly id: string; readonly state: string; readonly tags: readonly string[] }

/** What is read of breaks behind this stays so until the end of the transaction. Throws `not_found`. */
export async function lockForNotes(tx: Tx, ids: readonly string[]): Promise<readonly Row[]> {
  const rows = await tx.run<Row>(LOCK, [ids])
  const missing = ids.find((id) => !rows.some((row) => row.id === id))
  if (missing !== undefined) throw new Refusal('not_found', `There is no break ${publicId('brk', missing)}.`)
  return rows
}

/** Writes on breaks, all or none. Throws `not_found`, `break_state`, `invalid_request`. */
export async function annotate(
  tx: Tx,
  ids: readonly string[],
  annotation: Annotation,
  { actor, at }: { readonly actor: Actor; readonly at: Date },
): Promise<void> {
  const rows = await lockForNotes(tx, ids)
  const { assignee, comment, snoozeUntil } = annotation
  const note = (kind: string, detail: string | null): Promise<void> =>
    noteBreaks(tx, ids, { kind, detail, keyId: actor.keyId, at })
  if (assignee !== undefined) {
    await tx.run(ASSIGN, [ids, assignee])
    await note('assigned', assignee)
  }
  if (snoozeUntil !== undefined) {
    refuseSnooze(rows, snoozeUntil, at)
    await tx.run(SNOOZE, [ids, snoozeUntil])
    await note('snoozed', snoozeUntil)
  }
  await changeTags(tx, rows, annotation, { actor, at })
  if (comment !== undefined) await note('commented', comment)
  await audit(
    tx,
    actor,
    at,
    ids.map((id) => ({ action: 'break.annotated', object: publicId('brk', id), detail: { ...annotation } })),
  )
}

async function changeTags(
  tx: Tx,
  rows: readonly Row[],
  { addTags = [], removeTags = [] }: Annotation,
  { actor, at }: { readonly actor: Actor; readonly at: Date },
): Promise<void> {
  if (addTags.length === 0 && removeTags.length === 0) return
  for (const row of rows) {
    const tags = [...new Set([...row.tags.filter((tag) => !removeTags.includes(tag)), ...addTags])].toSorted()
    if (tags.length > TAGS_MAX) {
      const detail = `A break has at most ${TAGS_MAX} tags.`
      throw new Refusal('invalid_request', detail, { errors: [{ pointer: '/add_tags', detail }] })
    }
    await tx.run(TAG, [row.id, tags])
    const by = { keyId: actor.keyId, at }
    const added = addTags.filter((tag) => !row.tags.includes(tag))
    const removed = removeTags.filter((tag) => row.tags.includes(tag) && !addTags.includes(tag))
    if (added.length > 0) await noteBreaks(tx, [row.id], { kind: 'tagged', detail: added.join(', '), ...by })
    if (removed.length > 0) await noteBreaks(tx, [row.id], { kind: 'untagged', detail: removed.join(', '), ...by })
  }
}

function refuseSnooze(rows: readonly Row[], until: string | null, now: Date): void {
  const settled = rows.find(({ state }) => state !== 'open')
  if (until === null) return
  if (settled !== undefined)
    throw new Refusal('break_state', `${publicId('brk', settled.id)} is ${settled.state}, and nobody waits for it.`, {
      facts: { break: publicId('brk', settled.id), state: settled.state },
    })
  const today = Temporal.PlainDate.from(now.toISOString().slice(0, 10))
  const latest = today.add({ days: SNOOZE_DAYS_MAX }).toString()
  if (until > today.toString() && until <= latest) return
  const detail = `It must be a day after today, ${today.toString()}, and at most ${latest}.`
  throw new Refusal('invalid_request', `/snooze_until: ${detail}`, { errors: [{ pointer: '/snooze_until', detail }] })
}
