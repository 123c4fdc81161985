import { formatMinor } from '../money/index.ts'
import { csvText } from '../platform/csv.ts'
import { publicId } from '../platform/ids.ts'
import type { Match } from '../reconciliation/index.ts'

const HEADER =
  'rule,code,payment,attempt,psp_reference,ours_amount,ours_currency,ours_at,theirs_amount,theirs_currency,theirs_at,fee,expected_fee,file,line,explanation,payout_psp,payout_date,line_date\n'

/** Matches as CSV with a heading, piece by piece. Amounts are in major units; texts of others are made no formulas. */
export async function* matchesCsv(pages: AsyncIterable<readonly Match[]>): AsyncGenerator<string> {
  yield HEADER
  for await (const page of pages) yield page.map(csvLine).join('')
}

function csvLine(match: Match): string {
  const { ours, theirs, expectedFee } = match
  const cells = [
    match.rule,
    match.code ?? '',
    match.charge === null ? '' : publicId('pay', match.charge.paymentId),
    match.charge === null ? '' : publicId('att', match.charge.attemptId),
    csvText(match.pspReference ?? ''),
    formatMinor(ours.amount, ours.currency),
    ours.currency,
    ours.occurredAt?.toISOString() ?? '',
    formatMinor(theirs.amount, theirs.currency),
    theirs.currency,
    theirs.occurredAt?.toISOString() ?? '',
    formatMinor(theirs.fee, theirs.currency),
    expectedFee === null ? '' : formatMinor(expectedFee, theirs.currency),
    csvText(theirs.fileName),
    String(theirs.line),
    csvText(match.explanation),
    csvText(match.payout?.psp ?? ''),
    match.payout?.businessDate ?? '',
    theirs.on ?? '',
  ]
  return `${cells.join(',')}\n`
}
