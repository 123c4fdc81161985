import { inMajorUnits } from './amounts.ts'
import type { ApiPayoutWaterfall } from './api-report-types.ts'
import type { Integer } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

/** From the sales of a day to what the PSP paid out, account by account. */
export async function runsWaterfall(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const found = await client.get<ApiPayoutWaterfall>(`/v1/recon_runs/${encodeURIComponent(id)}/payout_waterfall`)
  context.show(found, () => {
    for (const each of found.statements) printStatement(context, each)
    for (const each of found.payouts) context.output.line(payoutText(each))
  })
  return EXIT.ok
}

type Statement = ApiPayoutWaterfall['statements'][number]

function printStatement({ output }: Context, { account, currency, steps, ...of }: Statement): void {
  const money = (amount: Integer): string => inMajorUnits(amount, currency)
  const balance = (name: string, amount: Integer | undefined) =>
    amount === undefined ? [] : [[name, '', money(amount)] as const]
  output.table(
    [{ title: `${account} ${currency}` }, { title: 'lines', align: 'right' }, { title: 'amount', align: 'right' }],
    [
      ...balance('opening', of.opening),
      ...steps.map(({ kind, lines, amount }) => [kind, String(lines), money(amount)]),
      ...balance('settled', of.settled),
      ...balance('paid out', -BigInt(of.paid_out)),
      ...balance('closing', of.closing),
    ],
  )
  output.line('')
}

function payoutText({ psp_reference, amount, currency, bank, ...of }: ApiPayoutWaterfall['payouts'][number]): string {
  const arrived =
    bank === undefined
      ? 'not at a bank'
      : `${inMajorUnits(bank.amount, currency)} ${currency} at ${bank.source} on ${bank.on}`
  const open = of.break === undefined ? '' : `, open: ${of.break}`
  return `payout ${psp_reference ?? `of line ${of.line}`}  ${inMajorUnits(amount, currency)} ${currency}  ${arrived}${open}`
}
