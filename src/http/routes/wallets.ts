import { Type } from 'typebox'
import { Refusal } from '../../platform/errors.ts'
import { pageBody, statementCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { instantParameter, LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, PageOf, Text } from '../schemas/common.ts'
import { StatementLineSchema, StatementQuerySchema, WalletSchema } from '../schemas/wallet.ts'
import type { Services } from '../services.ts'
import { statementLineBody } from '../views.ts'

const tags = ['wallets']
const params = Type.Object({ seller: Text('Your id of the seller.') }, closed)

export function walletRoutes(app: Api, { wallets }: Services): void {
  app.get(
    '/v1/wallets/:seller',
    {
      schema: {
        tags,
        operationId: 'getWallet',
        summary: 'What a seller is owed, by state of the money',
        params,
        response: { 200: WalletSchema },
      },
      config: { scope: 'read', refusals: ['not_found', 'invalid_parameter'] },
    },
    async ({ params: { seller } }) => {
      const wallet = found(await wallets.get(seller), seller)
      return { seller: wallet.seller, balances: [...wallet.balances] }
    },
  )

  app.get(
    '/v1/wallets/:seller/statement',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'getWalletStatement',
        summary: "The movements of a seller's money, newest first",
        params,
        querystring: StatementQuerySchema,
        response: { 200: PageOf(StatementLineSchema) },
      },
      config: { scope: 'read', refusals: ['not_found', 'invalid_parameter'] },
    },
    async ({ params: { seller }, query }) => {
      const from = instantParameter('from', query.from)
      const to = instantParameter('to', query.to)
      const after = statementCursor(query.cursor)
      const page = await wallets.statement({
        seller,
        limit: query.limit ?? LIMIT_DEFAULT,
        ...(from && { from }),
        ...(to && { to }),
        ...(after !== undefined && { after }),
      })
      return pageBody(found(page, seller), statementLineBody, ({ id }) => id)
    },
  )
}

function found<T>(value: T | undefined, seller: string): T {
  if (value === undefined) throw new Refusal('not_found', `There is no wallet of a seller "${seller}".`)
  return value
}
