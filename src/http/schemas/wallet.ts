import { Type } from 'typebox'
import { AmountOut, CurrencyOut, closed, Instant, OneOf, pageParameters } from './common.ts'

export const WalletSchema = Type.Object({
  seller: Type.String(),
  balances: Type.Array(
    Type.Object({
      currency: CurrencyOut(),
      pending: AmountOut('Sold, and not settled by the PSP yet. Minor units.'),
      available: AmountOut('Can be paid out. Minor units.'),
      reserved: AmountOut('Held back. Minor units.'),
      owed: AmountOut('What the seller owes us. Minor units.'),
    }),
  ),
})

export const StatementQuerySchema = Type.Object(
  {
    ...pageParameters,
    from: Type.Optional(Type.String({ maxLength: 40, description: 'Booked at this instant or later (RFC 3339).' })),
    to: Type.Optional(Type.String({ maxLength: 40, description: 'Booked before this instant (RFC 3339).' })),
  },
  closed,
)

export const StatementLineSchema = Type.Object({
  at: Instant('When it was booked.'),
  entry: Type.String({ description: 'The journal entry.' }),
  kind: Type.String({ examples: ['capture'] }),
  payment: Type.Optional(Type.String()),
  order: Type.Optional(Type.String()),
  bucket: OneOf(['pending', 'available', 'reserved', 'in_payout', 'receivable'], 'The part of the wallet.'),
  amount: AmountOut('What the seller gains, in minor units; negative for a loss.'),
  currency: CurrencyOut(),
})
