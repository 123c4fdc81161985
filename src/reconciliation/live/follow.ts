import { setTimeout as delay } from 'node:timers/promises'
import { type Db, statement, type Tx } from '../../platform/db.ts'
import { addDays } from '../calendar.ts'
import type { Heads } from '../ours.ts'
import { sourceOn } from '../rules/versions.ts'
import { exactJson, lastCompletedRun, type RunInProgress } from '../runs/run.ts'
import type { Source } from '../source.ts'
import { nextHeads, oursBetween, takeTold } from './arrivals.ts'
import {
  AWAITED_FILE,
  createLineReader,
  FILE_IS_GONE,
  forgetFilesThrough,
  type LineReader,
  someOfGoneFiles,
  takeLines,
} from './file-lines.ts'
import { someClosed, someOfRun, someOpen } from './let-go.ts'
import { move } from './store.ts'
import { takeTouched } from './touched.ts'

/**
 * Follows one source: takes in what was booked, what was told and what stands in files that were accepted since, and lets go
 * of what a run has taken the place of and of what people resolved. Each
 * step is one transaction that owns the source's row, so that any node may take it and nobody waits for another; how far it came
 * is committed with it, so that nothing is taken twice and nothing depends on memory.
 */
export type Follower = {
  /**
   * Takes what there is, until there is nothing more or another node is at it. While this node is busy it takes little and
   * seldom: payments come first, and a node with time to spare or a calmer hour does the rest.
   */
  readonly look: () => Promise<void>
  /** Resolves when what was there is taken in, whoever did it, or after a while. */
  readonly catchUp: () => Promise<void>
  readonly stop: () => Promise<void>
}

const ENSURE = statement(
  'reconciliation.ensure_live_source',
  `insert into live_source (source, heads) values ($1, $2) on conflict do nothing`,
)

const IS_BEHIND = statement(
  'reconciliation.live_is_behind',
  `select s.source is null as "isNew",
          coalesce((select true from ledger_chain c where c.head_seq > coalesce((s.heads ->> c.id::text)::bigint, 0) limit 1), false)
            or coalesce((select true from live_told t where t.psp = $1 limit 1), false)
            or coalesce((select true from live_touched t where t.source = $1 limit 1), false)
            or coalesce((select true from settlement_file f where ${AWAITED_FILE} limit 1), false)
            or coalesce((select true from live_file l where l.source = $1 and ${FILE_IS_GONE} limit 1), false)
            or coalesce((select true from recon_run r where r.source = $1 and r.status = 'completed'
                            and r.business_date > coalesce(s.settled_through, '-infinity'::date) limit 1), false) as "isBehind"
     from (values (1)) one left join live_source s on s.source = $1`,
)

const OWN = statement(
  'reconciliation.own_live_source',
  `select heads, settled_through as "settledThrough" from live_source where source = $1 for update skip locked`,
)

const ADVANCE = statement(
  'reconciliation.advance_live_source',
  'update live_source set heads = heads || $2::jsonb where source = $1',
)

const SETTLE = statement(
  'reconciliation.settle_live_source',
  'update live_source set settled_through = $2 where source = $1',
)

// Each is a transaction of some tens of milliseconds; other sources and a stop come in between.
const STEPS_AT_ONCE = 50
const PATIENCE_STEPS = 400
const PAUSE_MS = 25

// Of its time: at a steady load that leaves a third of a node idle everything is taken as it comes.
const BUSY = 0.7
const SELDOM_MS = 2_000

type State = { readonly heads: Record<string, string | number>; readonly settledThrough: string | null }

export type FollowerDeps = {
  readonly db: Db
  readonly busyness: () => number
  /** A folder for work in progress. */
  readonly scratch: string
}

export function createFollower({ db, busyness, scratch }: FollowerDeps, source: Source): Follower {
  const reader = createLineReader(scratch)
  let stopped = false
  let inHand = 0
  let lastStepAt = Number.NEGATIVE_INFINITY

  const isBehind = async (): Promise<boolean> => {
    const [row] = await db.run<{ isNew: boolean; isBehind: boolean }>(IS_BEHIND, [source.name])
    if (row?.isNew === true) await db.run(ENSURE, [source.name, await firstHeads(db, source)])
    return row?.isNew === true || row?.isBehind === true
  }

  /** What a file is read with ends with the last work: a stop comes in the middle of it. */
  const during = async (work: () => Promise<void>): Promise<void> => {
    inHand += 1
    try {
      await work()
    } finally {
      inHand -= 1
      if (stopped && inHand === 0) await reader.close()
    }
  }

  const takeStep = (): Promise<boolean> => db.transaction((tx) => step(tx, source, reader))

  return {
    look: () =>
      during(async () => {
        const isBusy = busyness() > BUSY
        if (isBusy && performance.now() < lastStepAt + SELDOM_MS) return
        for (let n = 0; n < (isBusy ? 1 : STEPS_AT_ONCE) && !stopped && (await isBehind()); n += 1) {
          lastStepAt = performance.now()
          if (!(await takeStep())) return
        }
      }),
    catchUp: () =>
      during(async () => {
        for (let n = 0; n < PATIENCE_STEPS && !stopped && (await isBehind()); n += 1)
          if (!(await takeStep())) await delay(PAUSE_MS)
      }),
    async stop() {
      stopped = true
      if (inHand === 0) await reader.close()
    },
  }
}

/** A source that is followed for the first time begins where its newest run has read to. */
async function firstHeads(db: Db, source: Source): Promise<string> {
  const run = await lastCompletedRun(db, source.name)
  return exactJson(run?.nextFrom ?? new Map())
}

/** One step; false when another node is at it. */
async function step(tx: Tx, declared: Source, reader: LineReader): Promise<boolean> {
  const [state] = await tx.run<State>(OWN, [declared.name])
  if (state === undefined) return false
  const settledThrough = state.settledThrough ?? undefined
  const heads: Heads = new Map(Object.entries(state.heads).map(([chain, seq]) => [Number(chain), BigInt(seq)]))
  const run = await lastCompletedRun(tx, declared.name)
  // By the rules of the next run, which decides about what comes now.
  const source = run === undefined ? declared : (await sourceOn(tx, declared, addDays(run.businessDate, 1))).source
  const next = await nextHeads(tx, heads)
  const told = await takeTold(tx, source, run)
  const ours = next.size === 0 ? [] : await oursBetween(tx, source, { heads, next, run })
  const lines = await takeLines(tx, source, reader)
  const gone = await someOfGoneFiles(tx, source.name)
  const touched = await takeTouched(tx, source.name)
  await move(
    tx,
    { source, settledThrough },
    { arriving: [...ours, ...told, ...lines, ...touched.arriving], leaving: [...gone, ...touched.leaving] },
  )
  if (next.size > 0) await tx.run(ADVANCE, [source.name, exactJson(next)])
  if (run !== undefined && run.businessDate > (settledThrough ?? '')) await letGo(tx, source, run)
  return true
}

/** Lets go of some of what a run took part in; when there is no more, brings back what it left open. */
async function letGo(tx: Tx, source: Source, run: RunInProgress): Promise<void> {
  const at = { source, settledThrough: run.businessDate }
  const leaving = [
    ...(await someOfRun(tx, source.name, {
      day: run.businessDate,
      cut: run.settings,
      seen: run.seenHeads,
    })),
    ...(await someClosed(tx, source.name)),
  ]
  const arriving = await someOpen(tx, source.name)
  if (leaving.length + arriving.length > 0) return move(tx, at, { arriving, leaving })
  await forgetFilesThrough(tx, source.name, run.businessDate)
  await tx.run(SETTLE, [source.name, run.businessDate])
}
