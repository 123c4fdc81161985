import type { Tx } from '../platform/db.ts'

/** Something in the books that is not as it was posted. */
export type Finding = {
  readonly kind:
    | 'posting_changed'
    | 'posting_missing'
    | 'posting_added'
    | 'batch_changed'
    | 'gap'
    | 'head'
    | 'stray_entry'
    | 'reference_changed'
    | 'anchor'
  readonly chain?: number
  readonly batch?: number
  /** UUID of the entry. */
  readonly entryId?: string
  /** The position in its entry. */
  readonly posting?: number
  readonly detail: string
}

/** One verification on its way through the books: its snapshot, what it has read, what it has found. */
export type Walk = {
  readonly tx: Tx
  readonly findings: Finding[]
  batches: number
  entries: number
  postings: number
  /** In their order. */
  readonly anchors: { readonly day: string; readonly hash: string }[]
}

export const startWalk = (tx: Tx): Walk => ({ tx, findings: [], batches: 0, entries: 0, postings: 0, anchors: [] })

// Enough to see what happened; a table rewritten as a whole would give millions.
const MAX_FINDINGS = 1_000

export function find(walk: Walk, finding: Finding): void {
  if (walk.findings.length < MAX_FINDINGS) walk.findings.push(finding)
}
