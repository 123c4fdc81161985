import { formatMinor } from '../../src/money/index.ts'

/** A line of a settlement file. Amounts are minor units; the fee is a positive cost. */
export type FileLine = {
  readonly kind: string
  readonly currency: string
  readonly amount: bigint
  readonly fee: bigint
  readonly pspReference: string
  readonly reference: string
  readonly status: string
  readonly at: Date
}

/** What a day opens and closes with in a currency. */
export type Balance = { readonly opening: bigint; readonly closing: bigint }

/**
 * The file of a day as the simulator writes it: the lines in their order, section by section, and in each section the payout
 * that makes it close as it should.
 */
export function settlementText(
  day: string,
  lines: readonly FileLine[],
  balances: ReadonlyMap<string, Balance> = new Map(),
): string {
  const sections = [...new Set([...lines.map(({ currency }) => currency), ...balances.keys()])]
    .toSorted()
    .map((currency) => {
      const own = lines.filter((line) => line.currency === currency)
      const { opening, closing } = balances.get(currency) ?? { opening: 0n, closing: 0n }
      return { currency, opening, closing, lines: [...own, ...payout(day, currency, closing - opening - netOf(own))] }
    })
  const count = sections.reduce((sum, section) => sum + section.lines.length, 0)
  const rows = [
    'record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines',
    `file,${day},,,SIM-b1-${day.replaceAll('-', '')},,,,,,${day}T23:59:59.000Z,${count}`,
    ...sections.filter((each) => each.lines.length > 0 || each.opening !== 0n).flatMap(sectionRows),
    `end,,,,,,,,,,,${count}`,
  ]
  return `${rows.join('\n')}\n`
}

const netOf = (lines: readonly FileLine[]): bigint => lines.reduce((sum, { amount, fee }) => sum + amount - fee, 0n)

const payout = (day: string, currency: string, amount: bigint): readonly FileLine[] =>
  amount === 0n
    ? []
    : [
        {
          kind: amount < 0n ? 'payout' : 'payout_reversal',
          currency,
          amount,
          fee: 0n,
          pspReference: `po_${day}_${currency}`,
          reference: '',
          status: 'paid',
          at: new Date(`${day}T23:00:00Z`),
        },
      ]

function sectionRows({
  currency,
  opening,
  closing,
  lines,
}: Balance & { currency: string; lines: readonly FileLine[] }): string[] {
  const money = (amount: bigint): string => formatMinor(amount, currency)
  const kinds = [...Map.groupBy(lines, ({ kind }) => kind)]
  return [
    `opening,,${currency},,,,,,,${money(opening)},,`,
    ...lines.map(
      ({ kind, pspReference, reference, status, amount, fee, at }) =>
        `line,,${currency},${kind},${pspReference},${reference},${status},${money(amount)},${money(fee)},${money(amount - fee)},${at.toISOString()},`,
    ),
    ...kinds.map(([kind, of]) => {
      const [amount, fee] = [
        of.reduce((sum, line) => sum + line.amount, 0n),
        of.reduce((sum, line) => sum + line.fee, 0n),
      ]
      return `total,,${currency},${kind},,,,${money(amount)},${money(fee)},${money(amount - fee)},,${of.length}`
    }),
    `closing,,${currency},,,,,,,${money(closing)},,${lines.length}`,
  ]
}
