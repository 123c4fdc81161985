import type { SettlementFile } from '../read.ts'
import { lastFiles } from '../read.ts'
import type { Received } from '../receive.ts'
import { type Awaited, latenessOf } from './expected.ts'
import { receiveDelivery } from './receive.ts'
import type { IntakeSource } from './source.ts'
import { declareSources, watchStates } from './state.ts'
import { newestDays } from './store.ts'
import { createWatch, type WatchDeps } from './watch.ts'

/** A source as people look at it. */
export type SourceState = {
  readonly name: string
  /** `psp`: reconciled night by night; else how the files of a declared source come. */
  readonly kind: 'psp' | 'folder' | 'sftp' | 'upload'
  readonly zone: string
  readonly formats: readonly string[]
  readonly everyMinutes: number | undefined
  readonly lastFile: SettlementFile | undefined
  readonly lastLookAt: Date | undefined
  /** Why the last look could not be finished, as a sentence. */
  readonly lookProblem: string | undefined
  readonly nextLookAt: Date | undefined
  /** The file that is awaited next, or was due and is not there. */
  readonly awaited: Awaited | undefined
  readonly lateSince: Date | undefined
  /** How many files were due and are not there. */
  readonly overdue: number
}

/** The declared sources of this deployment: receives, collects and watches. */
export type Intake = {
  readonly sources: readonly IntakeSource[]
  /** Takes an upload in; at least one file. Throws what `bytes` throws, and then nothing is stored. */
  readonly receive: (
    source: IntakeSource,
    upload: { readonly name: string | undefined; readonly bytes: AsyncIterable<Uint8Array> },
  ) => Promise<readonly Received[]>
  /** One for each source, so that one that takes long holds up no other. Each is called again and again. */
  readonly looks: readonly (() => Promise<void>)[]
  /** Does everything that is due at this instant of the business clock, and resolves when it is done. */
  readonly catchUp: () => Promise<void>
  readonly stop: () => void
  readonly states: () => Promise<readonly SourceState[]>
}

/** Makes the sources known; from then on their files are expected. */
export async function createIntake(deps: WatchDeps, sources: readonly IntakeSource[]): Promise<Intake> {
  const { db, clock } = deps
  const names = sources.map(({ name }) => name)
  if (names.length > 0) await declareSources(db, names, clock.now())
  const watches = sources
    .filter(({ collect, expected }) => collect !== undefined || expected !== undefined)
    .map((source) => createWatch(deps, source))

  return {
    sources,
    receive: (source, upload) => receiveDelivery(deps, source, { ...upload, via: 'uploaded' }),
    looks: watches.map(({ look }) => look),
    async catchUp() {
      for (const watch of watches) await watch.catchUp()
    },
    stop() {
      for (const watch of watches) watch.stop()
    },
    async states() {
      if (names.length === 0) return []
      const now = clock.now()
      const [states, newest, files] = await Promise.all([
        watchStates(db, names),
        newestDays(db, names, now),
        lastFiles(db, names),
      ])
      return sources.map((source) => {
        const { name, zone, expected, collect } = source
        const state = states.get(name)
        const lateness =
          expected === undefined || state === undefined
            ? undefined
            : latenessOf({ ...expected, zone }, state.declaredAt, newest.get(name), now)
        return {
          name,
          kind: collect?.kind ?? 'upload',
          zone,
          formats: source.formats.map((format) => format.name),
          everyMinutes: collect && source.everyMinutes,
          lastFile: files.get(name),
          lastLookAt: state?.lastLookAt ?? undefined,
          lookProblem: state?.lookProblem ?? undefined,
          nextLookAt: state?.nextLookAt ?? undefined,
          awaited: lateness?.next,
          lateSince: lateness?.lateSince,
          overdue: lateness?.overdue ?? 0,
        }
      })
    },
  }
}
