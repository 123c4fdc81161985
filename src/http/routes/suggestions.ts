import { Type } from 'typebox'
import { publicId, requireUuid } from '../../platform/ids.ts'
import type { BreakSuggestion } from '../../reconciliation/index.ts'
import type { Api } from '../fastify.ts'
import { given } from '../night-views.ts'
import { closed, TEXT_MAX } from '../schemas/common.ts'
import { SuggestionsSchema } from '../schemas/suggestion.ts'
import type { Services } from '../services.ts'

/** Likely partners of a break of one side, for people to decide about. */
export function suggestionRoutes(app: Api, { reconciliation }: Services): void {
  app.get(
    '/v1/breaks/:id/suggestions',
    {
      schema: {
        tags: ['reconciliation'],
        operationId: 'suggestForBreak',
        summary: 'What may belong to a break that one side alone has, the likeliest first',
        description:
          'At most five, each with the reasons that speak for it. Nothing is matched by it: hand the `resolution` of one to `POST /v1/breaks/{id}/resolutions`. Empty for a break that is not open, or has both sides or none.',
        params: Type.Object(
          { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the break (`brk_…`).' }) },
          closed,
        ),
        response: { 200: SuggestionsSchema },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params: { id } }) => {
      const uuid = requireUuid('brk', id)
      const data = (await reconciliation.suggest(uuid)).map(suggestionBody)
      return { object: 'break_suggestions' as const, break: publicId('brk', uuid), data }
    },
  )
}

const suggestionBody = ({ score, reasons, candidates, difference, resolution }: BreakSuggestion) => ({
  score,
  reasons: [...reasons],
  records: candidates.map(({ id, references, amount, currency, day }) => ({
    break: publicId('brk', id),
    references: [...references],
    amount,
    currency,
    ...given({ business_date: day }),
  })),
  difference,
  resolution: {
    verb: resolution.verb,
    with: resolution.with.map((each) => publicId('brk', each)),
    ...given({ as: resolution.as }),
  },
})
