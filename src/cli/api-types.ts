/** What the API answers, as far as the command line reads it. Integers beyond 2^53 arrive as bigint. */
export type Integer = number | bigint

export type ApiOrder = {
  readonly id: string
  readonly reference?: string
  readonly seller: string
  readonly amount: Integer
  readonly platform_fee: Integer
  readonly status: string
  readonly psp: string
  readonly psp_reference?: string
  readonly decline?: { readonly code: string; readonly message?: string }
  /** What the buyer has to do before the order can go on. */
  readonly next_action?: { readonly type: string; readonly url: string }
}

export type ApiPayment = {
  readonly id: string
  readonly object: 'payment'
  readonly status: string
  readonly checkout_id?: string
  readonly amount: Integer
  readonly currency: string
  readonly orders: readonly ApiOrder[]
  readonly created_at: string
  /** In the answer to a batch: the payment existed before, under the same key. */
  readonly replayed?: boolean
}

export type ApiPage<T> = {
  readonly data: readonly T[]
  readonly has_more: boolean
  readonly next_cursor?: string | null
}

export type ApiTimelineEvent = {
  readonly at: string
  readonly kind: string
  readonly order?: string
  readonly detail?: Readonly<Record<string, unknown>>
}

export type ApiWhereabouts = {
  readonly sentence: string
  readonly steps: readonly {
    readonly step: string
    readonly state: string
    readonly at?: string
    readonly detail: string
  }[]
}

export type ApiPosting = {
  readonly account: string
  readonly direction: 'debit' | 'credit'
  readonly amount: Integer
  readonly currency: string
}

export type ApiEntry = {
  readonly id: string
  readonly kind: string
  readonly reference?: string
  readonly payment?: string
  readonly order?: string
  readonly booked_at: string
  readonly accounting_date: string
  readonly postings: readonly ApiPosting[]
}

export type ApiTrialBalance = {
  readonly as_of: string
  readonly currencies: readonly {
    readonly currency: string
    readonly debits: Integer
    readonly credits: Integer
    readonly accounts: readonly {
      readonly account: string
      readonly type: string
      readonly debits: Integer
      readonly credits: Integer
      readonly balance: Integer
    }[]
  }[]
}

export type ApiInvariants = {
  readonly ok: boolean
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
}

export type ApiVerification = {
  readonly ok: boolean
  readonly newest_anchor?: { readonly day: string; readonly hash: string }
  readonly checked: { readonly batches: Integer; readonly entries: Integer; readonly postings: Integer }
  readonly findings: readonly {
    readonly kind: string
    readonly chain?: Integer | string
    readonly batch?: Integer | string
    readonly entry?: string
    readonly posting?: Integer | string
    readonly detail: string
  }[]
}

export type ApiWallet = {
  readonly seller: string
  readonly balances: readonly {
    readonly currency: string
    readonly pending: Integer
    readonly available: Integer
    readonly reserved: Integer
    readonly owed: Integer
  }[]
}

export type ApiStatementLine = {
  readonly at: string
  readonly entry: string
  readonly kind: string
  readonly payment?: string
  readonly order?: string
  readonly bucket: string
  readonly amount: Integer
  readonly currency: string
}

export type ApiSearch = {
  readonly data: readonly { readonly object: string; readonly id: string; readonly payment?: string }[]
}
