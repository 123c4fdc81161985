import { Refusal } from '../platform/errors.ts'
import { publicId } from '../platform/ids.ts'
import { type AccountType, refuseControlled } from './account.ts'
import { imbalance } from './entry.ts'
import type { JournalEntry } from './list.ts'
import type { NewManualEntry } from './manual.ts'

/** The entries that a batch wants to reverse, by id, and by which entry each of them is reversed already. */
export type Originals = {
  readonly entries: ReadonlyMap<string, JournalEntry>
  readonly reversedBy: ReadonlyMap<string, string>
}

/** Why an entry cannot be posted, or undefined when it can. */
export function refusalOf(
  item: NewManualEntry,
  types: ReadonlyMap<string, AccountType>,
  originals: Originals,
): Refusal | undefined {
  try {
    refuseWrongAccounts(item, types)
    refuseUnbalanced(item)
    refuseUndated(item)
    if (item.reverses !== undefined) refuseWrongReversal(item, item.reverses, originals)
    return undefined
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

/** Debit positive. */
export const signed = (posting: NewManualEntry['postings'][number]): bigint =>
  posting.direction === 'debit' ? posting.amount : -posting.amount

function refuseWrongAccounts(item: NewManualEntry, types: ReadonlyMap<string, AccountType>): void {
  item.postings.forEach(({ account }, index) => {
    const pointer = `/postings/${index}/account`
    refuseControlled(account, pointer)
    if (types.has(account)) return
    const detail = `There is no account "${account}"; create it first with POST /v1/ledger/accounts.`
    throw new Refusal('account_not_found', detail, { errors: [{ pointer, detail }] })
  })
}

function refuseUnbalanced(item: NewManualEntry): void {
  const left = imbalance(item.postings.map((posting) => ({ amount: signed(posting), currency: posting.currency })))
  if (left.size === 0) return
  const detail = [...left]
    .map(([currency, sum]) => {
      const [more, less] = sum > 0n ? ['debits', 'credits'] : ['credits', 'debits']
      return `${more} exceed ${less} by ${sum > 0n ? sum : -sum} ${currency}`
    })
    .join('; ')
  throw new Refusal('entry_unbalanced', `In minor units, ${detail}.`, { errors: [{ pointer: '/postings', detail }] })
}

// The last instant of a day that has a date of four digits for its year; an offset can push a valid text beyond.
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

function refuseUndated({ occurredAt }: NewManualEntry): void {
  if (occurredAt === undefined || occurredAt.getTime() <= LAST_INSTANT) return
  const detail = 'It must not be after the year 9999 in UTC.'
  throw new Refusal('invalid_request', detail, { errors: [{ pointer: '/occurred_at', detail }] })
}

function refuseWrongReversal(item: NewManualEntry, reverses: string, originals: Originals): void {
  const refuse = (detail: string): never => {
    throw new Refusal('entry_not_reversible', detail, { errors: [{ pointer: '/reverses', detail }] })
  }
  const name = publicId('je', reverses)
  const original = originals.entries.get(reverses)
  if (original === undefined) return refuse(`There is no entry ${name}.`)
  if (original.kind !== 'manual') {
    return refuse(`${name} is a ${original.kind} entry; only manual entries are reversed by hand.`)
  }
  const other = originals.reversedBy.get(reverses)
  if (other !== undefined) return refuse(`${name} is reversed already, by ${publicId('je', other)}.`)
  const text = (account: string, amount: bigint, currency: string): string =>
    JSON.stringify([account, amount.toString(), currency])
  const wanted = original.postings.map((posting) => text(posting.account, -signed(posting), posting.currency))
  const given = item.postings.map((posting) => text(posting.account, signed(posting), posting.currency))
  if (wanted.toSorted().join() === given.toSorted().join()) return
  refuse(`The postings are not those of ${name} with debit and credit exchanged.`)
}
