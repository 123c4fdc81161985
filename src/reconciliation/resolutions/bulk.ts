import type { Actor } from '../../platform/audit/index.ts'
import type { Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { type Break, getBreak } from '../breaks-list.ts'
import { type Annotation, annotate } from './notes.ts'
import { type Preview, preview, propose, type ResolutionDeps } from './propose.ts'
import type { Resolution } from './rows.ts'
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
  for (const item of items) {
    try {
      outcomes.push(await one(deps, item, { dryRun, actor }))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      outcomes.push({ breakId: item.breakId, outcome: 'refused', refusal: error })
    }
  }
  return outcomes
}

async function one(
  deps: ResolutionDeps,
  item: BulkItem,
  { dryRun, actor }: { readonly dryRun: boolean; readonly actor: Actor },
): Promise<BulkOutcome> {
  const { breakId, resolution: asked } = item
  const request = asked && { ...asked, breakId, with: [] }
  // Tried first, so that nothing is decided about a break whose other half is then refused.
  const wouldChange = await write(deps, item, { actor, isTrial: true })
  const changes = wouldChange || asked !== undefined
  if (dryRun)
    return {
      breakId,
      outcome: changes ? 'changed' : 'unchanged',
      ...(request && { preview: await preview(deps, request) }),
    }
  const resolution = request && (await propose(deps, request, actor)).resolution
  if (wouldChange) await write(deps, { ...item, version: undefined }, { actor, isTrial: false })
  const after = await getBreak(deps.db, breakId)
  return { breakId, outcome: changes ? 'changed' : 'unchanged', version: after?.version, resolution }
}

/** Whether there is anything to write on the break; writes it unless it is a trial. */
async function write(
  { db, clock }: ResolutionDeps,
  item: BulkItem,
  { actor, isTrial }: { readonly actor: Actor; readonly isTrial: boolean },
): Promise<boolean> {
  let changes = false
  const work = async (tx: Tx): Promise<void> => {
    const found = await getBreak(tx, item.breakId)
    if (found === undefined) throw new Refusal('not_found', `There is no break ${publicId('brk', item.breakId)}.`)
    if (item.version !== undefined && item.version !== found.version)
      throw new Refusal('break_changed', `${publicId('brk', found.id)} is at version ${found.version} by now.`, {
        facts: { version: found.version },
      })
    const annotation = annotationOf(found, item)
    changes = Object.keys(annotation).length > 0
    if (changes) await annotate(tx, [found.id], annotation, { actor, at: clock.now() })
    if (isTrial) throw new Tried()
  }
  try {
    await db.transaction(work)
  } catch (error) {
    if (!(error instanceof Tried)) throw error
  }
  return changes
}

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
