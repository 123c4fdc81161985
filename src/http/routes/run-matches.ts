import { Readable } from 'node:stream'
import { type Static, Type } from 'typebox'
import { publicId, requireUuid } from '../../platform/ids.ts'
import type { Match } from '../../reconciliation/index.ts'
import { pageBody, positionCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { matchesCsv } from '../match-csv.ts'
import { given, instant } from '../night-views.ts'
import { idParameter, LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, PageOf, refTo, TEXT_MAX } from '../schemas/common.ts'
import { CsvText, MatchExportQuery, MatchListQuery, MatchSchema } from '../schemas/run-match.ts'
import type { Services } from '../services.ts'

const tags = ['reconciliation']
const MatchRef = refTo('Match', MatchSchema)
const params = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the run (`run_…`).' }) },
  closed,
)

/** What a run put together, page by page or all of it as CSV. */
export function runMatchRoutes(app: Api, { reconciliation: { matches } }: Services): void {
  app.get(
    '/v1/recon_runs/:id/matches',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listReconRunMatches',
        summary: 'List the pairs of a run, and why each belongs together',
        params,
        querystring: MatchListQuery,
        response: { 200: PageOf(MatchRef) },
      },
      config: { scope: 'read', refusals: ['not_found', 'invalid_parameter', 'run_state', 'overloaded'] },
    },
    async ({ params: { id }, query }) => {
      const page = await matches.list(requireUuid('run', id), {
        ...filterOf(query),
        limit: query.limit ?? LIMIT_DEFAULT,
        after: positionCursor(query.cursor),
      })
      return pageBody(page, matchBody(id), ({ position }) => String(position))
    },
  )

  app.get(
    '/v1/recon_runs/:id/matches.csv',
    {
      schema: {
        tags,
        operationId: 'exportReconRunMatches',
        summary: 'Download all pairs of a run that fit a filter, as CSV',
        description:
          'Amounts are in major units. A text that a spreadsheet would take for a formula has an apostrophe before it.',
        produces: ['text/csv'],
        params,
        querystring: MatchExportQuery,
      },
      config: {
        scope: 'read',
        refusals: ['not_found', 'invalid_parameter', 'run_state', 'overloaded'],
        documented: { response: CsvText },
      },
    },
    async ({ params: { id }, query }, reply) => {
      const uuid = requireUuid('run', id)
      const filter = filterOf(query)
      // A run without matches to give is refused before the answer begins.
      await matches.list(uuid, { ...filter, limit: 1 })
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="matches-${publicId('run', uuid)}.csv"`)
        .send(Readable.from(matchesCsv(matches.all(uuid, filter)), { objectMode: false }))
    },
  )
}

const paymentOf = (id: string | undefined): string | undefined =>
  idParameter({ name: 'payment', prefix: 'pay', what: 'a payment' }, id)

const filterOf = ({ rule, payment, tolerated }: Static<typeof MatchExportQuery>) => ({
  rule,
  paymentId: paymentOf(payment),
  tolerated: tolerated === 'true',
})

const matchBody =
  (run: string) =>
  ({ ours, theirs, ...match }: Match) => ({
    object: 'match' as const,
    run,
    rule: match.rule,
    ...(match.charge !== null && {
      payment: publicId('pay', match.charge.paymentId),
      attempt: publicId('att', match.charge.attemptId),
    }),
    ...(match.payout !== null && {
      payout: { psp: match.payout.psp, business_date: match.payout.businessDate },
    }),
    ours: sideBody(ours),
    theirs: {
      ...sideBody(theirs),
      file: publicId('sf', theirs.fileId),
      file_name: theirs.fileName,
      line: theirs.line,
      kind: theirs.kind,
      fee: theirs.fee,
      ...given({ business_date: theirs.on }),
    },
    explanation: match.explanation,
    ...given({
      code: match.code,
      psp_reference: match.pspReference,
      difference: match.difference,
      expected_fee: match.expectedFee,
    }),
  })

const sideBody = ({ amount, currency, occurredAt, carried }: Match['ours']) => ({
  amount,
  currency,
  carried,
  ...given({ occurred_at: instant(occurredAt) }),
})
