import type { Integer } from './api-types.ts'

/** What the API answers about settlement files, reconciliation runs and breaks, as far as the command line reads it. */

export type ApiFile = {
  readonly id: string
  readonly source: string
  readonly name: string
  readonly status: 'accepted' | 'rejected' | 'superseded' | 'withdrawn'
  readonly rejection?: string
  readonly format?: string
  readonly business_date?: string
  readonly lines: number
  readonly control: string
  readonly sha256: string
  readonly file_reference?: string
  readonly bytes: number
  readonly received_via: string
  readonly received_at: string
  readonly supersedes?: string
  readonly superseded_by?: string
  readonly withdrawal?: { readonly reason: string; readonly by: string; readonly at: string }
  readonly new_lines?: number
  readonly delivered_sha256?: string
  /** In the answer to an upload: the further files of a zip. */
  readonly others?: readonly ApiFile[]
  /** In the answer to an upload of bytes that were received before. */
  readonly duplicate_of?: string
}

export type ApiControl = {
  readonly status: string
  readonly what?: string
  readonly stated?: Integer
  readonly computed?: Integer
  readonly difference?: Integer
}

export type ApiStatement = {
  readonly account: string
  readonly currency: string
  readonly opening?: Integer
  readonly closing?: Integer
  readonly lines: number
  readonly credits: Integer
  readonly debits: Integer
  readonly totals: readonly {
    readonly kind: string
    readonly lines: number
    readonly amount: Integer
    readonly fee: Integer
  }[]
  readonly control: ApiControl
}

export type ApiFileDetail = ApiFile & {
  readonly statements: readonly ApiStatement[]
  readonly diagnostics: readonly {
    readonly severity: string
    readonly code: string
    readonly line: number
    readonly column?: number
    readonly message: string
  }[]
  readonly difference?: ApiDifference
}

export type ApiDifference = {
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly sums: readonly { readonly currency: string; readonly added: Integer; readonly removed: Integer }[]
  readonly lines: readonly {
    readonly change: string
    readonly line: number
    readonly kind: string
    readonly reference?: string
    readonly psp_reference?: string
    readonly amount: Integer
    readonly fee: Integer
    readonly currency: string
  }[]
}

export type ApiSource = {
  readonly name: string
  readonly kind: 'psp' | 'folder' | 'sftp' | 'upload'
  readonly zone: string
  readonly formats: readonly string[]
  readonly last_file?: ApiFile
  readonly last_look_at?: string
  readonly look_problem?: string
  readonly next_expected?: { readonly business_date: string; readonly by: string }
  readonly late_since?: string
  readonly overdue: number
}

export type ApiFormat = { readonly format: string; readonly title: string; readonly sources: readonly string[] }

export type ApiTolerated = { readonly currency: string; readonly pairs: Integer; readonly amount: Integer }

export type ApiRun = {
  readonly id: string
  readonly source: string
  readonly business_date: string
  readonly status: 'queued' | 'waiting_for_file' | 'running' | 'completed' | 'failed'
  readonly phase?: string
  readonly progress?: {
    readonly step?: string
    readonly records_read?: number
    readonly posted: number
    readonly total?: number
  }
  readonly file?: string
  readonly ours: number | null
  readonly theirs: number | null
  readonly matched: number | null
  readonly breaks: number | null
  readonly proof: readonly {
    readonly currency: string
    readonly ours: Integer
    readonly theirs: Integer
    readonly difference: Integer
    readonly explained: Integer
    readonly unexplained: Integer
  }[]
  /** Left out when the rules tolerated nothing. */
  readonly tolerated?: readonly ApiTolerated[]
  readonly requested_at: string
  readonly completed_at?: string
  readonly late_since?: string
  readonly failure?: string
}

type ApiMatchSide = { readonly amount: Integer; readonly currency: string; readonly carried: boolean }

export type ApiMatch = {
  readonly payment?: string
  readonly attempt?: string
  readonly psp_reference?: string
  readonly rule: string
  readonly code?: string
  readonly ours: ApiMatchSide
  readonly theirs: ApiMatchSide & { readonly file: string; readonly line: number }
  readonly explanation: string
}

export type ApiBreak = {
  readonly id: string
  readonly source: string
  readonly code: string
  readonly class: 'temporary' | 'real'
  readonly state: string
  readonly business_date: string
  readonly promoted_at?: string
  readonly due_on?: string
  readonly payout?: {
    readonly psp: string
    readonly psp_reference?: string
    readonly amount: Integer
    readonly currency: string
    readonly business_date: string
  }
  readonly ours?: {
    readonly payment: string
    readonly attempt: string
    readonly psp_reference?: string
    readonly reference: string
    readonly amount: Integer
    readonly currency: string
    readonly occurred_at: string
    readonly business_date: string
  }
  readonly theirs?: {
    readonly file: string
    readonly file_name: string
    readonly line: number
    readonly kind: string
    readonly status?: string
    readonly reference?: string
    readonly psp_reference?: string
    readonly amount: Integer
    readonly fee: Integer
    readonly currency: string
    readonly occurred_at?: string
  }
  readonly file?: string
  readonly difference?: Integer
  readonly currency?: string
  readonly opened_in_run: string
  readonly opened_at: string
  readonly cleared_in_run?: string
  readonly cleared_at?: string
  readonly resolution?: string
  readonly resolved_at?: string
  readonly proposal?: string
  readonly assignee?: string
  readonly tags: readonly string[]
  readonly snoozed_until?: string
  readonly version: string
  readonly explanation: string
}

export type ApiBreakDetail = ApiBreak & {
  readonly events: readonly {
    readonly kind: string
    readonly run?: string
    readonly business_date?: string
    readonly by?: string
    readonly at: string
    readonly detail?: string
  }[]
}

type ApiStanding = {
  readonly items: number
  readonly oldest_at?: string
  readonly sums: readonly {
    readonly code?: string
    readonly currency: string
    readonly items: number
    readonly amount: Integer
  }[]
}

export type ApiLive = {
  readonly source: string
  readonly following: boolean
  readonly settled_through?: string
  readonly behind: { readonly ledger_batches: number; readonly webhooks: number; readonly settlement_files: number }
  readonly matched: ApiStanding
  readonly waiting_for_psp: ApiStanding
  readonly waiting_for_us: ApiStanding
  readonly differing: ApiStanding
}

type ApiLiveSide = {
  readonly amount: Integer
  readonly currency: string
  readonly attempt?: string
  readonly reference?: string
  readonly psp_reference?: string
}

export type ApiLiveItem = {
  readonly state: string
  readonly code?: string
  readonly due_on?: string
  readonly ours?: ApiLiveSide
  readonly theirs?: ApiLiveSide
}
