import type { FileSummary } from '../formats/format.ts'
import { doesNotAddUp } from '../verdict.ts'
import type { Reading } from './unpacked.ts'

/**
 * Why nothing of a file of a declared source may be used, as a sentence; undefined when it is accepted. It has to be whole
 * and to add up. A row that cannot be read is told with the file, and so is what does not fit to other files: what is left
 * still adds up to what the sender says, or says nothing of sums.
 */
export function whyNot({
  summary,
  problem,
  byteCount,
}: Omit<Reading, 'document' | 'name' | 'sha256'>): string | undefined {
  if (problem !== undefined) return problem
  if (byteCount === 0) return 'There is nothing in it.'
  if (summary === undefined) return 'Its beginning is in none of the formats that this source sends.'
  if (!summary.readable) return `It is not a whole file of the format ${summary.format}.${firstError(summary)}`
  const long = summary.statements.find((each) => isLong(each.account) || isLong(each.sequence ?? ''))
  if (long !== undefined) {
    const what = isLong(long.account) ? 'names an account' : 'has a number'
    return `A statement ${what} of more than ${MAX_NAME} characters: "${(isLong(long.account) ? long.account : (long.sequence ?? '')).slice(0, 40)}…".`
  }
  const failed = summary.statements.find(({ control }) => control.status === 'fail')
  if (failed?.control.status !== 'fail') return undefined
  return `${doesNotAddUp(failed.currency, failed.control)}${firstError(summary)}`
}

/** Statements are found by their account and number. Real ones have some tens of characters. */
const MAX_NAME = 255
const isLong = (text: string): boolean => text.length > MAX_NAME

function firstError({ diagnostics }: FileSummary): string {
  const error = diagnostics.find(({ severity }) => severity === 'error')
  return error === undefined ? '' : ` Line ${error.line}: ${error.message}`
}
