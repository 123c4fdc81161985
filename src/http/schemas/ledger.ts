import { type Static, Type } from 'typebox'
import { ACCOUNT_TYPES } from '../../ledger/index.ts'
import {
  AmountIn,
  AmountOut,
  CurrencyIn,
  CurrencyOut,
  closed,
  Instant,
  OneOf,
  pageParameters,
  Replayed,
  Text,
} from './common.ts'

export const POSTINGS_MAX = 1_000
export const BATCH_ENTRIES_MAX = 1_000
export const BATCH_POSTINGS_MAX = 10_000

// `seller:` + a seller of 255 characters + `:receivable` is the longest name of an account.
const ACCOUNT_NAME_MAX = 280

const AccountName = Text('Name of the account.', { examples: ['bank:main'] })

export const NewAccountSchema = Type.Object(
  {
    account: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: '^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)*$',
      description: 'Name of the account: letters, digits, "_", "." and "-", in parts with colons between them.',
      examples: ['sales:books'],
    }),
    type: OneOf(ACCOUNT_TYPES, 'The type never changes.'),
  },
  closed,
)

const balanceFields = {
  debits: AmountOut('Gross turnover in minor units.'),
  credits: AmountOut('Gross turnover in minor units.'),
  balance: AmountOut('debits − credits, in minor units.'),
}

export const AccountSchema = Type.Object({ account: Type.String(), type: OneOf(ACCOUNT_TYPES, 'Type of the account.') })

export const AccountWithBalancesSchema = Type.Object({
  ...AccountSchema.properties,
  balances: Type.Array(Type.Object({ currency: CurrencyOut(), ...balanceFields })),
})

const NewPostingSchema = Type.Object(
  {
    account: AccountName,
    direction: OneOf(['debit', 'credit'], 'The side of the account.'),
    amount: AmountIn('Minor units of the currency, above zero.'),
    currency: Type.Optional(CurrencyIn()),
  },
  closed,
)

const newEntryFields = {
  kind: OneOf(['manual'], 'Only manual entries are posted here.'),
  currency: Type.Optional(CurrencyIn()),
  postings: Type.Array(NewPostingSchema, {
    minItems: 2,
    maxItems: POSTINGS_MAX,
    description: 'Debits equal credits in each currency.',
  }),
  reference: Text('Your reference of the entry; unique.'),
  reverses: Type.Optional(
    Text('The manual entry that this one takes back.', { examples: ['je_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
  ),
  occurred_at: Type.Optional(Type.String({ maxLength: 40, description: 'When it happened (RFC 3339). Omitted: now.' })),
}

export const NewEntrySchema = Type.Object(newEntryFields, {
  ...closed,
  examples: [
    {
      kind: 'manual',
      currency: 'EUR',
      reference: 'opening balance',
      postings: [
        { account: 'bank:main', direction: 'debit', amount: 100000 },
        { account: 'capital', direction: 'credit', amount: 100000 },
      ],
    },
  ],
})
export type NewEntryBody = Static<typeof NewEntrySchema>

export const EntryItemSchema = Type.Object(
  {
    idempotency_key: Type.Optional(
      Text('The key of this entry. Omitted: the `Idempotency-Key` of the request, a colon and the position.'),
    ),
    ...newEntryFields,
  },
  closed,
)
export type EntryItemBody = Static<typeof EntryItemSchema>

export const NewEntryBatchSchema = Type.Object(
  {
    entries: Type.Array(EntryItemSchema, {
      minItems: 1,
      maxItems: BATCH_ENTRIES_MAX,
      description: 'Up to 1,000 entries with up to 10,000 postings in all. Each is posted or refused on its own.',
    }),
  },
  closed,
)

export const EntryBatchEnvelopeSchema = Type.Object(
  { entries: Type.Array(Type.Unknown(), { minItems: 1, maxItems: BATCH_ENTRIES_MAX }) },
  closed,
)

export const EntrySchema = Type.Object(
  {
    id: Type.String({ examples: ['je_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
    object: OneOf(['journal_entry'], 'Always `journal_entry`.'),
    replayed: Type.Optional(Replayed),
    kind: Type.String({ examples: ['capture', 'manual'] }),
    reference: Type.Optional(Type.String()),
    payment: Type.Optional(Type.String({ description: 'The payment that it books.' })),
    order: Type.Optional(Type.String({ description: 'The order that it books.' })),
    reverses: Type.Optional(Type.String({ description: 'The entry that it takes back.' })),
    occurred_at: Instant('When the fact happened.'),
    booked_at: Instant('When it was committed.'),
    accounting_date: Type.String({ format: 'date', description: 'The first open day on or after the fact.' }),
    postings: Type.Array(
      Type.Object({
        account: Type.String(),
        direction: OneOf(['debit', 'credit'], 'The side of the account.'),
        amount: AmountOut('Minor units, above zero.'),
        currency: CurrencyOut(),
      }),
    ),
  },
  { $id: 'JournalEntry', description: 'The record of one fact. Never changed: a correction is a new entry.' },
)
export type EntryBody = Static<typeof EntrySchema>

export const EntryListQuery = Type.Object(
  {
    ...pageParameters,
    payment: Type.Optional(Text('Only entries of this payment (`pay_…`).')),
    account: Type.Optional(Text('Only entries with a posting on this account.', { maxLength: ACCOUNT_NAME_MAX })),
  },
  closed,
)

export const TrialBalanceSchema = Type.Object({
  as_of: Instant('Entries committed up to this instant are in it.'),
  currencies: Type.Array(
    Type.Object({
      currency: CurrencyOut(),
      debits: AmountOut('Equal to credits.'),
      credits: AmountOut('Equal to debits.'),
      accounts: Type.Array(Type.Object({ ...AccountSchema.properties, ...balanceFields })),
    }),
  ),
})

export const InvariantsSchema = Type.Object({
  ok: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
})

export const VerificationQuery = Type.Object(
  {
    anchor: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{64}$',
        description: 'The hash of a day that somebody wrote down: it must be there.',
      }),
    ),
  },
  closed,
)

export const VerificationSchema = Type.Object({
  ok: Type.Boolean(),
  newest_anchor: Type.Optional(
    Type.Object(
      { day: Type.String(), hash: Type.String() },
      {
        description:
          'The last day of the chain of days. Written down elsewhere, it shows later whether anything was cut off.',
      },
    ),
  ),
  checked: Type.Object({ batches: Type.Integer(), entries: Type.Integer(), postings: Type.Integer() }),
  findings: Type.Array(
    Type.Object({
      kind: Type.String(),
      chain: Type.Optional(Type.Integer()),
      batch: Type.Optional(Type.Integer()),
      entry: Type.Optional(Type.String()),
      posting: Type.Optional(Type.Integer()),
      detail: Type.String(),
    }),
  ),
})
