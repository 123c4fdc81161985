import { createAccountDirectory } from '../../src/ledger/index.ts'
import type { Actor } from '../../src/platform/audit/index.ts'
import { newId } from '../../src/platform/ids.ts'
import {
  type Decision,
  decide as decideOn,
  getResolution,
  NO_SETTINGS,
  preview,
  propose,
  type Resolution,
  type ResolutionRequest,
  type ResolutionSettings,
  type UnmatchRequest,
  undoResolution,
  unmatch,
} from '../../src/reconciliation/resolutions/index.ts'
import type { Nights } from './nights.ts'

export type Resolving = Awaited<ReturnType<typeof openResolving>>

/** People who decide about the breaks of nights: Ann asks, Ben answers. */
export async function openResolving(nights: Nights, settings: ResolutionSettings = NO_SETTINGS) {
  const { db } = nights
  const deps = { db, directory: createAccountDirectory(db), clock: nights.clock, settings, scratch: nights.scratch }
  const person = async (name: string): Promise<Actor> => {
    const keyId = newId()
    await db.query(
      `insert into api_key (id, name, prefix, hash, scopes, mode, created_at)
       values ($1, $2, $3, sha256(convert_to($3, 'UTF8')), '{write}', 'test', '2026-01-01')`,
      [keyId, name, `sk_test_${keyId.slice(-12)}`],
    )
    return { keyId, name }
  }
  const ann = await person('Ann')
  const ben = await person('Ben')
  const ask = (request: Partial<ResolutionRequest> & Pick<ResolutionRequest, 'breakId' | 'verb'>, actor = ann) =>
    db.transaction((tx) => propose(tx, deps, { with: [], reason: 'expected', ...request }, actor))
  const decide = (decision: Decision, actor = ben) => decideOn(deps, decision, actor)
  const undo = (id: string, actor = ann) => undoResolution(deps, { id, reason: 'a mistake' }, actor)
  return {
    deps,
    ann,
    ben,
    person,
    ask,
    decide,
    look: (request: Partial<ResolutionRequest> & Pick<ResolutionRequest, 'breakId' | 'verb'>, actor = ann) =>
      db.transaction((tx) => preview(tx, deps, { with: [], reason: 'expected', ...request }, actor)),
    get: (id: string) => getResolution(db, id),
    /** Takes a pair of a run apart; gives what was asked for as well. */
    async unmatch({ runId, fileId, line }: Pick<UnmatchRequest, 'runId' | 'fileId' | 'line'>, actor = ann) {
      const request = { runId, fileId, line, reason: 'wrong_pair' as const }
      const { resolution, replayed } = await db.transaction((tx) => unmatch(tx, deps, request, actor))
      return { resolution: { ...resolution, request }, replayed }
    },
    undo,
    /** Undoes and rejects all that was decided, the newest first. */
    async undoAll(): Promise<void> {
      const standing = await db.query<{ id: string; state: string; approval_id: string | null }>(
        `select id, state, approval_id from break_resolution where state in ('proposed', 'applied') order by id desc`,
      )
      for (const { id, state, approval_id } of standing) {
        if (state === 'applied') await undo(id)
        else await decide({ id: approval_id ?? '', decision: 'rejected' })
      }
    },
    /** Asks, and has it approved where that is needed. */
    async resolve(request: Parameters<typeof ask>[0]): Promise<Resolution> {
      const { resolution } = await ask(request)
      if (resolution.approvalId !== null) await decide({ id: resolution.approvalId, decision: 'approved' })
      return resolution
    },
    breaks: (state = 'open') =>
      db.query<{
        id: string
        code: string
        class: string
        attempt_id: string | null
        line: number | null
        line_kind: string | null
        ours_amount: bigint | null
        theirs_amount: bigint | null
        ours_currency: string | null
        theirs_currency: string | null
      }>(
        `select id, code, class, attempt_id, line, line_kind, ours_amount, theirs_amount, ours_currency, theirs_currency
           from recon_break where state = $1 order by id`,
        [state],
      ),
  }
}
