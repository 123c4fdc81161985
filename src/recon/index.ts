/**
 * Recon: compares two files on one machine, without a server, a configuration or an account. It reads both into DuckDB, several
 * files of one side as one (parts.ts), adds rows up where the other side has payouts (payout-sides.ts, ADR 0020), finds out
 * how they are compared (mapping.ts), pairs their rows in sets (match.ts), says what each difference means (decide.ts, with
 * reconciliation's own rules), proves the whole to the cent (facts.ts) and suggests what else may belong together (suggest.ts).
 * It keeps nothing.
 */

export { isDate } from '../settlement/index.ts'
export type { Baseline } from './breaks/baseline.ts'
export { CODES, type Code } from './breaks/decide.ts'
export type { Hint, Input, Item, Row, Summary } from './breaks/result.ts'
export { type Place, placeText } from './files/part.ts'
export { FIELDS, type FieldName, isUsable, type Mapping, type Overrides, openFields } from './mapping/mapping.ts'
export { formatSaved, parseSaved } from './mapping/saved.ts'
export { sourceMapping } from './mapping/source-mapping.ts'
export type { Payout } from './payouts/payouts.ts'
export { type Outcome, type ReconRequest, reconcile } from './recon.ts'
export { groupedMajor } from './rows/currency-code.ts'
export type { Cut, Days, Settings, Tolerance } from './settings.ts'
export { SIDES, type Side, type SideName, UnreadableInput } from './side.ts'
