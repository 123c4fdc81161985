import assert from 'node:assert/strict'
import { MAX_SUM } from '../../money/index.ts'
import { type DuckDb, literal } from '../../platform/duckdb.ts'
import { decimalsIn } from '../rows/currency-code.ts'
import { type Days, later, type Settings } from '../settings.ts'
import type { SideName } from '../side.ts'
import { countLoose } from './loose.ts'
import { leaveStraight } from './straight.ts'

/**
 * Pairs of rows, in sets. A row is claimed once: within a pass both sides are ranked by time among the rows of one key, those of
 * one time by amount, and rank joins rank, so that duplicates never multiply.
 *
 *     1  exact            key, currency and amount
 *     2  many_to_one      several rows of ours of a key whose sum is one row of theirs; one_to_many the other way round
 *     3  tolerance        key and currency, the amounts near enough
 *     4  key              key: what differs makes a break; a group that does not add up makes one as a whole
 *     5  second           exact amounts under a second reference, such as the PSP's; other amounts make a break where a side
 *                      has no first one
 *     6  normalised       exact amounts under a key that differs in case, prefix or leading zeros only, unique on both sides;
 *                      two prefixes that differ say that there are two things: CH-17 is not RF-17
 *
 * Nothing is ever matched on its amount alone.
 *
 * Nearly all rows have a key that stands once on each side, with the same amount: they are matched straight (straight.ts), and
 * nothing more is kept of them. Tables `ours_left` and `theirs_left` have the other rows, with `loose`, the loosest form of their
 * keys, and table `pair` (o, t, rule, grp) the pairs among them, groups with a row for each of their members; `grp` is null for one
 * to one.
 */
export const RULES = ['exact', 'many_to_one', 'one_to_many', 'tolerance', 'key', 'second', 'normalised'] as const
export type Rule = (typeof RULES)[number]

export async function match(duckdb: DuckDb, settings: Settings): Promise<void> {
  const { dateWindow } = settings
  await duckdb.run(`
    create table pair (o integer, t integer, rule varchar, grp integer);
    create sequence groups;
    create macro sign_of(amount) as amount < 0`)
  await leaveStraight(duckdb, dateWindow !== undefined)
  const near = dateWindow === undefined ? undefined : await windowSql(duckdb, dateWindow)
  // A payment that failed comes after the one that did not.
  await rankPass(duckdb, { rule: 'exact', key: ['key', 'currency', 'amount'], near })
  if (await hasApart(duckdb))
    await rankPass(duckdb, { rule: 'exact', key: ['key', 'currency', 'amount'], withApart: true, near })
  const open = await openRows(duckdb)
  if (open.ours.rows > 0n && open.theirs.rows > 0n) await matchRest(duckdb, settings, { near, open })
  await countLoose(duckdb)
  await rankPass(duckdb, {
    rule: 'normalised',
    key: ['loose', 'currency', 'amount'],
    near,
    fits: `(prefix_of(o.ref, o.loose) in ('', prefix_of(t.ref, t.loose)) or prefix_of(t.ref, t.loose) = '')`,
    isUnique: true,
  })
}

type Open = Readonly<Record<SideName, { readonly rows: bigint; readonly repeats: boolean }>>

/** How many rows are left, and whether any key of theirs repeats: else there is nothing to sum. */
async function openRows(duckdb: DuckDb): Promise<Open> {
  const of = (side: SideName, short: 'o' | 't'): string =>
    `select '${side}' as side, count(*) as rows, count(distinct key) < count(key) as repeats from ${leftOf(short)}`
  const found = await duckdb.query<{ side: SideName; rows: bigint; repeats: boolean }>(
    `${of('ours', 'o')} union all ${of('theirs', 't')}`,
  )
  const [ours, theirs] = [found.find(({ side }) => side === 'ours'), found.find(({ side }) => side === 'theirs')]
  assert(ours !== undefined && theirs !== undefined, 'rows of both sides are counted')
  return { ours, theirs }
}

/** What was not matched exactly. */
async function matchRest(
  duckdb: DuckDb,
  { tolerance }: Settings,
  { near, open }: { readonly near: string | undefined; readonly open: Open },
): Promise<void> {
  if (open.ours.repeats) await sumPass(duckdb, 'many_to_one', near)
  if (open.theirs.repeats) await sumPass(duckdb, 'one_to_many', near)
  const isZero = tolerance.kind === 'relative' ? tolerance.millionths === 0n : Number(tolerance.text) === 0
  if (!isZero) {
    const fits = await toleranceSql(duckdb, tolerance)
    await rankPass(duckdb, { rule: 'tolerance', key: ['key', 'currency', 'sign_of(amount)'], near, fits })
  }
  if (open.ours.repeats) await splitGroups(duckdb, 'o', 't')
  if (open.theirs.repeats) await splitGroups(duckdb, 't', 'o')
  await rankPass(duckdb, { rule: 'key', key: ['key', 'currency', 'sign_of(amount)'], near })
  await rankPass(duckdb, { rule: 'key', key: ['key', 'sign_of(amount)'], near })
  if (await hasSeconds(duckdb)) {
    await rankPass(duckdb, { rule: 'second', key: ['second', 'currency', 'amount'], near })
    const fits = '(o.key is null or t.key is null)'
    await rankPass(duckdb, { rule: 'key', key: ['second', 'currency', 'sign_of(amount)'], near, fits })
  }
}

async function hasSeconds(duckdb: DuckDb): Promise<boolean> {
  const rows = await duckdb.query('select 1 from ours_left semi join theirs_left using (second) limit 1')
  return rows.length > 0
}

async function hasApart(duckdb: DuckDb): Promise<boolean> {
  const rows = await duckdb.query(
    'select 1 from (select apart from ours_left union all select apart from theirs_left) where apart is not null limit 1',
  )
  return rows.length > 0
}

type Pass = {
  readonly rule: Rule
  readonly key: readonly string[]
  /** Whether rows that are no sale take part. */
  readonly withApart?: boolean
  /** A condition on `o` and `t` that their dates meet. */
  readonly near: string | undefined
  /** A condition on `o` and `t` that their amounts meet. */
  readonly fits?: string
  /** Only keys that stand once on each side, among all rows. */
  readonly isUnique?: boolean
}

const leftOf = (side: 'o' | 't', withApart = false): string => {
  const table = side === 'o' ? 'ours_left' : 'theirs_left'
  return `(select * from ${table} anti join pair on pair.${side} = ${table}.n ${withApart ? '' : 'where apart is null'})`
}

async function rankPass(duckdb: DuckDb, { rule, key, withApart, near, fits, isUnique }: Pass): Promise<void> {
  const keys = key.map((expression, place) => `${expression} as k${place}`).join(', ')
  const names = key.map((_, place) => `k${place}`).join(', ')
  const side = (name: 'o' | 't'): string => {
    const unique =
      isUnique === true
        ? `and k0 not in (select loose from ${name === 'o' ? 'ours' : 'theirs'}_loose where rows > 1)`
        : ''
    return `select *, row_number() over (partition by ${names} order by ms nulls last, day nulls last, abs(amount) desc, n) as rank
        from (select *, ${keys} from ${leftOf(name, withApart)}) where k0 is not null ${unique}`
  }
  const conditions = [near, fits].filter((each) => each !== undefined)
  const condition = conditions.length === 0 ? 'true' : conditions.join(' and ')
  if (conditions.length === 0 || isUnique === true) {
    await duckdb.run(`
      insert into pair
        with o_left as (${side('o')}), t_left as (${side('t')})
        select o.n, t.n, '${rule}', null from o_left o join t_left t using (${names}, rank) where ${condition}`)
    return
  }
  await duckdb.run(`create or replace table o_left as ${side('o')}; create or replace table t_left as ${side('t')}`)
  await claimNear(duckdb, rule, names, condition)
}

/**
 * The same where not every row of a key may go with every other: each row of ours takes the first free row of theirs that
 * meets it, in the order of their times. Done round by round, in which every row of ours asks the next one of theirs.
 */
async function claimNear(duckdb: DuckDb, rule: Rule, names: string, condition: string): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const [claimed] = await duckdb.query<{ Count: bigint }>(`
      insert into pair
        with candidate as (
          select o.n as o, t.n as t, o.rank as o_rank, t.rank as t_rank
            from (select * from o_left anti join pair on pair.o = o_left.n) o
            join (select * from t_left anti join pair on pair.t = t_left.n) t using (${names})
           where ${condition}
        ), first_of_ours as (
          select * from candidate qualify row_number() over (partition by o order by t_rank, t) = 1
        )
        select o, t, '${rule}', null from first_of_ours qualify row_number() over (partition by t order by o_rank, o) = 1`)
    if (claimed?.Count === 0n) return
  }
}

const MAX_ROUNDS = 1_000 // as many as rows of one key in one window: more than any reference has

/** Keys of which one side has several rows and the other one, with the same sum. */
async function sumPass(duckdb: DuckDb, rule: 'many_to_one' | 'one_to_many', near: string | undefined): Promise<void> {
  const [many, one] = rule === 'many_to_one' ? (['o', 't'] as const) : (['t', 'o'] as const)
  const [o, t] = many === 'o' ? ['m.n', 's.single'] : ['s.single', 'm.n']
  const isNear =
    near === undefined
      ? ''
      : `where s.grp not in (
           select grp from summed s join many ${many} using (key, currency) join one ${one} on ${one}.n = s.single where not (${near}))`
  await duckdb.run(`
    insert into pair
      with many as (select * from ${leftOf(many)} where key is not null),
           one as (select * from ${leftOf(one)} where key is not null),
           summed as materialized (
             select nextval('groups')::integer as grp, m.key, m.currency, s.n as single
               from (select key, currency, sum(amount) as amount from many group by key, currency having count(*) > 1) m
               join (select key, currency, any_value(n) as n, any_value(amount) as amount from one group by key, currency having count(*) = 1) s
                 on s.key = m.key and s.currency = m.currency and s.amount = m.amount)
      select ${o}, ${t}, '${rule}', s.grp from summed s join many m using (key, currency) ${isNear}`)
}

/**
 * What is left of a key with one row on one side and several on the other, of one currency and sign, none of which was
 * matched: an order that was split into parts that do not add up to it. Equal parts are duplicates and no split;
 * of more than 64 bits hold there is no sum to show.
 */
async function splitGroups(duckdb: DuckDb, many: 'o' | 't', one: 'o' | 't'): Promise<void> {
  const whole = `key, count(*) as rows, count(distinct currency) as currencies, count(distinct sign_of(amount)) as signs,
    min(currency) as currency, bool_or(sign_of(amount)) as sign, count(distinct amount) as amounts, sum(amount) as total, any_value(n) as n`
  const [o, t] = many === 'o' ? ['m.n', 's.n'] : ['s.n', 'm.n']
  await duckdb.run(`
    insert into pair
      with many as (select * from ${leftOf(many)} where key is not null)
      select ${o}, ${t}, 'key', s.grp
        from (select nextval('groups')::integer as grp, s.key, s.n
                from (select ${whole} from many group by key) m
                join (select ${whole} from ${leftOf(one)} where key is not null group by key) s using (key)
               where m.rows > 1 and s.rows = 1 and m.currencies = 1 and m.signs = 1 and m.amounts > 1
                 and m.currency = s.currency and m.sign = s.sign and abs(m.total) <= ${MAX_SUM}
                 and key not in (select key from ours_left join pair on pair.o = ours_left.n where key is not null)) s
        join many m using (key)`)
}

/** Whether two rows are within the window, of which both have to have a date for it to say no. */
async function windowSql(duckdb: DuckDb, window: Days): Promise<string> {
  const dates = await duckdb.query<{
    day: string
  }>(`select distinct day from (select day from ours_left union select day from theirs_left)
    where day is not null`)
  await duckdb.run('create table last_day (day varchar, until varchar)')
  await duckdb.append(
    'last_day',
    ['varchar', 'varchar'],
    dates.map(({ day }) => [day, later(day, window)]),
  )
  const until = (row: string): string => `(select until from last_day l where l.day = ${row}.day)`
  return `(o.day is null or t.day is null or (o.day <= t.day and t.day <= ${until('o')}) or (t.day < o.day and o.day <= ${until('t')}))`
}

/** The largest difference in minor units, by currency. */
async function toleranceSql(duckdb: DuckDb, tolerance: Settings['tolerance']): Promise<string> {
  if (tolerance.kind === 'relative')
    return `abs(o.amount::hugeint - t.amount) * 1000000 <= abs(o.amount::hugeint) * ${tolerance.millionths}`
  const codes = await duckdb.query<{ currency: string }>('select distinct currency from ours_left')
  const cases = codes.map(
    ({ currency }) =>
      `when ${literal(currency)} then ${literal(tolerance.text)}::decimal(38, 9) * ${10 ** decimalsIn(currency)}`,
  )
  return `abs(o.amount::hugeint - t.amount) <= (case o.currency ${cases.join(' ')} else 0 end)`
}
