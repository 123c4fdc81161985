import { inMajorUnits } from './amounts.ts'
import type { ApiTrialBalance } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

/** Adding up every posting of a large ledger takes its time. */
const TIMEOUT_MS = 10 * 60_000

export async function ledgerTrialBalance(context: Context, asOf: string | undefined): Promise<number> {
  const client = await context.client()
  const query = asOf === undefined ? {} : { as_of: asOf }
  const balance = await client.get<ApiTrialBalance>('/v1/ledger/trial_balance', query, { timeoutMs: TIMEOUT_MS })
  const uneven = balance.currencies.filter(({ debits, credits }) => BigInt(debits) !== BigInt(credits))
  context.show(balance, () => {
    context.output.table(
      [
        { title: 'ledger account' },
        { title: 'type' },
        { title: 'currency' },
        { title: 'debits', align: 'right' },
        { title: 'credits', align: 'right' },
        { title: 'balance', align: 'right' },
      ],
      balance.currencies.flatMap(({ currency, debits, credits, accounts }) => [
        ...accounts.map((line) => [
          line.account,
          line.type,
          currency,
          inMajorUnits(line.debits, currency),
          inMajorUnits(line.credits, currency),
          inMajorUnits(line.balance, currency),
        ]),
        [
          'total',
          '',
          currency,
          inMajorUnits(debits, currency),
          inMajorUnits(credits, currency),
          inMajorUnits(BigInt(debits) - BigInt(credits), currency),
        ],
      ]),
    )
    context.output.note(balance.currencies.length === 0 ? 'the ledger is empty' : `as of ${balance.as_of}`)
  })
  for (const { currency } of uneven)
    context.output.note(`debits and credits differ in ${currency}; run: npx tallystick ledger verify`)
  return uneven.length === 0 ? EXIT.ok : EXIT.negative
}
