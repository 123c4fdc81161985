import { groupedMajor, type Payout, type Summary } from '../recon/index.ts'
import { escapeHtml } from './recon-html-assets.ts'
import { waterfall } from './recon-waterfall.ts'
import { dayText, LABELS } from './recon-words.ts'

/** A payout in the document. Amounts are minor units; what takes of it is positive. */
export const payoutView = (payout: Payout) => ({
  reference: payout.reference,
  currency: payout.currency,
  day: payout.day,
  state: payout.state,
  rows: payout.rows,
  row: payout.place.line,
  file: payout.place.file,
  gross: payout.gross,
  fees: payout.fees,
  refunds: payout.refunds,
  disputes: payout.disputes,
  reserve: payout.reserve,
  other: payout.other,
  payout: payout.payout,
  stated: payout.stated,
  bank: payout.bank,
  bank_row: payout.bankPlace?.line,
  bank_file: payout.bankPlace?.file,
  difference: payout.difference,
})

const stateText = ({ state }: Payout): string => (state === 'at_bank' ? 'at the bank' : LABELS[state])

/** `12 payouts of 431 rows: 10 at the bank, 1 payout differs, 1 payout on its way`. */
export function payoutsText(payouts: NonNullable<Summary['payouts']>): string {
  const rows = payouts.reduce((sum, each) => sum + each.rows, 0)
  const states = [...Map.groupBy(payouts, stateText)].map(([state, list]) => `${list.length} ${state}`)
  return `${payouts.length} payouts of ${rows.toLocaleString('en-US')} rows: ${states.join(', ')}`
}

const MOST_ROWS = 500 // a page of them is as much as anybody reads
const MOST_DRAWINGS = 50

/** Those that are not at the bank, or not as they should be, come first. */
export function payoutsSection(payouts: NonNullable<Summary['payouts']>): string {
  if (payouts.length === 0) return ''
  const sorted = payouts.toSorted((a, b) => Number(a.state === 'at_bank') - Number(b.state === 'at_bank'))
  const names = [
    'Payout',
    'Day',
    'Gross',
    'Fees',
    'Refunds',
    'Disputes',
    'Reserve',
    'Other',
    'Payout',
    'Bank',
    'Difference',
    'State',
  ]
  const head = names
    .map((name, place) => `<th scope="col"${place > 1 && place < 11 ? ' class="n"' : ''}>${name}</th>`)
    .join('')
  const more = payouts.length > MOST_ROWS ? ` The first ${MOST_ROWS} are shown.` : ''
  return `<section><h2>Payouts</h2><p>${escapeHtml(payoutsText(payouts))}.${more}</p><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${sorted.slice(0, MOST_ROWS).map(payoutRow).join('')}</tbody></table></div>${sorted.slice(0, MOST_DRAWINGS).map(drawing).join('')}</section>`
}

function payoutRow(payout: Payout): string {
  const { reference, currency, day, gross, fees, refunds, disputes, reserve, other, bank, difference } = payout
  const amounts = [gross, -fees, -refunds, -disputes, -reserve, other, payout.payout, bank, difference]
  const cells = amounts.map(
    (amount) => `<td class="n">${amount === undefined ? '' : groupedMajor(amount, currency)}</td>`,
  )
  return `<tr><th scope="row">${escapeHtml(reference)}</th><td>${day === undefined ? '' : dayText(day)}</td>${cells.join('')}<td>${stateText(payout)}</td></tr>`
}

function drawing(payout: Payout): string {
  const { reference, currency } = payout
  const steps = [
    { name: 'gross', amount: payout.gross },
    ...(['fees', 'refunds', 'disputes', 'reserve'] as const).map((name) => ({ name, amount: -payout[name] })),
    { name: 'other', amount: payout.other },
  ].filter(({ amount }) => amount !== 0n)
  const title = `${reference}: from gross to ${groupedMajor(payout.payout, currency)} ${currency}`
  return `<details><summary>${escapeHtml(title)}, ${stateText(payout)}</summary>${waterfall({ title, currency, steps, end: { name: 'payout', amount: payout.payout } })}</details>`
}
