import { inMajorUnits } from './amounts.ts'
import type { ApiWallet } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

export async function walletsGet(context: Context, seller: string): Promise<number> {
  const client = await context.client()
  const wallet = await client.get<ApiWallet>(`/v1/wallets/${encodeURIComponent(seller)}`)
  context.show(wallet, () =>
    context.output.table(
      [
        { title: 'seller' },
        { title: 'currency' },
        { title: 'pending', align: 'right' },
        { title: 'available', align: 'right' },
        { title: 'reserved', align: 'right' },
        { title: 'owed', align: 'right' },
      ],
      wallet.balances.map(({ currency, pending, available, reserved, owed }) => [
        wallet.seller,
        currency,
        ...[pending, available, reserved, owed].map((amount) => inMajorUnits(amount, currency)),
      ]),
    ),
  )
  return EXIT.ok
}
