import type { Integer } from './api-types.ts'

/** What the API answers about resolutions, approvals and the audit log, as far as the command line reads it. */

export type ApiPlannedEntry = {
  readonly postings: readonly {
    readonly account: string
    readonly direction: 'debit' | 'credit'
    readonly amount: Integer
    readonly currency: string
  }[]
  readonly releases: readonly {
    readonly order: string
    readonly seller: string
    readonly amount: Integer
    readonly currency: string
  }[]
}

export type ApiPreview = {
  readonly object: 'resolution_preview'
  readonly verb: string
  readonly breaks: readonly string[]
  readonly entry: ApiPlannedEntry
  readonly needs_approval: boolean
}

export type ApiResolution = {
  readonly id: string
  readonly object: 'resolution'
  readonly state: string
  readonly verb: string
  readonly reason: string
  readonly note?: string
  readonly breaks: readonly string[]
  readonly entry: ApiPlannedEntry
  readonly maker: string
  readonly approval?: string
  readonly proposed_at: string
  readonly applied_at?: string
  readonly journal_entry?: string
  readonly undone_at?: string
  readonly undo_reason?: string
  readonly undo_journal_entry?: string
}

export type ApiApproval = {
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly state: string
  readonly maker: string
  readonly requested_at: string
  readonly expires_at: string
  readonly checker?: string
  readonly decided_at?: string
  readonly note?: string
}

export type ApiAuditRow = {
  readonly seq: number
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: unknown
  readonly hash: string
}

export type ApiAuditVerification = {
  readonly ok: boolean
  readonly rows: number
  readonly head: string
  readonly findings: readonly { readonly seq: number; readonly detail: string }[]
}

export type ApiSuggestion = {
  readonly score: number
  readonly reasons: readonly { readonly name: string; readonly sentence: string }[]
  readonly records: readonly {
    readonly break: string
    readonly references: readonly string[]
    readonly amount: Integer
    readonly currency: string
    readonly business_date?: string
  }[]
  readonly resolution: { readonly verb: string; readonly as?: string; readonly with: readonly string[] }
}

export type ApiSuggestions = { readonly break: string; readonly data: readonly ApiSuggestion[] }
