import { createHash } from 'node:crypto'
import { writeJson } from '../../platform/exact-json.ts'
import type { NewBreak } from '../break.ts'
import type { Facts } from '../engines/engine.ts'
import type { ProofLine } from '../proof.ts'

/** What a run decides, as far as it is the same whenever it is computed. */
export type Verdict = {
  readonly found: readonly NewBreak[]
  readonly cleared: readonly string[]
  readonly known: readonly string[]
  /** Lines that waited for a record of ours, which another line has: a break of another code takes their place. */
  readonly repeated: readonly string[]
  readonly promoted: readonly { readonly id: string; readonly code: NewBreak['code'] }[]
  readonly carried: readonly string[]
  /** Everything that stands open after the run and that its records are part of. */
  readonly standing: readonly Pick<NewBreak, 'code' | 'class' | 'ours' | 'theirs'>[]
}

/**
 * SHA-256 over everything that a run decided: counts, proof, what it found, cleared, promoted and carried, and where the next
 * run begins to read. Breaks that it found are named by their records, because their ids are new each time.
 */
export function verdictSha256(
  { counts, firstLater }: Pick<Facts, 'counts' | 'firstLater'>,
  proof: readonly ProofLine[],
  verdict: Verdict,
): Buffer {
  const hash = createHash('sha256')
  const add = (what: string, items: readonly unknown[]): void => {
    for (const item of items) hash.update(`${writeJson([what, item])}\n`)
  }
  add('counts', [[counts.ours, counts.theirs, counts.matched]])
  add('proof', proof)
  add(
    'later',
    [...firstLater].sort(([a], [b]) => a - b),
  )
  add('found', verdict.found)
  for (const what of ['cleared', 'known', 'repeated', 'promoted', 'carried'] as const) add(what, verdict[what])
  return hash.digest()
}
