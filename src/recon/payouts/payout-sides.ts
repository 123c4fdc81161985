import type { DuckDb } from '../../platform/duckdb.ts'
import { createDateReader, createSurvey, type DecimalMark, powerOfTen } from '../../settlement/index.ts'
import { createRawRows } from '../files/raw-rows.ts'
import { renameRaw } from '../files/raw-table.ts'
import { inferMapping } from '../mapping/infer.ts'
import { type Mapping, type Overrides, openFields } from '../mapping/mapping.ts'
import { cellOf, rawTable, SIDES, type Side, type SideName, type SideSpec, UnreadableInput } from '../side.ts'
import { findLines, findPayouts, otherOf, type PayoutFind } from './payout-find.ts'
import { type Rolled, type Rolls, rollUp, totalOf } from './payout-roll.ts'
import { type RollColumns, rollColumns, SCALE } from './payout-row.ts'

type Sides = Readonly<Record<SideName, Side>>
type Specs = Readonly<Record<SideName, SideSpec>>

/**
 * Both sides as lines of payouts: the rows of one side are added up by the payout that they are in, and each line of the other
 * has the id of the payout that it names. From here on they are two files like any other.
 */
export type PayoutSides = {
  readonly sides: Sides
  readonly mapping: Mapping
  /** How these sides are read: sums have a decimal point, whatever the rows have. */
  readonly specs: Specs
  /** The side of many rows. */
  readonly side: SideName
  readonly rolls: Rolls
  readonly rows: number
}

/** Undefined when the files are no report of payouts and their lines at a bank, or do not prove how those are compared. */
export async function asPayouts(duckdb: DuckDb, sides: Sides, given: Overrides): Promise<PayoutSides | undefined> {
  const found = await findPayouts(duckdb, sides, given)
  if (found === undefined || (await agreeByRow(duckdb, sides, found, given))) return undefined
  for (const mark of marksOf(sides[found.side])) {
    const rolled = await asRolled(duckdb, sides, found, { given, mark })
    if (rolled !== undefined) return rolled
  }
  return undefined
}

/** Where a report alone does not prove its mark, as one whose amounts are all like 1.234, the lines of the bank do. */
const marksOf = ({ alone: { decimal } }: Side): readonly DecimalMark[] =>
  decimal === undefined ? ['.', ','] : [decimal]

/** Undefined, and everything as it was, when they do not prove how they are compared. */
async function asRolled(
  duckdb: DuckDb,
  sides: Sides,
  found: PayoutFind,
  { given, mark }: { readonly given: Overrides; readonly mark: DecimalMark },
): Promise<PayoutSides | undefined> {
  const rolled = await roll(duckdb, sides, found, {
    amount: amountGiven(sides[found.side], given),
    mark,
    isSaved: false,
  })
  if (rolled === undefined) return undefined
  const bank = otherOf(found.side)
  const key = { [found.side]: found.column, [bank]: rolled.column }
  const inferred = await inferMapping(duckdb, rolled.sides, { ...rolledGiven(given, found.side, rolled.sides), key })
  if (openFields(inferred).length > 0 || inferred.specs === undefined) {
    await unroll(duckdb, rolled.unparsed)
    return undefined
  }
  const { specs, fields } = inferred
  const reason = `${found.named} of ${rolled.rolls.payouts.length} payouts are named in lines of ${bank}`
  const mapping: Mapping = {
    fields: { ...fields, key: { ...fields.key, confidence: found.named > 1 ? 'sure' : 'likely', reason } },
    specs: { ...specs, [found.side]: { ...specs[found.side], decimal: mark, payout: found.column } },
    notes: inferred.notes,
  }
  return { sides: rolled.sides, mapping, specs, side: found.side, rolls: rolled.rolls, rows: sides[found.side].rows }
}

/** Whether the rows of both sides are the same things under another reference: then a text that names a payout is but a remark. */
async function agreeByRow(
  duckdb: DuckDb,
  sides: Sides,
  { side, column }: PayoutFind,
  given: Overrides,
): Promise<boolean> {
  const mapping = await inferMapping(duckdb, sides, given)
  const { fields, specs } = mapping
  return openFields(mapping).length === 0 && fields.key.confidence === 'sure' && specs?.[side].key !== column
}

/** The same by a mapping that was saved. Throws `UnreadableInput` when the file has no such payouts. */
export async function asSavedPayouts(duckdb: DuckDb, sides: Sides, mapping: Mapping): Promise<PayoutSides | undefined> {
  const side = (['ours', 'theirs'] as const).find((name) => mapping.specs?.[name].payout !== undefined)
  const column = side && mapping.specs?.[side].payout
  if (side === undefined || column === undefined || mapping.specs === undefined) return undefined
  const found = await findLines(duckdb, sides, side, column)
  const spec = mapping.specs[side]
  const how = { amount: amountSaved(sides[side], spec), mark: spec.decimal, isSaved: true }
  const rolled = found && (await roll(duckdb, sides, found, how))
  if (rolled === undefined)
    throw new UnreadableInput(
      'config',
      `The mapping adds rows of ${side} up by "${column}", and no line of the other side names one`,
    )
  const specs: Specs = { ...mapping.specs, [side]: { ...spec, decimal: '.' } }
  return { sides: rolled.sides, mapping, specs, side, rolls: rolled.rolls, rows: sides[side].rows }
}

const UNIT = /:(major|minor)$/

/** The column of amounts that somebody named for the side of many rows. Throws `UnreadableInput` when there is none of this name. */
function amountGiven(side: Side, given: Overrides): string | undefined {
  const column = given.amount?.[side.name]?.replace(UNIT, '')
  if (column !== undefined) cellOf(side, column)
  return column
}

/** The column of amounts that somebody named before the mapping was saved: one whose sum has no name that is found by itself. */
function amountSaved(side: Side, { amount }: SideSpec): string | undefined {
  const saved = amount.rule === 'signed' && side.isTable ? amount.column : undefined
  const found = rollColumns(side, undefined, '.')
  const isFound = found !== undefined && [sumName(found), found.net].includes(saved)
  return isFound ? undefined : side.columns.find(({ name }) => name === saved)?.name
}

/** What was given, by the columns that payouts have: an amount by its place, a currency only as a code, and no date. */
function rolledGiven(given: Overrides, side: SideName, sides: Sides): Overrides {
  const { amount, currency, date } = given
  const unit = UNIT.exec(amount?.[side] ?? '')?.[0] ?? ''
  const sum = sides[side].columns.findLast(({ numbers, filled }) => filled > 0 && numbers === filled)
  const isCode = sides[side].columns.every(({ name }) => name !== 'currency')
  const without = (values: Overrides['date'], value: string | undefined) => {
    const { [side]: _, ...rest } = values ?? {}
    return value === undefined ? rest : { ...rest, [side]: value }
  }
  return {
    ...(amount === undefined
      ? {}
      : { amount: without(amount, amount[side] === undefined ? undefined : `${sum?.name ?? ''}${unit}`) }),
    ...(currency === undefined ? {} : { currency: without(currency, isCode ? currency[side] : undefined) }),
    ...(date === undefined ? {} : { date: without(date, undefined) }),
  }
}

/** `mark`: that of the rows, where they do not prove one. */
type How = { readonly amount: string | undefined; readonly mark: DecimalMark; readonly isSaved: boolean }

type RolledUp = { readonly sides: Sides; readonly rolls: Rolls; readonly column: string; readonly unparsed: number }

async function roll(
  duckdb: DuckDb,
  sides: Sides,
  found: PayoutFind,
  { amount, mark, isSaved }: How,
): Promise<RolledUp | undefined> {
  const side = sides[found.side]
  const columns = rollColumns(side, amount, mark)
  if (columns === undefined) return undefined
  const [count] = await duckdb.query<{ rows: bigint }>('select count(*) as rows from unparsed')
  const rolls = await rollUp(duckdb, side, found.column, columns)
  await renameRaw(duckdb, rawTable(found.side), rowsTable(found.side))
  const rolledSide = await writePayouts(duckdb, side, { rolls, id: found.column, isSaved })
  const bank = await nameLines(duckdb, sides[otherOf(found.side)], found.column)
  const both = found.side === 'ours' ? { ours: rolledSide, theirs: bank.side } : { ours: bank.side, theirs: rolledSide }
  return { sides: both, rolls, column: bank.column, unparsed: Number(count?.rows) }
}

/** The rows of a side as they were read: those that were added up, and those that name no payout in a column of their own. */
const rowsTable = (side: SideName): string => `${side}_rows`

async function unroll(duckdb: DuckDb, unparsed: number): Promise<void> {
  await duckdb.run(`delete from unparsed where rowid >= ${unparsed}`)
  for (const side of SIDES) {
    await duckdb.run(`drop table ${rawTable(side)}`)
    await renameRaw(duckdb, rowsTable(side), rawTable(side))
  }
}

/** Writes a row for each payout, with one sum, or two where the net of the rows is another than gross less fees. */
async function writePayouts(
  duckdb: DuckDb,
  side: Side,
  { rolls, id, isSaved }: { readonly rolls: Rolls; readonly id: string; readonly isSaved: boolean },
): Promise<Side> {
  const { net } = rolls.columns
  const hasNet =
    net !== undefined && (isSaved || rolls.payouts.some((each) => each.rows > 0 && each.net !== totalOf(each)))
  const hasCurrency = rolls.payouts.some(({ currency }) => currency !== '')
  const hasDay = rolls.payouts.some(({ day }) => day !== '')
  const unit = side.isTable ? '' : ' minor'
  const names = [
    id,
    ...(hasCurrency ? ['currency'] : []),
    ...(hasDay ? ['paid on'] : []),
    `${sumName(rolls.columns)}${unit}`,
    ...(hasNet ? [`${net}${unit}`] : []),
  ]
  const survey = createSurvey(names, createDateReader(), { skipsWide: false })
  const raw = createRawRows(duckdb, side.name)
  const numbers = names.map((_, place) => place >= names.length - (hasNet ? 2 : 1))
  for (const each of rolls.payouts) {
    const fields = [
      each.id,
      ...(hasCurrency ? [each.currency] : []),
      ...(hasDay ? [each.day] : []),
      decimalText(payoutOf(each, totalOf(each)), rolls.decimals),
      ...(hasNet ? [decimalText(payoutOf(each, each.net), rolls.decimals)] : []),
    ]
    survey.add({ line: each.line, fields, numbers, problem: undefined })
    raw.add(each.line, fields)
  }
  const rows = await raw.finish(names.length)
  const { currency } = side.alone
  return {
    ...side,
    isTable: true,
    plain: undefined,
    rows,
    columns: survey.columns(),
    alone: {
      amount: undefined,
      otherAmounts: [],
      decimal: '.',
      currency: hasCurrency ? { column: 'currency' } : currency,
      fee: undefined,
      kind: undefined,
    },
  }
}

/** A payout that was asked for by hand has no rows, and comes to what it says. */
const payoutOf = ({ rows, stated }: Rolled, sum: bigint): bigint => (rows === 0 ? (stated ?? 0n) : sum)

const sumName = ({ amount, fee }: RollColumns): string =>
  `${amount.rule === 'split' ? amount.credit : amount.column}${fee === undefined ? '' : ` less ${fee.column}`}`

function decimalText(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value) / powerOfTen(SCALE - decimals)
  const text = String(digits).padStart(decimals + 1, '0')
  const whole = text.slice(0, text.length - decimals)
  return `${value < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${text.slice(text.length - decimals)}`}`
}

/** Gives each line the id of the payout that it names, in a column behind all others. */
async function nameLines(duckdb: DuckDb, bank: Side, id: string): Promise<{ side: Side; column: string }> {
  const table = rawTable(bank.name)
  const name = `${id} in the line`
  const [width] = await duckdb.query<{ cells: bigint }>(
    `select count(*) - 2 as cells from duckdb_columns() where table_name = '${table}'`,
  )
  const place = Number(width?.cells)
  await renameRaw(duckdb, table, rowsTable(bank.name))
  await duckdb.run(`
    create table ${table} as
      select r.*, l.id as c${place} from ${rowsTable(bank.name)} r left join payout_line l on l.n = r.n order by r.n`)
  const survey = createSurvey([name], createDateReader(), { skipsWide: false })
  const ids = await duckdb.query<{ id: string }>('select id from payout_line order by n limit 2000')
  for (const each of ids) survey.add({ line: 1, fields: [each.id], problem: undefined })
  const columns = [...bank.columns, ...survey.columns().map((column) => ({ ...column, place }))]
  return { side: { ...bank, columns, plain: undefined }, column: name }
}
