import { type Baseline, FIELDS, groupedMajor, type Item, isUsable, type Mapping, type Summary } from '../recon/index.ts'
import type { Context } from './context.ts'
import { payoutsText } from './recon-payouts.ts'
import { amountsOf, dayText, hintText, LABELS, moneyOf, nameOf, whereOf } from './recon-words.ts'
import type { Style } from './style.ts'

const RULE_LABELS: Readonly<Record<Summary['byRule'][number]['rule'], string>> = {
  exact: 'exact reference',
  many_to_one: 'many to one',
  one_to_many: 'one to many',
  tolerance: 'within tolerance',
  key: 'same reference',
  second: 'second reference',
  normalised: 'normalised reference',
}

const count = (value: number): string => value.toLocaleString('en-US')

/** What was found, for people. */
export function printSummary(context: Context, summary: Summary, baseline: Baseline | undefined): void {
  const { output, style } = context
  output.line(style.dim('nothing leaves this machine'))
  printInputs(context, summary)
  printMapping(context, summary.mapping)
  output.line('')
  for (const [place, { rule, ours, theirs }] of summary.byRule.entries()) {
    const rows = ours === theirs ? count(ours) : `${count(ours)} -> ${count(theirs)}`
    output.line(`${place === 0 ? ' matching ' : '          '} ${RULE_LABELS[rule].padEnd(22)} ${rows.padStart(14)}`)
  }
  if (summary.byRule.length === 0) output.line(' matching  nothing')
  printResult(context, summary)
  printProof(context, summary)
  if (summary.payouts !== undefined) output.line(` payouts   ${payoutsText(summary.payouts)}`)
  for (const { side, kind, currency, rows, amount } of summary.apart)
    output.line(
      ` apart     ${side}: ${count(rows)} ${kind} rows, ${moneyOf([[currency, amount]])}: ${kind === 'unpaid' ? 'in no payout yet' : 'no sales'}, so not compared`,
    )
  for (const note of summary.notes) output.line(` note      ${note}`)
  if (baseline !== undefined)
    output.line(
      ` baseline  ${count(baseline.added)} new, ${count(baseline.clearedCount)} cleared, ${count(baseline.aged)} still there`,
    )
}

function printInputs({ output }: Context, { inputs }: Summary): void {
  const width = Math.max(...inputs.map(({ path }) => path.length), 20)
  for (const [place, { side, path, rows, shape, unparsed }] of inputs.entries()) {
    const bad = unparsed === 0 ? '' : `  ${count(unparsed)} cannot be read`
    output.line(
      `${place === 0 ? ' reading  ' : '          '} ${side.padEnd(7)} ${path.padEnd(width)} ${count(rows).padStart(11)} rows   ${shape}${bad}`,
    )
  }
}

export function printMapping({ output, style }: Context, { fields }: Mapping): void {
  output.line('')
  for (const [place, name] of FIELDS.entries()) {
    const { ours, theirs, confidence, reason } = fields[name]
    const pair = `${name.padEnd(9)}${ours === undefined ? '-' : `ours.${ours}`} <-> ${theirs === undefined ? '-' : `theirs.${theirs}`}`
    const mark = isUsable(fields[name]) ? style.dim(`[${confidence}]`) : style.bad(`[${confidence}]`)
    output.line(`${place === 0 ? ' mapping  ' : '          '} ${pair.padEnd(56)} ${reason}  ${mark}`)
  }
}

function printResult({ output, style }: Context, summary: Summary): void {
  const { byCode, compared, byRule, period, real, temporary } = summary
  const matched = byRule.reduce((sum, { ours }) => sum + ours, 0)
  const share = compared.ours === 0 ? '' : `${shareText(matched, compared.ours)} of ours matched`
  const days = period.from === undefined ? '' : `   ${period.from} .. ${period.to}`
  output.line('')
  output.line(style.bold(` RESULT    ${share}${days}`))
  for (const [name, label, total] of [
    ['real', 'real breaks', real],
    ['temporary', 'temporary', temporary],
  ] as const) {
    const hint = name === 'temporary' && total > 0 ? '   normal delay, nothing to do yet' : ''
    output.line(`           ${paint(style, name, total)(`${label.padEnd(22)} ${count(total).padStart(7)}`)}${hint}`)
    for (const { code, count: breaks, amounts, dueOn } of byCode.filter((each) => each.class === name)) {
      const due = dueOn === undefined ? '' : `   due by ${dayText(dueOn)}`
      const unit = code === 'fee_mismatch' ? ' of fees' : ''
      output.line(
        `             ${LABELS[code].padEnd(22)} ${count(breaks).padStart(5)}   ${moneyOf(amounts)}${unit}${due}`,
      )
    }
  }
}

const paint = (style: Style, name: 'real' | 'temporary', total: number): ((text: string) => string) =>
  total === 0 ? style.dim : name === 'real' ? style.bad : style.bold

/** Never 100 % while something is left. */
function shareText(part: number, whole: number): string {
  if (part === whole) return '100 %'
  return `${(Math.floor((10_000 * part) / whole) / 100).toFixed(2)} %`
}

function printProof({ output, style }: Context, { proof, tolerated }: Summary): void {
  output.line('')
  for (const { currency, ours, theirs, difference, unexplained } of proof) {
    const money = (amount: bigint): string => groupedMajor(amount, currency)
    const within = tolerated.get(currency)
    const extra = within === undefined || within === 0n ? '' : ` and ${money(within)} within tolerance`
    const end =
      unexplained === 0n
        ? `every line above${extra}, to the cent   ${style.good('ok')}`
        : style.bad(`and ${money(unexplained)} of it is unexplained: this is our bug, please report it`)
    output.line(` PROOF     ${currency}: ours ${money(ours)} - theirs ${money(theirs)} = ${money(difference)} = ${end}`)
  }
}

const LOOK_FIRST = 3

export function printFirst({ output }: Context, items: readonly Item[], command: string): void {
  const first = items.filter((item) => item.class === 'real').slice(0, LOOK_FIRST)
  if (first.length === 0) return
  output.line('')
  output.line(' look first at')
  for (const item of first) {
    const day = (item.theirs ?? item.ours)?.occurredAt?.slice(0, 10) ?? ''
    output.line(`   ${nameOf(item).padEnd(24)} ${amountsOf(item).padEnd(28)} ${day}  ${item.reasons[0] ?? ''}`)
  }
  output.line(`   ${command} --explain ${nameOf(first[0] ?? (items[0] as Item))}`)
}

/** One break in full: what differs, why, and both rows as they stand in the files. */
export function printItem({ output, style }: Context, item: Item): void {
  const { id, code, class: isClass, dueOn, difference, currency, reasons, suggestions, ours, theirs } = item
  output.line(style.bold(`${nameOf(item)}: ${LABELS[code]}`))
  output.fields([
    ['id', id],
    ['code', `${code} (${isClass})`],
    ...(dueOn === undefined ? [] : [['due', dayText(dueOn)] as const]),
    ...(difference === undefined || currency === undefined
      ? []
      : [['difference', moneyOf([[currency, difference]])] as const]),
    ...reasons.map((reason) => ['why', reason] as const),
    ...suggestions.map((hint) => ['may be', hintText(hint)] as const),
  ])
  for (const [side, row] of [
    ['ours', ours],
    ['theirs', theirs],
  ] as const) {
    output.line('')
    output.line(row === undefined ? `${side}: no row` : style.bold(`${side}, ${whereOf(row)}`))
    if (row !== undefined && row.cells.length > 0) output.fields(row.cells)
  }
}
