import type { ApiRun, ApiTolerated } from './api-night-types.ts'
import type { Integer } from './api-types.ts'
import type { ApiTolerance } from './tolerance.ts'

/** The report of a day and what changed in a run, as far as the command line reads them. */

export type ApiReport = {
  readonly schema: string
  readonly run: {
    readonly id: string
    readonly source: string
    readonly business_date: string
    readonly completed_at: string
  }
  readonly settings: {
    readonly rule_version?: number
    readonly zone: string
    readonly cut_off?: string
    readonly grace_minutes?: number
    readonly lag_days: number
    readonly fee_schedule?: { readonly rate_ppm: number; readonly fixed: Integer }
    readonly tolerance?: ApiTolerance
  }
  readonly inputs: {
    readonly file?: {
      readonly name: string
      readonly sha256: string
      readonly lines: Integer
      readonly control: string
    }
    readonly ledger: readonly { readonly chain: number; readonly batches: Integer; readonly hash?: string }[]
  }
  readonly totals: Readonly<Record<'ours' | 'theirs' | 'matched' | 'breaks' | 'booked', Integer | null>>
  readonly matched: readonly {
    readonly rule: string
    readonly currency: string
    readonly pairs: Integer
    readonly amount: Integer
  }[]
  readonly proof: ApiRun['proof']
  readonly waterfall: readonly {
    readonly currency: string
    readonly code: string
    readonly class: string
    readonly count: Integer
    readonly amount: Integer
  }[]
  /** Reports of earlier versions have none. */
  readonly tolerated?: readonly ApiTolerated[]
  readonly changes: readonly ApiChange[]
  readonly outcome: { readonly sha256?: string; readonly verdict_sha256?: string }
  readonly breaks: readonly {
    readonly id: string
    readonly events: readonly string[]
    readonly code: string
    readonly class: string
    readonly state: string
    readonly explanation: string
  }[]
}

export type ApiChange = {
  readonly change: string
  readonly code: string
  readonly class: string
  readonly count: Integer
  readonly currency?: string | null
  readonly amount?: Integer | null
}

export type ApiChanges = {
  readonly run: string
  readonly previous_run?: string
  readonly changes: readonly ApiChange[]
}

type ApiHashes = { readonly stored_sha256: string; readonly computed_sha256: string }

export type ApiVerification = {
  readonly run: string
  readonly identical: boolean
  readonly outcome: ApiHashes & { readonly differing_rows: number }
  readonly verdict: ApiHashes
  readonly report: { readonly sha256: string; readonly intact: boolean }
}

export type ApiDryRun = Pick<ApiRun, 'source' | 'business_date' | 'proof'> &
  Pick<ApiReport, 'settings' | 'waterfall' | 'changes'> & {
    readonly tolerated: readonly ApiTolerated[]
    readonly file: string
    readonly ours: number
    readonly theirs: number
    readonly matched: number
    readonly breaks: number
    readonly resolved: number
    readonly corrections_due: boolean
  }

type ApiTally = { readonly breaks: number; readonly by_code: Readonly<Record<string, number>> }

export type ApiRule = {
  readonly id: string
  readonly source: string
  readonly version: number
  readonly status: 'draft' | 'tested' | 'active'
  readonly settings: Partial<Pick<ApiReport['settings'], 'lag_days' | 'grace_minutes' | 'fee_schedule' | 'tolerance'>>
  readonly reason: string
  readonly drafted_by: string
  readonly drafted_at: string
  readonly test?: {
    readonly runs: number
    readonly from: string
    readonly to: string
    readonly closed: ApiTally
    readonly opened: ApiTally
    readonly matches_broken: number
    readonly matches_gained: number
  }
  readonly activated_by?: string
  readonly activated_at?: string
  readonly effective_on?: string
}

export type ApiPayoutWaterfall = {
  readonly run: string
  readonly statements: readonly {
    readonly account: string
    readonly currency: string
    readonly opening?: Integer
    readonly steps: readonly { readonly kind: string; readonly lines: number; readonly amount: Integer }[]
    readonly settled: Integer
    readonly paid_out: Integer
    readonly closing?: Integer
  }[]
  readonly payouts: readonly {
    readonly psp_reference?: string
    readonly line: number
    readonly amount: Integer
    readonly currency: string
    readonly bank?: { readonly source: string; readonly on: string; readonly amount: Integer }
    readonly break?: string
  }[]
}
