import { decimalsOfAny } from '../../money/index.ts'
import { type AmountRule, type AnyTableProfile, PROFILE_SCHEMA } from '../../settlement/index.ts'
import { type SideName, type SideSpec, UnreadableInput } from '../side.ts'
import { parseSaved } from './saved.ts'

/**
 * A mapping that `recon` saved, as the mapping of a settlement source: how the file of one side is read. What it says of
 * how two files are compared (`key_form`) is nothing that a source does. Throws `UnreadableInput` for a text that is no such
 * mapping, and for what only `recon` reads.
 */
export function sourceMapping(text: string, side: SideName): AnyTableProfile {
  const { specs } = parseSaved(text)
  if (specs === undefined) throw new UnreadableInput('config', 'The mapping says nothing of how files are read')
  const spec = specs[side]
  const { amount, sign } = amountOf(spec, side)
  const used = [spec.key, ...(spec.second === undefined ? [] : [spec.second])]
  return {
    schema: PROFILE_SCHEMA,
    table: undefined,
    // The header is found wherever it stands; columns of a table without one have numbers.
    header: used.every((name) => /^column \d+$/.test(name)) ? 0 : 1,
    date: spec.date,
    amount,
    sign,
    decimal: spec.decimal,
    minor: isMinor(spec, side),
    currency: spec.currency,
    fee: spec.fee,
    net: undefined,
    balance: undefined,
    references: used,
    descriptions: spec.kind === undefined ? [] : [spec.kind],
    account: undefined,
    status: spec.status,
  }
}

const refuse = (detail: string): never => {
  throw new UnreadableInput('config', detail)
}

/** What a side writes with a minus that the other does not. Where words or columns say the sign, they change places. */
function amountOf(
  { amount, sign }: SideSpec,
  side: SideName,
): { readonly amount: AmountRule; readonly sign?: -1 | undefined } {
  if (sign === 1) return { amount }
  if (amount.rule === 'signed') return { amount, sign }
  if (amount.rule === 'direction' && amount.minus === 'ignored')
    return { amount: { ...amount, debit: amount.credit, credit: amount.debit } }
  if (amount.rule === 'split' && amount.debitSign === 'positive')
    return { amount: { ...amount, credit: amount.debit, debit: amount.credit } }
  return refuse(
    `${side}.sign of -1 beside debits with a minus is read by recon alone: write sign 1 and the columns anew`,
  )
}

/** Hundredths are the minor unit of a currency of two decimals; of others only `recon` reads them. */
function isMinor({ unit, currency }: SideSpec, side: SideName): boolean {
  if (unit === 'major' || unit === 'minor') return unit === 'minor'
  const decimals = 'code' in currency ? decimalsOfAny(currency.code) : undefined
  if (decimals === (unit === 'hundredths' ? 2 : 3)) return true
  return refuse(`${side}.unit of ${unit} is read by recon alone: a source reads major and minor`)
}
