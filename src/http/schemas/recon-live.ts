import { Type } from 'typebox'
import { BREAK_CODES, LIVE_STATES } from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, closed, Instant, OneOf, pageParameters, Text } from './common.ts'
import { BusinessDate } from './settlement-file.ts'

const Source = () => Text('A reconciled source, named like its PSP account.', { examples: ['simulator'] })
const Code = () => OneOf(BREAK_CODES, 'What differs; of what waits, what the night will call it when nothing comes.')

export const LiveQuery = Type.Object({ source: Source() }, closed)

const Standing = (description: string) =>
  Type.Object(
    {
      items: Type.Integer({ description: 'Records; a pair is one.' }),
      oldest_at: Type.Optional(Instant('When the one took place that waits longest.')),
      sums: Type.Array(
        Type.Object({
          code: Type.Optional(Code()),
          currency: CurrencyOut(),
          items: Type.Integer(),
          amount: AmountOut('Ours, or theirs where we have none, in minor units.'),
        }),
      ),
    },
    { description },
  )

export const LiveSchema = Type.Object({
  object: OneOf(['recon_live'], 'The kind of this object.'),
  source: Type.String(),
  following: Type.Boolean({ description: 'Whether what comes is taken in. What is not followed stands as it stood.' }),
  settled_through: Type.Optional(BusinessDate('The newest day whose run has taken the place of its records.')),
  behind: Type.Object(
    {
      ledger_batches: Type.Integer({ description: 'Batches of the ledger.' }),
      webhooks: Type.Integer(),
      settlement_files: Type.Integer({ description: 'Accepted files of which lines are left.' }),
    },
    { description: 'What is committed and not taken in yet.' },
  ),
  matched: Standing('What we booked and what the PSP told agree.'),
  waiting_for_psp: Standing('We booked it; the PSP has not told it, or its file is still to come.'),
  waiting_for_us: Standing('The PSP told it, and we have no record.'),
  differing: Standing('Both have it and it differs, or one side has it twice.'),
})

export const LiveItemsQuery = Type.Object(
  { ...pageParameters, source: Source(), state: OneOf(LIVE_STATES, 'Records that stand like this.') },
  closed,
)

export const LiveItemSchema = Type.Object({
  object: OneOf(['recon_live_item'], 'The kind of this object.'),
  state: OneOf(LIVE_STATES, 'How it stands now.'),
  code: Type.Optional(Code()),
  due_on: Type.Optional(BusinessDate('The day whose file decides.')),
  due_at: Type.Optional(Instant('When that day is over.')),
  ours: Type.Optional(
    Type.Object({
      payment: Type.String(),
      attempt: Type.String(),
      reference: Type.String({ description: 'What we named the charge towards the PSP.' }),
      psp_reference: Type.Optional(Type.String()),
      amount: AmountOut('What is booked for it, in minor units.'),
      currency: CurrencyOut(),
      occurred_at: Instant('When it was captured.'),
      business_date: BusinessDate('The day of the source on which that was.'),
      break: Type.Optional(Type.String({ description: 'The break that it is open as since an earlier run.' })),
    }),
  ),
  theirs: Type.Optional(
    Type.Object({
      told_by: OneOf(['webhook', 'file'], 'A signed webhook, or a line of a file.'),
      reference: Type.Optional(Type.String()),
      psp_reference: Type.Optional(Type.String()),
      amount: AmountOut('Before the fee, in minor units.'),
      currency: CurrencyOut(),
      occurred_at: Type.Optional(Instant('As the PSP says.')),
      business_date: Type.Optional(BusinessDate('The day of the source on which that was.')),
      file: Type.Optional(Type.String()),
      line: Type.Optional(Type.Integer()),
      break: Type.Optional(Type.String({ description: 'The break that it is open as since an earlier run.' })),
    }),
  ),
  explanation: Type.String({ description: 'How it stands and what happens next, in a sentence or two.' }),
})
