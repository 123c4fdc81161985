import type { Control, SettlementLine, Statement } from '../settlement/index.ts'

/** `lines[]` of `tallystick.parse/1`: amounts are signed minor units, the fee a positive cost. */
export function lineView(line: SettlementLine): Record<string, unknown> {
  const { reference, pspReference, otherReferences = [], occurredAt, businessDate } = line
  const references = [...new Set([reference, pspReference, ...otherReferences])].filter((each) => each !== undefined)
  return {
    line: line.line,
    statement: line.statement,
    kind: line.kind,
    status: line.status,
    reference: reference ?? pspReference ?? references[0] ?? null,
    references,
    amount: line.amount,
    currency: line.currency,
    ...(line.fee === 0n ? {} : { fee: line.fee }),
    occurred_at: occurredAt?.toISOString(),
    business_date: businessDate,
    description: line.description,
    booked: line.booked,
  }
}

export function statementView(statement: Statement): Record<string, unknown> {
  const { account, currency, businessDate, sequence, opening, closing, lines, credits, debits } = statement
  const control = controlView(statement.control)
  return { account, currency, business_date: businessDate, sequence, opening, closing, lines, credits, debits, control }
}

const controlView = (control: Control): Record<string, unknown> => ({ ...control })
