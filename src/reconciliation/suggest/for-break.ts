import { type Db, statement } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import type { ResolutionRequest } from '../resolutions/verbs.ts'
import { sourceOn } from '../rules/versions.ts'
import type { Source } from '../source.ts'
import { candidatesFor, type LoneRecord, loneRecord } from './candidates.ts'
import { type Suggestion, suggest } from './suggest.ts'

/** What may belong to an open break of one side. Nothing is done with it unless somebody says so. */
export type BreakSuggestion = Suggestion<LoneRecord> & {
  /** Ours − theirs, in minor units. */
  readonly difference: bigint
  /** The resolution that would put them together. */
  readonly resolution: Pick<ResolutionRequest, 'verb' | 'as' | 'with'>
}

const EXISTS = statement('reconciliation.break_exists', 'select id from recon_break where id = $1')

/**
 * The likeliest partners among what is open on the other side, at most five, the best first; none for a break that is not
 * open, or has both sides or none. Throws `not_found`.
 */
export async function suggestForBreak(
  db: Db,
  id: string,
  declaredOf: (name: string) => Source | undefined,
): Promise<readonly BreakSuggestion[]> {
  const found = await loneRecord(db, id, declaredOf)
  if (found === undefined) {
    const [known] = await db.run(EXISTS, [id])
    if (known === undefined) throw new Refusal('not_found', `There is no break ${publicId('brk', id)}.`)
    return []
  }
  const declared = declaredOf(found.source)
  const source = declared && (await sourceOn(db, declared, found.day)).source
  const { record } = found
  return suggest(record, await candidatesFor(db, found, source)).map((each) => withResolution(record, each))
}

function withResolution(record: LoneRecord, suggestion: Suggestion<LoneRecord>): BreakSuggestion {
  const sum = suggestion.candidates.reduce((total, { amount }) => total + amount, 0n)
  const difference = record.is === 'line' ? sum - record.amount : record.amount - sum
  const ids = suggestion.candidates.map(({ id }) => id)
  const isFee = suggestion.reasons.some(({ name }) => name === 'amount_less_fee')
  return {
    ...suggestion,
    difference,
    resolution:
      difference === 0n
        ? { verb: 'match', with: ids }
        : { verb: 'book_difference', as: isFee ? 'fee' : 'other', with: ids },
  }
}
