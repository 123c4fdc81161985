import type { Baseline, Hint, Item, Row, Side, SideName, Summary } from '../recon/index.ts'
import { FIELDS, type Mapping } from '../recon/index.ts'
import { payoutView } from './recon-payouts.ts'

/** `tallystick.recon/1` but for its items. Amounts are signed minor units. `limit`: of payouts; undefined for all. */
export function summaryView(
  summary: Summary,
  baseline: Baseline | undefined,
  outputs: Readonly<Record<string, string>>,
  limit: number | undefined,
) {
  const {
    verdict,
    inputs,
    mapping,
    period,
    pairs,
    byRule,
    real,
    temporary,
    byCode,
    proof,
    tolerated,
    apart,
    payouts,
    notes,
  } = summary
  return {
    schema: 'tallystick.recon/1',
    verdict,
    inputs: inputs.map(({ side, path, sha256, format, rows, unparsed, parts }) => ({
      side,
      path,
      sha256,
      format,
      rows,
      unparsed,
      files: parts.length === 0 ? undefined : parts.map(partView),
    })),
    mapping: mappingView(mapping),
    period: { from: period.from, to: period.to, as_of: period.asOf },
    matched: { pairs, by_rule: byRule, tolerated_by_currency: Object.fromEntries(tolerated) },
    breaks: {
      real,
      temporary,
      by_code: byCode.map(({ code, class: isClass, count, amounts, dueOn }) => ({
        code,
        class: isClass,
        count,
        amount_by_currency: Object.fromEntries(amounts),
        due_on: dueOn,
      })),
    },
    proof,
    apart,
    payouts: payouts?.slice(0, limit).map(payoutView),
    notes,
    baseline: baseline && {
      new: baseline.added,
      aged: baseline.aged,
      cleared: baseline.clearedCount,
      cleared_ids: baseline.cleared,
    },
    outputs,
  }
}

const partView = ({ name, sha256, format, rows }: Summary['inputs'][number]['parts'][number]) => ({
  name,
  sha256,
  format,
  rows,
})

export const mappingView = ({ fields }: Mapping) =>
  Object.fromEntries(
    FIELDS.map((name) => {
      const { ours, theirs, confidence, reason } = fields[name]
      return [name, { ours: ours ?? null, theirs: theirs ?? null, confidence, reason }]
    }),
  )

export const columnsView = (sides: Readonly<Record<SideName, Side>>) =>
  Object.fromEntries(Object.entries(sides).map(([name, { columns }]) => [name, columns.map((column) => column.name)]))

export function itemView(item: Item) {
  const { id, code, class: isClass, dueOn, ours, theirs, difference, reasons, suggestions, baseline } = item
  return {
    id,
    code,
    class: isClass,
    due_on: dueOn,
    ours: ours && rowView(ours),
    theirs: theirs && rowView(theirs),
    difference,
    reasons,
    suggestions: suggestions.length === 0 ? undefined : suggestions.map(hintView),
    baseline,
  }
}

const hintView = ({ score, reasons, rows }: Hint) => ({
  score,
  reasons: reasons.map(({ name }) => name),
  rows: rows.map(({ id, row, file, reference, amount, currency, occurredAt }) => ({
    break: id,
    row,
    file,
    reference,
    amount,
    currency,
    occurred_at: occurredAt,
  })),
})

const rowView = ({ row, file, rows, reference, amount, currency, occurredAt }: Row) => ({
  row,
  file,
  rows: rows?.map(({ line }) => line),
  files: file === undefined ? undefined : rows?.map((place) => place.file),
  reference,
  amount,
  currency,
  occurred_at: occurredAt,
})
