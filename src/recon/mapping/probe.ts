import type { DuckDb } from '../../platform/duckdb.ts'
import { nameScore, wordsOf } from '../../settlement/index.ts'
import { everyOf, isSampled, keyColumns, type SampledBy, sampleOf } from '../files/sample.ts'
import { keySql } from '../rows/key-form.ts'
import { KEY_FORMS, type KeyForm, SIDES, type Side, type SideName } from '../side.ts'

/**
 * Which columns of both sides hold the same values. Measured on a sample that is taken by value and not by row, so that
 * what is in it is there with all of its rows on both sides: uniqueness and overlap are those of the whole file.
 */
export type KeyPair = {
  readonly ours: string
  readonly theirs: string
  readonly form: KeyForm
  /** Different values of each side in the sample, and how many are on both. */
  readonly values: Readonly<Record<SideName, number>>
  readonly common: number
  /** Different values ÷ filled rows, from 0 to 1. */
  readonly uniqueness: Readonly<Record<SideName, number>>
  /** Whether two different values of one side became one in this form. */
  readonly collides: boolean
  /** How well both names say that they are references, from 0 to 100; more when they are the same. */
  readonly name: number
}

export const containment = ({ common, values }: KeyPair): number =>
  common / Math.max(1, Math.min(values.ours, values.theirs))

export async function probeKeys(duckdb: DuckDb, ours: Side, theirs: Side, by: SampledBy): Promise<readonly KeyPair[]> {
  const every = everyOf(Math.max(ours.rows, theirs.rows))
  for (const side of [ours, theirs]) await probe(duckdb, side, { every, by })
  const counts = await countColumns(duckdb)
  const common = (form: KeyForm): string => `
    select '${form}' as form, o.col as o, t.col as t, count(*) as common
      from (select distinct col, ${form}_key as k from ours_probe where ${form}_key is not null) o
      join (select distinct col, ${form}_key as k from theirs_probe where ${form}_key is not null) t using (k)
     group by o.col, t.col`
  const found = await duckdb.query<{ form: KeyForm; o: number; t: number; common: bigint }>(
    KEY_FORMS.map(common).join(' union all '),
  )
  return KEY_FORMS.flatMap((form) => found.filter((each) => each.form === form)).flatMap(({ form, o, t, common }) => {
    const [a, b] = [counts.get(`ours ${form} ${o}`), counts.get(`theirs ${form} ${t}`)]
    const [left, right] = [nameAt(ours, o), nameAt(theirs, t)]
    if (a === undefined || b === undefined) return []
    return {
      ours: left,
      theirs: right,
      form,
      values: { ours: a.values, theirs: b.values },
      common: Number(common),
      uniqueness: { ours: a.values / a.rows, theirs: b.values / b.rows },
      collides: a.collides || b.collides,
      name: namesAgree(left, right),
    }
  })
}

/** Columns of one side without any value in common may still be one by their names. */
export function namesAgree(ours: string, theirs: string): number {
  const [a, b] = [nameScore(ours, 'reference'), nameScore(theirs, 'reference')]
  return Math.min(a, b) + (wordsOf(ours) === wordsOf(theirs) ? 30 : 0)
}

const nameAt = (side: Side, place: number): string => side.columns.find((column) => column.place === place)?.name ?? ''

async function probe(
  duckdb: DuckDb,
  side: Side,
  { every, by }: { readonly every: number; readonly by: SampledBy },
): Promise<void> {
  const table = `${side.name}_probe`
  await duckdb.run(
    `create or replace table ${table} (col integer, exact_key varchar, case_key varchar, loose_key varchar, rows bigint)`,
  )
  const columns = keyColumns(side.columns, every)
  if (columns.length === 0) return
  const rows = await sampleOf(duckdb, side, by)
  const values = columns.map(({ place }) => {
    const cell = `c${place}`
    const sampled = every === 1 ? '' : `and ${isSampled(cell, every, by)}`
    return `select ${place} as col, ${keySql(cell, 'exact')} as v, count(*) as rows from ${rows}
             where ${cell} is not null ${sampled} group by v`
  })
  const forms = isWhole(every, by) ? `${keySql('v', 'case')}, ${keySql('v', 'loose')}` : 'null, null'
  await duckdb.run(`
    insert into ${table} select col, v, ${forms}, rows from (${values.join(' union all ')}) where v is not null`)
}

/** Whether a key is in the sample in whatever form it is written. */
export const isWhole = (every: number, by: SampledBy): boolean => every === 1 || by === 'end'

type Counts = { readonly values: number; readonly rows: number; readonly collides: boolean }

async function countColumns(duckdb: DuckDb): Promise<ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Counts>()
  const of = (side: SideName): string => `
    select '${side}' as side, col, count(*) as exact, sum(rows)::bigint as rows, count(distinct case_key) as "case",
           count(distinct loose_key) as loose, count(loose_key) as exact_of_loose, (sum(rows) filter (loose_key is not null))::bigint as loose_rows
      from ${side}_probe group by col`
  const found = await duckdb.query<Counted>(SIDES.map(of).join(' union all '))
  for (const { side, col, exact, rows, loose, ...row } of found) {
    const add = (form: KeyForm, values: bigint, ofValues: bigint, ofRows: bigint): void => {
      if (values > 0n)
        counts.set(`${side} ${form} ${col}`, {
          values: Number(values),
          rows: Number(ofRows),
          collides: values < ofValues,
        })
    }
    add('exact', exact, exact, rows)
    add('case', row.case, exact, rows)
    add('loose', loose, row.exact_of_loose, row.loose_rows ?? 0n)
  }
  return counts
}

type Counted = { readonly side: SideName; readonly col: number; readonly loose_rows: bigint | null } & Readonly<
  Record<'exact' | 'rows' | 'case' | 'loose' | 'exact_of_loose', bigint>
>

/** Rows of both sides that share a key, as they stand in the files. A key that repeats is a group. */
export type Group = Readonly<Record<SideName, readonly Readonly<Record<string, string | null>>[]>>

const MAX_GROUPS = 400
/** A key of many rows is no key, and its sum proves nothing. */
const MAX_GROUP_ROWS = 8

export async function sampleGroups(
  duckdb: DuckDb,
  { ours, theirs }: Readonly<Record<SideName, Side>>,
  pair: KeyPair,
  by: SampledBy,
): Promise<readonly Group[]> {
  const column = (side: Side, name: string): number => side.columns.find((each) => each.name === name)?.place ?? 0
  const key = `${pair.form}_key`
  const picked = (side: SideName, place: number): string =>
    `select ${key} as k from ${side}_probe where col = ${place} and ${key} is not null group by 1 having sum(rows) <= ${MAX_GROUP_ROWS}`
  const [o, t] = [column(ours, pair.ours), column(theirs, pair.theirs)]
  await duckdb.run(`create or replace table picked as
    select k from (${picked('ours', o)}) join (${picked('theirs', t)}) using (k) order by hash(k) limit ${MAX_GROUPS}`)
  const rowsOf = async (side: Side, place: number) =>
    duckdb.query<{ k: string } & Record<string, string | null>>(`
      select p.k, r.* exclude (n, line) from (select *, ${keySql(`c${place}`, pair.form)} as k from ${await sampleOf(duckdb, side, by)}) r
        join picked p on p.k = r.k order by n`)
  const [left, right] = [
    Map.groupBy(await rowsOf(ours, o), ({ k }) => k),
    Map.groupBy(await rowsOf(theirs, t), ({ k }) => k),
  ]
  return [...left].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, rows]) => ({ ours: rows, theirs: right.get(k) ?? [] }))
}
