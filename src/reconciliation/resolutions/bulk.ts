import type { Actor } from '../../platform/audit/index.ts'
import type { Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { type Break, getBreak } from '../breaks-list.ts'
import { sourceOf } from './items.ts'
import { type Annotation, annotate, lockForNotes } from './notes.ts'
import { type Preview, preview, propose, type ResolutionDeps } from './propose.ts'
import type { Resolution } from './rows.ts'
import { takeTurn } from './turn.ts'
import type { ResolutionRequest } from './verbs.ts'

/** What is wanted of one break of many. What is left out stays; tags are all that it then has. */
export type BulkItem = {
  readonly breakId: string
  /** The version that somebody looked at; another one is refused. */
  readonly version?: string | undefined
  readonly assignee?: string | null | undefined
  readonly tags?: readonly string[] | undefined
  readonly snoozeUntil?: string | null | undefined
  readonly comment?: string | undefined
  readonly resolution?: Omit<ResolutionRequest, 'breakId' | 'with'> | undefined
}

export type BulkOutcome = {
  readonly breakId: string
  readonly outcome: 'changed' | 'unchanged' | 'refused'
  /** After it. */
  readonly version?: string | undefined
  readonly resolution?: Resolution | undefined
  /** Of a dry run. */
  readonly preview?: Preview | undefined
  readonly refusal?: Refusal | undefined
}

/** Thrown to roll back what was only tried. */
class Tried extends Error {}

/** Deals with many breaks one by one: a refusal of one leaves the others unharmed. A dry run changes nothing. */
export async function bulk(
  deps: ResolutionDeps,
  items: readonly BulkItem[],
  { dryRun, actor }: { readonly dryRun: boolean; readonly actor: Actor },
): Promise<readonly BulkOutcome[]> {
  const outcomes: BulkOutcome[] = []
  for (const [index, item] of items.entries()) {
    try {
      outcomes.push(await one(deps, item, { dryRun, actor }))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      outcomes.push({ breakId: item.breakId, outcome: 'refused', refusal: within(`/items/${index}`, error) })
    }
  }
  return outcomes
}

async function one(
  deps: ResolutionDeps,
  item: BulkItem,
  { dryRun, actor }: { readonly dryRun: boolean; readonly actor: Actor },
): Promise<BulkOutcome> {
  let outcome: BulkOutcome | undefined
  const work = async (tx: Tx): Promise<void> => {
    outcome = await dealWith(tx, deps, item, { dryRun, actor })
    if (dryRun) throw new Tried()
  }
  try {
    await deps.db.transaction(work)
  } catch (error) {
    if (!(error instanceof Tried)) throw error
  }
  if (outcome === undefined) throw new Error('what was dealt with has an outcome')
  return outcome
}

/** All of an item in one transaction, behind the lock of its break: the version holds, and none of it is done alone. */
async function dealWith(
  tx: Tx,
  deps: ResolutionDeps,
  item: BulkItem,
  { dryRun, actor }: { readonly dryRun: boolean; readonly actor: Actor },
): Promise<BulkOutcome> {
  const { breakId, resolution: asked } = item
  // The turn of the source comes before the lock of a break, as everywhere.
  if (asked !== undefined) await takeTurn(tx, await sourceOf(tx, [breakId]))
  await lockForNotes(tx, [breakId])
  const found = await getBreak(tx, breakId)
  if (found === undefined) throw new Error('a break that is locked is there')
  if (item.version !== undefined && item.version !== found.version)
    throw new Refusal('break_changed', `${publicId('brk', breakId)} is at version ${found.version} by now.`, {
      facts: { version: found.version },
    })
  const request = asked && { ...asked, breakId, with: [] }
  const annotation = annotationOf(found, item)
  const isAnnotated = Object.keys(annotation).length > 0
  const shown = request && dryRun ? await ofResolution(preview(tx, deps, request, actor)) : undefined
  const resolution = request && !dryRun ? (await ofResolution(propose(tx, deps, request, actor))).resolution : undefined
  if (isAnnotated) await annotate(tx, [breakId], annotation, { actor, at: deps.clock.now() })
  return {
    breakId,
    outcome: isAnnotated || asked !== undefined ? 'changed' : 'unchanged',
    ...(dryRun ? { preview: shown } : { version: (await getBreak(tx, breakId))?.version, resolution }),
  }
}

/** What it refuses are fields of the item's resolution. */
async function ofResolution<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof Refusal ? within('/resolution', error) : error
  }
}

const within = (place: string, refusal: Refusal): Refusal =>
  new Refusal(refusal.code, refusal.message, {
    errors: refusal.errors.map(({ pointer, detail }) => ({ pointer: `${place}${pointer}`, detail })),
    facts: refusal.facts,
    ...(refusal.retryAfterSeconds !== undefined && { retryAfterSeconds: refusal.retryAfterSeconds }),
    cause: refusal,
  })

/** What differs from what the break has. */
function annotationOf(found: Break, { assignee, tags, snoozeUntil, comment, resolution }: BulkItem): Annotation {
  const addTags = tags?.filter((tag) => !found.tags.includes(tag)) ?? []
  const removeTags = tags === undefined ? [] : found.tags.filter((tag) => !tags.includes(tag))
  return {
    ...(assignee !== undefined && assignee !== found.assignee && { assignee }),
    ...(addTags.length > 0 && { addTags }),
    ...(removeTags.length > 0 && { removeTags }),
    // What is resolved sleeps no more.
    ...(snoozeUntil !== undefined && snoozeUntil !== found.snoozedUntil && resolution === undefined && { snoozeUntil }),
    ...(comment !== undefined && { comment }),
  }
}
