import { type Db, type Queryable, statement } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { AccountType } from './account.ts'

/** Gross turnover and balance of an account in one currency, in minor units. Balance = debits − credits. */
export type AccountBalance = {
  readonly currency: string
  readonly account: string
  readonly type: AccountType
  readonly debits: bigint
  readonly credits: bigint
  readonly balance: bigint
}

export type TrialBalance = {
  readonly asOf: Date
  readonly currencies: readonly {
    readonly currency: string
    readonly debits: bigint
    readonly credits: bigint
    readonly accounts: readonly Omit<AccountBalance, 'currency'>[]
  }[]
}

const NOW = statement(
  'ledger.balances_now',
  `select b.currency, a.name as account, a.type, sum(b.debits) as debits, sum(b.credits) as credits, sum(b.debits - b.credits) as balance
     from account_balance b join ledger_account a on a.id = b.account_id
    group by b.currency, a.name, a.type
    order by b.currency, a.name`,
)

// Every posting booked until then is read: a question of auditors, asked seldom.
const AS_OF = statement(
  'ledger.balances_as_of',
  `select p.currency, a.name as account, a.type,
          coalesce(sum(p.amount) filter (where p.amount > 0), 0) as debits,
          coalesce(-sum(p.amount) filter (where p.amount < 0), 0) as credits,
          sum(p.amount) as balance
     from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where e.booked_at <= $1
    group by p.currency, a.name, a.type
    order by p.currency, a.name`,
)

/** All accounts with their turnover, per currency, as they stand now. */
export async function trialBalance(db: Queryable, now: Date): Promise<TrialBalance> {
  return sheetOf(now, await db.run<AccountBalance>(NOW))
}

/** The same with what was booked until an instant. Reads every posting. */
export async function trialBalanceAsOf(db: Db, asOf: Date): Promise<TrialBalance> {
  return db.transaction(async (tx) => {
    await tx.query(`set local statement_timeout = '15min'`)
    return sheetOf(asOf, await tx.run<AccountBalance>(AS_OF, [asOf]))
  })
}

function sheetOf(asOf: Date, rows: readonly AccountBalance[]): TrialBalance {
  const currencies = [...Map.groupBy(rows, (row) => row.currency)].map(([currency, accounts]) => ({
    currency,
    debits: accounts.reduce((sum, account) => sum + account.debits, 0n),
    credits: accounts.reduce((sum, account) => sum + account.credits, 0n),
    accounts: accounts.map(({ currency: _currency, ...account }) => account),
  }))
  return { asOf, currencies }
}

const LIST_ACCOUNTS = statement(
  'ledger.list_accounts',
  `select id, name, type from ledger_account where name > coalesce($1::text, '') order by name limit $2`,
)

const BALANCES_OF = statement(
  'ledger.balances_of',
  `select account_id, currency, sum(debits) as debits, sum(credits) as credits, sum(debits - credits) as balance
     from account_balance where account_id = any($1::integer[])
    group by account_id, currency order by account_id, currency`,
)

export type AccountWithBalances = {
  readonly account: string
  readonly type: AccountType
  readonly balances: readonly Omit<AccountBalance, 'account' | 'type'>[]
}

/** A page of accounts by name, each with its balances. */
export async function listAccounts(
  db: Queryable,
  filter: { readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly data: readonly AccountWithBalances[]; readonly hasMore: boolean }> {
  const rows = await db.run<{ id: number; name: string; type: AccountType }>(LIST_ACCOUNTS, [
    filter.after,
    filter.limit + 1,
  ])
  const page = rows.slice(0, filter.limit)
  const balances = await db.run<Omit<AccountBalance, 'account' | 'type'> & { account_id: number }>(BALANCES_OF, [
    page.map((row) => row.id),
  ])
  const balancesOf = Map.groupBy(balances, (row) => row.account_id)
  const data = page.map((row) => ({
    account: row.name,
    type: row.type,
    balances: (balancesOf.get(row.id) ?? []).map(({ account_id: _id, ...balance }) => balance),
  }))
  return { data, hasMore: rows.length > filter.limit }
}

const CREATE_ACCOUNT = statement(
  'ledger.create_account',
  'insert into ledger_account (name, type) values ($1, $2) on conflict (name) do nothing returning id',
)

const FIND_TYPE = statement('ledger.find_type', 'select type from ledger_account where name = $1')

/** Creates an account; the same name and type again is no change. Throws `account_exists` for another type. */
export async function createAccount(
  db: Queryable,
  name: string,
  type: AccountType,
): Promise<{ readonly created: boolean }> {
  const created = await db.run<{ id: number }>(CREATE_ACCOUNT, [name, type])
  if (created.length > 0) return { created: true }
  const [existing] = await db.run<{ type: AccountType }>(FIND_TYPE, [name])
  if (existing?.type === type) return { created: false }
  const detail = `"${name}" is an account of type ${existing?.type}; an account's type never changes.`
  throw new Refusal('account_exists', detail, { errors: [{ pointer: '/type', detail }] })
}
