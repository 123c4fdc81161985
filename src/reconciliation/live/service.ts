import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import type { Source } from '../source.ts'
import { createFollower, type FollowerDeps } from './follow.ts'
import { type LiveFilter, type LivePair, type LiveSummary, listItems, readSummary } from './read.ts'

/**
 * The live view: how each record of ours stands before its night, from what the ledger booked, what PSPs told by webhook and
 * what stands in files that were accepted. It is a view and books nothing: the nightly run decides from the records themselves, by the same state machine, and takes
 * its place.
 */
export type LiveView = {
  /** One for each source that is followed: takes in what came since; cheap when there is nothing. */
  readonly looks: readonly (() => Promise<void>)[]
  /** Takes everything in that is committed now. */
  readonly catchUp: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Throws `source_not_found`. */
  readonly summary: (source: string) => Promise<LiveSummary>
  readonly list: (
    source: string,
    filter: LiveFilter,
  ) => Promise<{ readonly data: readonly LivePair[]; readonly hasMore: boolean }>
}

export function createLiveView(
  { db, moneyDb, ...deps }: { readonly db: Db; readonly moneyDb: Db } & Omit<FollowerDeps, 'db'>,
  { sources, following }: { readonly sources: readonly Source[]; readonly following: boolean },
): LiveView {
  const followers = following ? sources.map((source) => createFollower({ db: moneyDb, ...deps }, source)) : []
  const find = (name: string): Source => {
    const found = sources.find((source) => source.name === name)
    if (found !== undefined) return found
    const known = sources.map((source) => source.name).join(', ')
    const detail = `There is no reconciled source "${name}"; there ${sources.length === 1 ? 'is' : 'are'} ${known || 'none'}.`
    throw new Refusal('source_not_found', detail, { errors: [{ pointer: '?source', detail }] })
  }
  return {
    looks: followers.map((follower) => follower.look),
    catchUp: async () => {
      for (const follower of followers) await follower.catchUp()
    },
    stop: async () => void (await Promise.all(followers.map((follower) => follower.stop()))),
    summary: async (name) => {
      const source = find(name)
      const read = await db.transaction((tx) => readSummary(tx, source.name), { isolation: 'repeatable read' })
      return { ...read, following }
    },
    list: async (name, filter) => listItems(db, find(name), filter),
  }
}
