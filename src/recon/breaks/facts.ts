import type { DuckDb } from '../../platform/duckdb.ts'
import { type ProofLine, prove } from '../../reconciliation/index.ts'
import { RULES, type Rule } from '../matching/match.ts'
import { SIDES, type SideName } from '../side.ts'
import { type BreakClass, CODES, type Code } from './decide.ts'
import type { Apart, CodeTotal, Summary } from './result.ts'

type Amount = { readonly currency: string; readonly amount: bigint }

/** What is compared: every row but those that stand apart and were not matched. */
const compared = (side: SideName): string =>
  `(select * from ${side} where apart is null or n in (select ${side === 'ours' ? 'o' : 't'} from pair))`

/**
 * The proof: ours and theirs are summed over the rows, what is explained over the breaks and the tolerated differences, so
 * that a row that was lost or counted twice on the way shows as unexplained. `compared`: the rows that were summed.
 */
export async function proofOf(
  duckdb: DuckDb,
): Promise<{ readonly proof: readonly ProofLine[]; readonly compared: Readonly<Record<SideName, number>> }> {
  const sums = async (sql: string) =>
    (await duckdb.query<Amount & { rows: bigint }>(sql)).map(({ currency, amount, rows }) => ({
      sum: [currency, amount] as const,
      rows: Number(rows),
    }))
  const sideSums = (side: SideName) =>
    sums(`select currency, sum(amount) as amount, count(*) as rows from ${compared(side)} group by currency`)
  const [ours, theirs] = [await sideSums('ours'), await sideSums('theirs')]
  const explained = await sums(`
    select currency, sum(amount) as amount, 0::bigint as rows
      from (select ours_currency as currency, ours_amount as amount from found where ours_amount is not null
            union all select theirs_currency, -theirs_amount from found where theirs_amount is not null
            union all ${TOLERATED}) group by currency`)
  const sumsOf = (side: typeof ours) => side.map(({ sum }) => sum)
  const rowsOf = (side: typeof ours): number => side.reduce((total, { rows }) => total + rows, 0)
  return {
    proof: prove(sumsOf(ours), sumsOf(theirs), sumsOf(explained)),
    compared: { ours: rowsOf(ours), theirs: rowsOf(theirs) },
  }
}

const TOLERATED = `select o.currency, o.amount - t.amount as amount
  from pair p join ours_left o on o.n = p.o join theirs_left t on t.n = p.t where p.rule = 'tolerance'`

export async function toleratedOf(duckdb: DuckDb): Promise<ReadonlyMap<string, bigint>> {
  const rows = await duckdb.query<Amount>(
    `select currency, sum(amount) as amount from (${TOLERATED}) group by currency order by currency`,
  )
  return new Map(rows.map(({ currency, amount }) => [currency, amount]))
}

/** Pairs that are no break, by rule. What was matched straight is exact. */
export async function matchedOf(duckdb: DuckDb): Promise<Pick<Summary, 'pairs' | 'byRule'>> {
  const rows = await duckdb.query<{ rule: Rule; ours: bigint; theirs: bigint; pairs: bigint }>(`
    select rule, count(distinct o) as ours, count(distinct t) as theirs, count(distinct coalesce(-1 - grp, o)) as pairs
      from pair where not exists (select 1 from found where found.o is not null and found.t is not null
                                    and (found.grp = pair.grp or (found.grp is null and pair.grp is null and found.o = pair.o)))
     group by rule`)
  const [straight] = await duckdb.query<{ rows: bigint }>(
    'select (select count(*) from ours) - (select count(*) from ours_left) as rows',
  )
  const matchedStraight = Number(straight?.rows)
  const byRule = RULES.flatMap((rule) => {
    const row = rows.find((each) => each.rule === rule)
    const more = rule === 'exact' ? matchedStraight : 0
    const [ours, theirs] = [Number(row?.ours ?? 0n) + more, Number(row?.theirs ?? 0n) + more]
    return ours + theirs === 0 ? [] : [{ rule, ours, theirs }]
  })
  return { pairs: rows.reduce((sum, { pairs }) => sum + Number(pairs), matchedStraight), byRule }
}

export async function totalsOf(duckdb: DuckDb): Promise<readonly CodeTotal[]> {
  const counts = await duckdb.query<{ code: Code; class: BreakClass; count: bigint; due_on: string | null }>(
    'select code, class, count(*) as count, max(due_on) as due_on from found group by code, class',
  )
  const amounts = await duckdb.query<Amount & { code: Code }>(`
    select code, currency, sum(amount) as amount
      from (select code, ours_currency as currency, ours_amount as amount from found where ours_amount is not null and code <> 'fee_mismatch'
            union all select code, theirs_currency, -theirs_amount from found where theirs_amount is not null and code <> 'fee_mismatch'
            union all select code, currency, difference from found where code = 'fee_mismatch')
     group by code, currency order by currency`)
  return counts
    .toSorted((a, b) => CODES.indexOf(a.code) - CODES.indexOf(b.code))
    .map(({ code, class: isClass, count, due_on }) => ({
      code,
      class: isClass,
      count: Number(count),
      amounts: new Map(amounts.filter((each) => each.code === code).map(({ currency, amount }) => [currency, amount])),
      dueOn: due_on ?? undefined,
    }))
}

export async function apartOf(duckdb: DuckDb): Promise<readonly Apart[]> {
  const found: Apart[] = []
  for (const side of SIDES) {
    const rows = await duckdb.query<Amount & { kind: string; rows: bigint }>(`
      select apart as kind, currency, count(*) as rows, sum(amount) as amount from ${side}_left
       where apart is not null and n not in (select ${side === 'ours' ? 'o' : 't'} from pair)
       group by apart, currency order by apart, currency`)
    found.push(
      ...rows.map(({ kind, currency, rows: count, amount }) => ({ side, kind, currency, rows: Number(count), amount })),
    )
  }
  return found
}

export async function unparsedOf(duckdb: DuckDb): Promise<Readonly<Record<SideName, number>>> {
  const rows = await duckdb.query<{ side: SideName; c: bigint }>(
    `select side, count(*) as c from unparsed where code <> 'control' group by side`,
  )
  const of = (side: SideName): number => Number(rows.find((row) => row.side === side)?.c ?? 0n)
  return { ours: of('ours'), theirs: of('theirs') }
}
