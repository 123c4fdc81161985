import { Refusal } from '../../platform/errors.ts'
import { CONTROLS, type Item, isLoneLine, isLoneRecord, ownOf } from './position.ts'
import type { ReasonCode, ResolutionRequest, Verb } from './verbs.ts'

/** Verbs that make our record of a charge another one. */
const OF_CHARGES: readonly Verb[] = ['correct', 'create_missing_record']

const sumOf = (amounts: ReadonlyMap<string, bigint>): bigint =>
  [...amounts.values()].reduce((sum, each) => sum + each, 0n)

const GROUPS: readonly Verb[] = ['match', 'psp_corrected', 'book_difference', 'mark_duplicate']

/** Refuses a verb that does not fit its breaks, and fields that it needs or does not know. */
export function refuseMisfit(items: readonly Item[], request: ResolutionRequest): void {
  refuseFields(request)
  const refuse = (detail: string): never => {
    throw new Refusal('break_not_resolvable', detail)
  }
  const { verb } = request
  for (const { code, class: isClass, dueOn, isOfBank, difference, transit } of items) {
    if (code === 'unparsed_line') refuse('A row that cannot be read clears when another version of its file counts.')
    if (code === 'bank_mismatch' && sumOf(transit) !== difference)
      refuse('What is in transit differs by another amount by now: the next run says by which.')
    if (code === 'pending_outcome')
      refuse('An outcome that is unknown is resolved by what the PSP tells, and by nobody else.')
    if (CONTROLS.includes(code) && verb !== 'write_off')
      refuse('A control that differs can only be written off; it clears by itself when its cause is gone.')
    if (isOfBank && OF_CHARGES.includes(verb))
      refuse(`"${verb}" is about charges: a payout is what its PSP's file says, and a line what the bank says.`)
    if (isClass === 'temporary' && !['match', 'psp_corrected'].includes(verb))
      refuse(
        `It is expected by ${isOfBank ? '' : 'the file of '}${dueOn ?? 'a later day'}: until then it can only be matched by hand.`,
      )
  }
  const [first] = items
  if (first === undefined) return
  if (items.length > 1 && !GROUPS.includes(verb)) refuse(`"${verb}" is about one break.`)
  const hasOurs = items.some((item) => ownOf(item) !== undefined)
  const hasLines = items.some(({ theirs }) => theirs !== undefined)
  if (verb === 'match' && !(items.some(isLoneRecord) && items.some(isLoneLine)))
    refuse('A match by hand needs at least one record that only we have and one line that only they have.')
  if (verb === 'psp_corrected' && !(items.length > 1 && hasLines))
    refuse('Name the lines with which the PSP corrected it in `with`.')
  if (verb === 'book_difference' && !(items.length > 1 ? hasOurs && hasLines : hasOurs && first.theirs !== undefined))
    refuse('There is a difference only between a record of ours and a line of theirs.')
  const currencies = new Set(items.flatMap((item) => [ownOf(item)?.currency, item.theirs?.currency]))
  currencies.delete(undefined)
  if (verb === 'book_difference' && currencies.size > 1 && request.as !== 'fx')
    refuse('A difference between two currencies is booked as fx.')
  if (
    verb === 'create_missing_record' &&
    !(isLoneLine(first) && first.theirs?.kind === 'charge' && first.theirs.amount > 0n)
  )
    refuse('A record is created only for a charge of theirs that we have no record of.')
  if (verb === 'mark_duplicate' && first.payout !== undefined)
    refuse('A payout is told once by its PSP: what comes twice is a line of the bank.')
  if (verb === 'mark_duplicate' && !items.every(isLoneLine) && !(items.length === 1 && isLoneRecord(first)))
    refuse('A duplicate is a line that only they have, or a record that only we have.')
  if (verb === 'correct' && !hasOurs) refuse('There is no record of ours to correct.')
}

const FIELDS = {
  as: ['book_difference'],
  seller: ['create_missing_record'],
  platformFee: ['create_missing_record'],
  orderId: ['correct', 'mark_duplicate'],
} as const
const POINTERS = { as: '/as', seller: '/seller', platformFee: '/platform_fee', orderId: '/order' } as const

function refuseFields(request: ResolutionRequest): void {
  const refuse = (pointer: string, detail: string): never => {
    throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
  }
  for (const name of ['as', 'seller', 'platformFee', 'orderId'] as const) {
    const verbs: readonly Verb[] = FIELDS[name]
    if (request[name] !== undefined && !verbs.includes(request.verb))
      refuse(POINTERS[name], `"${request.verb}" does not take it; ${verbs.join(' and ')} does.`)
  }
  if (request.verb === 'create_missing_record' && request.seller === undefined)
    refuse('/seller', 'Say whose sale it is.')
  if (request.verb === 'book_difference' && request.as === undefined)
    refuse('/as', 'Say what the difference is: fee, fx, rounding or other.')
  refuseUnexplained(request.reason, request.note)
}

/** Refuses the reason that says nothing without a note that does. */
export function refuseUnexplained(reason: ReasonCode, note: string | undefined): void {
  if (reason !== 'other' || note !== undefined) return
  const detail = 'The reason "other" needs a note.'
  throw new Refusal('invalid_request', `/note: ${detail}`, { errors: [{ pointer: '/note', detail }] })
}
