import { Type } from 'typebox'
import { BREAK_CLASSES } from '../../reconciliation/index.ts'
import { AmountOut, CurrencyOut, closed, OneOf, refTo, Text } from './common.ts'
import { ProblemSchema } from './problem.ts'
import { BreakSchema } from './reconciliation.ts'
import { PreviewSchema, ResolutionSchema, resolutionFields } from './resolution.ts'
import { BusinessDate } from './settlement-file.ts'

const Tag = () =>
  Type.String({ pattern: '^[\\p{L}\\p{N}_.:-]{1,40}$', description: 'Up to 40 letters, digits and _ . : -' })
const Tags = (description: string) => Type.Array(Tag(), { maxItems: 20, uniqueItems: true, description })

const TextOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], minLength: 1, maxLength: 255, description })
const DayOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], pattern: '^\\d{4}-\\d\\d-\\d\\d$', description })

const common = {
  assignee: Type.Optional(TextOrNull('Who looks after it; null for nobody.')),
  snooze_until: Type.Optional(DayOrNull('A day until which nobody needs to look at it; null ends that.')),
  comment: Type.Optional(Text('A comment, for its history.')),
}

export const NoteBodySchema = Type.Object(
  { ...common, add_tags: Type.Optional(Tags('Tags to add.')), remove_tags: Type.Optional(Tags('Tags to take away.')) },
  { ...closed, minProperties: 1 },
)

const BULK_MAX = 200

export const BulkBodySchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          break: Text('Id of a break (`brk_…`).'),
          version: Type.Optional(
            Text('The version that somebody looked at; another one is refused (`break_changed`).'),
          ),
          ...common,
          tags: Type.Optional(Tags('All tags that it then has.')),
          resolution: Type.Optional(Type.Object(resolutionFields, closed)),
        },
        closed,
      ),
      { minItems: 1, maxItems: BULK_MAX },
    ),
    dry_run: Type.Optional(Type.Boolean({ description: 'True: say what would happen, and do nothing.' })),
  },
  closed,
)

export const BulkSchema = Type.Object({
  object: OneOf(['bulk'], 'The kind of this object.'),
  dry_run: Type.Boolean(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
  data: Type.Array(
    Type.Object({
      break: Type.String(),
      outcome: OneOf(['changed', 'unchanged', 'refused'], 'What became of it.'),
      version: Type.Optional(Type.String({ description: 'After it.' })),
      resolution: Type.Optional(refTo('Resolution', ResolutionSchema)),
      preview: Type.Optional(PreviewSchema),
      problem: Type.Optional(refTo('Problem', ProblemSchema)),
    }),
    { description: 'In the order of the items.' },
  ),
})

export const NotedBreakSchema = BreakSchema

export const AgeingQuery = Type.Object({ source: Type.Optional(Text('Only breaks of this source.')) }, closed)

export const AgeingSchema = Type.Object({
  object: OneOf(['ageing'], 'The kind of this object.'),
  as_of: BusinessDate('Today, in business time.'),
  data: Type.Array(
    Type.Object({
      min_days: Type.Integer(),
      max_days: Type.Optional(Type.Integer()),
      class: OneOf(BREAK_CLASSES, 'Temporary or real.'),
      count: Type.Integer({ description: 'Open breaks, snoozed ones too.' }),
      snoozed: Type.Integer(),
      oldest_on: BusinessDate('The day of the oldest one.'),
      amounts: Type.Array(
        Type.Object({ currency: CurrencyOut(), amount: AmountOut('Added up without signs, in minor units.') }),
      ),
    }),
    { description: 'By days since the business day that found them.' },
  ),
})
