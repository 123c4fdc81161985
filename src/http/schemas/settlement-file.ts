import { Type } from 'typebox'
import { AmountOut, CurrencyOut, closed, Instant, OneOf, pageParameters, TEXT_MAX, Text } from './common.ts'

export const BusinessDate = (description: string) => Type.String({ description, examples: ['2026-03-03'] })

const CONTROLS = ['pass', 'fail', 'none'] as const

const fileFields = {
  id: Type.String({ examples: ['sf_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
  object: OneOf(['settlement_file'], 'The kind of this object.'),
  source: Type.String({ description: 'Who sent it: a PSP account, or a declared source.' }),
  name: Type.String({ description: 'As it was sent; the beginning of its hash when it had none.' }),
  status: OneOf(
    ['accepted', 'rejected', 'superseded', 'withdrawn'],
    'Only an accepted file counts: nothing of a rejected one was ever used, another version took the place of a superseded one, and a withdrawn one is taken back.',
  ),
  rejection: Type.Optional(Type.String({ description: 'Why it was rejected, as a sentence.' })),
  format: Type.Optional(Type.String({ description: 'What it is written in, when that is known.' })),
  business_date: Type.Optional(BusinessDate('The day it is about.')),
  lines: Type.Integer({ description: 'How many movements it has.' }),
  control: OneOf(CONTROLS, 'Whether it adds up to what it says of itself.'),
  sha256: Type.String({ description: 'Of its bytes, in hexadecimal digits.' }),
  file_reference: Type.Optional(Type.String({ description: "The sender's own name for it." })),
  new_lines: Type.Optional(
    Type.Integer({ description: 'Of a declared source: how many of its lines no other file had told before.' }),
  ),
  delivered_sha256: Type.Optional(
    Type.String({
      description: 'Of what was delivered, when that was packed or encrypted: `sha256` is then of what was in it.',
    }),
  ),
  bytes: Type.Integer({ description: 'Its size.' }),
  received_via: OneOf(['collected', 'uploaded'], 'Who brought it.'),
  received_at: Instant('When it was received.'),
  supersedes: Type.Optional(
    Type.String({
      description: 'The version of the same day that it replaced; of a declared source, of the same name and day.',
    }),
  ),
  superseded_by: Type.Optional(Type.String({ description: 'The version that replaced it.' })),
  withdrawal: Type.Optional(
    Type.Object(
      { reason: Type.String(), by: Type.String({ description: 'Name of the API key.' }), at: Instant('When.') },
      { description: 'Who took it back, and why.' },
    ),
  ),
}

export const SettlementFileSchema = Type.Object(fileFields)

const receivedFields = {
  ...fileFields,
  duplicate_of: Type.Optional(
    Type.String({ description: 'These very bytes had been received before, as this file. Nothing changed.' }),
  ),
}

export const ReceivedFileSchema = Type.Object({
  ...receivedFields,
  others: Type.Optional(
    Type.Array(Type.Object(receivedFields), { description: 'The further files of a zip; each is a file of its own.' }),
  ),
})

export const SettlementSourceSchema = Type.Object({
  name: Type.String({ examples: ['acme-bank'] }),
  object: OneOf(['settlement_source'], 'The kind of this object.'),
  kind: OneOf(
    ['psp', 'folder', 'sftp', 'upload'],
    '`psp`: reconciled night by night; else where the files of a declared source come from.',
  ),
  zone: Type.String({ description: 'IANA zone of its days.', examples: ['Europe/Berlin'] }),
  formats: Type.Array(Type.String(), { description: 'What its files may be written in.' }),
  every_minutes: Type.Optional(Type.Integer({ description: 'How often it is looked at.' })),
  last_file: Type.Optional(Type.Object(fileFields)),
  last_look_at: Type.Optional(Instant('When it was last looked at.')),
  look_problem: Type.Optional(Type.String({ description: 'Why the last look could not be finished.' })),
  next_look_at: Type.Optional(Instant('When it is looked at next.')),
  next_expected: Type.Optional(
    Type.Object(
      {
        business_date: BusinessDate('The day that the file is about, or a later one.'),
        by: Instant('When it is due.'),
      },
      { description: 'The file that is awaited next, or was due and is not there.' },
    ),
  ),
  late_since: Type.Optional(Instant('Since when a file is late; absent while none is.')),
  overdue: Type.Integer({ description: 'How many files were due and are not there.' }),
})

const StatementSchema = Type.Object({
  account: Type.String(),
  currency: CurrencyOut(),
  business_date: Type.Optional(BusinessDate('The day that it is about.')),
  sequence: Type.Optional(Type.String({ description: "The sender's own number of it." })),
  opening: Type.Optional(AmountOut('Balance before the first line, in minor units.')),
  closing: Type.Optional(AmountOut('Balance behind the last line, in minor units.')),
  lines: Type.Integer(),
  credits: AmountOut('Sum of what raised the balance, fees included.'),
  debits: AmountOut('Sum of what lowered it, negative.'),
  totals: Type.Array(
    Type.Object({
      kind: Type.String({ examples: ['charge'] }),
      lines: Type.Integer(),
      amount: AmountOut('Sum before fees, in minor units.'),
      fee: AmountOut('Sum of fees, a positive cost.'),
    }),
    { description: 'For each kind of line, computed from the lines.' },
  ),
  control: Type.Object({
    status: OneOf(CONTROLS, 'Whether opening + lines = closing, and every count and total.'),
    what: Type.Optional(Type.String({ description: 'The first thing that is not right.' })),
    stated: Type.Optional(AmountOut('What the file says.')),
    computed: Type.Optional(AmountOut('What its lines make.')),
    difference: Type.Optional(AmountOut('computed − stated.')),
  }),
})

export const SettlementFileDetailSchema = Type.Object({
  ...fileFields,
  statements: Type.Array(StatementSchema),
  diagnostics: Type.Array(
    Type.Object({
      severity: OneOf(['error', 'warning'], 'How bad it is.'),
      code: Type.String(),
      line: Type.Integer(),
      column: Type.Optional(Type.Integer()),
      message: Type.String(),
    }),
    { description: 'What a person should know of it, by place; the first thousand.' },
  ),
  difference: Type.Optional(
    Type.Object(
      {
        added: Type.Integer(),
        removed: Type.Integer(),
        changed: Type.Integer({ description: 'Of these, lines with the same references and another content.' }),
        sums: Type.Array(
          Type.Object({
            currency: CurrencyOut(),
            added: AmountOut('Σ (amount − fee) of the lines that were added.'),
            removed: AmountOut('The same of those that were removed.'),
          }),
        ),
        lines: Type.Array(
          Type.Object({
            change: OneOf(['added', 'removed'], 'Which version has it.'),
            line: Type.Integer(),
            kind: Type.String(),
            reference: Type.Optional(Type.String()),
            psp_reference: Type.Optional(Type.String()),
            amount: AmountOut('In minor units.'),
            fee: AmountOut('A positive cost.'),
            currency: CurrencyOut(),
          }),
          { description: 'The first fifty.' },
        ),
      },
      { description: 'What is different from the version that it replaced, line by line.' },
    ),
  ),
})

export const WithdrawBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: TEXT_MAX, description: 'Why nothing of the file may be used.' }) },
  closed,
)

export const SettlementFormatSchema = Type.Object({
  format: Type.String({ examples: ['simulator_csv'] }),
  title: Type.String(),
  sources: Type.Array(Type.String(), { description: 'The sources that send it.' }),
})

export const FileListQuery = Type.Object(
  { ...pageParameters, source: Type.Optional(Text('Only files of this source.')) },
  closed,
)

export const UploadQuery = Type.Object(
  { source: Type.Optional(Text('Whose file it is; may be left out while there is one source.')) },
  closed,
)

/** For the documentation: the handler reads it itself. */
export const UploadHeaders = Type.Object({
  'X-Filename': Type.Optional(
    Type.String({ maxLength: 255, description: 'Name of the file; percent-encoded where it is not ASCII.' }),
  ),
})

export const FileBytes = Type.String({ format: 'binary', description: 'The bytes of the file, as they are.' })
