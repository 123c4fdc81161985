import assert from 'node:assert/strict'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { newId } from '../platform/ids.ts'
import { migrate } from '../platform/migrate.ts'
import { anEntry, standingClock, startLedgerNode, startTestLedger, type TestLedger } from './testing.ts'

/**
 * What the database refuses by itself. Everything here is raw SQL by the owner of the schema, in a session without a
 * search_path: no line of the ledger's code stands between.
 */

const TABLES = [
  'ledger_account',
  'ledger_chain',
  'ledger_batch',
  'ledger_anchor',
  'ledger_close',
  'journal_entry',
  'posting',
  'account_balance',
  'manual_entry',
]
const APPEND_ONLY = TABLES.filter((table) => table !== 'ledger_chain' && table !== 'account_balance')

let test: TestLedger
let booked: string
let cash: number
let sales: number

beforeAll(async () => {
  test = await startTestLedger()
  const { ledger, owner } = test
  await ledger.createAccount({ account: 'cash', type: 'asset' })
  await ledger.createAccount({ account: 'sales', type: 'asset' })
  const entry = anEntry([
    ['cash', 1000n],
    ['sales', -1000n],
  ])
  await test.post([entry])
  booked = entry.id
  const { rows } = await owner.query<{ id: number }>('select id from tallystick.ledger_account order by name')
  cash = rows[0]?.id ?? 0
  sales = rows[1]?.id ?? 0
  await owner.query(`insert into tallystick.ledger_close values ('2026-01-31', now())`)
  await owner.query(
    `insert into tallystick.ledger_anchor values ('2026-02-28', '[]', decode(repeat('00', 32), 'hex'), sha256('x'))`,
  )
})
afterAll(() => test.stop())

type Line = {
  readonly account?: number
  readonly amount: number | bigint
  readonly currency?: string
  readonly position?: number
}

const entrySql = (id: string, count: number, day = '2026-03-03', schema = 'tallystick'): string =>
  `insert into ${schema}.journal_entry (id, kind, fact, occurred_at, booked_at, accounting_date, chain_id, batch_seq, posting_count)
   values ('${id}', 'capture', '${id}', now(), now(), '${day}', 1, 1, ${count})`

const postingsSql = (id: string, lines: readonly Line[], schema = 'tallystick'): string =>
  `insert into ${schema}.posting (entry_id, position, account_id, amount, currency, leaf) values ${lines
    .map(
      ({ account = cash, amount, currency = 'EUR', position }, index) =>
        `('${id}', ${position ?? index + 1}, ${account}, ${amount}, '${currency}', sha256('leaf'))`,
    )
    .join(', ')}`

const bothSql = (id: string, lines: readonly Line[], day?: string, schema?: string): string =>
  `with entry as (${entrySql(id, lines.length, day, schema)}) ${postingsSql(id, lines, schema)}`

const balanced = (amount = 500): Line[] => [{ amount }, { account: sales, amount: -amount }]

/** Every row of every table of the ledger, in order, as one hash. */
async function contents(schema = 'tallystick', client = test.owner): Promise<string> {
  const parts = TABLES.map((table) => `(select string_agg(t::text, e'\\n' order by t::text) from ${schema}.${table} t)`)
  const { rows } = await client.query<{ hash: string }>(`select md5(concat_ws(e'\\n\\n', ${parts.join(', ')})) as hash`)
  assert(rows[0] !== undefined)
  return rows[0].hash
}

/** Runs statements in one transaction and gives the code and the constraint of what was refused. */
async function refusal(
  statements: readonly string[],
  client: pg.Client = test.owner,
): Promise<{ code: string | undefined; constraint: string | undefined; message: string }> {
  const before = await contents()
  await client.query('begin')
  try {
    for (const statement of statements) await client.query(statement)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    assert(error instanceof pg.DatabaseError)
    expect(await contents()).toBe(before)
    return { code: error.code, constraint: error.constraint, message: error.message }
  }
  throw new Error(`not refused: ${statements.join('; ')}`)
}

describe('the database takes', () => {
  it('a whole entry in one statement', async () => {
    await test.owner.query('begin')
    await test.owner.query(bothSql(newId(), balanced()))
    await test.owner.query(
      bothSql(newId(), [...balanced(700), { amount: 5, currency: 'JPY' }, { amount: -5, currency: 'JPY' }]),
    )
    await test.owner.query('rollback')
  })
})

describe('the database refuses an entry', () => {
  const cases: readonly (readonly [name: string, constraint: string, statements: (id: string) => readonly string[]])[] =
    [
      [
        'that does not balance',
        'journal_entry_balances',
        (id) => [bothSql(id, [{ amount: 500 }, { account: sales, amount: -499 }])],
      ],
      [
        'of which one currency is off by a cent',
        'journal_entry_balances',
        (id) => [
          bothSql(id, [
            ...balanced(),
            { amount: 1000, currency: 'KWD' },
            { account: sales, amount: -1001, currency: 'KWD' },
          ]),
        ],
      ],
      [
        'whose currencies cancel each other out',
        'journal_entry_balances',
        (id) => [bothSql(id, [{ amount: 500 }, { account: sales, amount: -500, currency: 'USD' }])],
      ],
      [
        'whose sum is zero in 64 bits only',
        'journal_entry_balances',
        (id) => [
          bothSql(
            id,
            Array.from({ length: 4 }, () => ({ amount: 2n ** 62n })),
          ),
        ],
      ],
      ['without postings', 'journal_entry_complete', (id) => [entrySql(id, 2)]],
      ['that says it has one posting', 'journal_entry_has_two_postings', (id) => [entrySql(id, 1)]],
      [
        'with fewer postings than it says',
        'posting_belongs_to_new_entry',
        (id) => [`with entry as (${entrySql(id, 3)}) ${postingsSql(id, balanced())}`],
      ],
      [
        'with more postings than it says',
        'posting_belongs_to_new_entry',
        (id) => [`with entry as (${entrySql(id, 2)}) ${postingsSql(id, [...balanced(), ...balanced()])}`],
      ],
      [
        'whose positions leave room for more',
        'posting_belongs_to_new_entry',
        (id) => [
          `with entry as (${entrySql(id, 2)}) ${postingsSql(id, [
            { amount: 500, position: 2 },
            { amount: -500, position: 3 },
          ])}`,
        ],
      ],
      ['with a posting of nothing', 'posting_moves_something', (id) => [bothSql(id, [{ amount: 0 }, { amount: 0 }])]],
      [
        'with a posting on an account that does not exist',
        'posting_account_exists',
        (id) => [bothSql(id, [{ amount: 500 }, { account: 999_999, amount: -500 }])],
      ],
      ['on the last closed day', 'journal_entry_day_open', (id) => [bothSql(id, balanced(), '2026-01-31')]],
      ['on a day before it', 'journal_entry_day_open', (id) => [bothSql(id, balanced(), '2025-12-31')]],
      [
        'in one statement and its postings in the next',
        'journal_entry_complete',
        (id) => [entrySql(id, 2), postingsSql(id, balanced())],
      ],
      [
        'whose postings come in the statement before',
        'posting_belongs_to_new_entry',
        (id) => [postingsSql(id, balanced()), entrySql(id, 2)],
      ],
      [
        'that reverses an entry which does not exist',
        'journal_entry_reverses_fkey',
        (id) => [
          bothSql(id, balanced())
            .replace('posting_count)', 'posting_count, reverses)')
            .replace(`1, 1, 2)`, `1, 1, 2, '${newId()}')`),
        ],
      ],
      [
        'of a fact that is booked',
        'journal_entry_fact_once',
        (id) => [
          bothSql(id, balanced()),
          bothSql(newId(), balanced()).replace(/'capture', '[^']*'/, `'capture', '${id}'`),
        ],
      ],
    ]
  it.each(cases)('%s', async (_name, constraint, statements) => {
    expect(await refusal(statements(newId()))).toMatchObject({ constraint })
  })
})

describe('the database refuses postings that come later', () => {
  it('balanced, to an entry of long ago', async () => {
    const lines = balanced().map((line, index) => ({ ...line, position: index + 3 }))
    expect(await refusal([postingsSql(booked, lines)])).toMatchObject({ constraint: 'posting_belongs_to_new_entry' })
  })

  it('balanced, on positions outside the entry', async () => {
    for (const position of [-1, 0]) {
      const lines = [
        { amount: 500, position },
        { amount: -500, position: 3 },
      ]
      expect(await refusal([postingsSql(booked, lines)])).toMatchObject({ constraint: 'posting_belongs_to_new_entry' })
    }
  })

  it('balanced, on the positions that are taken', async () => {
    expect(await refusal([postingsSql(booked, balanced())])).toMatchObject({ constraint: 'posting_pkey' })
  })

  it('balanced, in another statement of the transaction that books the entry', async () => {
    const id = newId()
    const later = balanced().map((line, index) => ({ ...line, position: index + 3 }))
    expect(await refusal([bothSql(id, balanced()), postingsSql(id, later)])).toMatchObject({
      constraint: 'posting_belongs_to_new_entry',
    })
  })

  it('to no entry at all', async () => {
    expect(await refusal([postingsSql(newId(), balanced())])).toMatchObject({
      constraint: 'posting_belongs_to_new_entry',
    })
  })
})

describe('the database is not deceived', () => {
  const later = (): string =>
    postingsSql(
      booked,
      balanced().map((line, index) => ({ ...line, position: index + 3 })),
    )
  const decoys = [
    [
      'journal_entry',
      () => [
        `create temp table journal_entry (id uuid, posting_count smallint)`,
        `insert into journal_entry values ('${booked}', 4)`,
        later(),
      ],
      'posting_belongs_to_new_entry',
    ],
    [
      'ledger_account',
      () => [
        'create temp table ledger_account (id integer)',
        'insert into ledger_account values (999999)',
        bothSql(newId(), [{ amount: 1 }, { account: 999_999, amount: -1 }]),
      ],
      'posting_account_exists',
    ],
    [
      'ledger_close',
      () => ['create temp table ledger_close (closed_through date)', bothSql(newId(), balanced(), '2026-01-01')],
      'journal_entry_day_open',
    ],
    [
      'posting',
      () => {
        const id = newId()
        return [
          'create temp table posting (entry_id uuid, position smallint)',
          `insert into posting values ('${id}', 1), ('${id}', 2)`,
          entrySql(id, 2),
        ]
      },
      'journal_entry_complete',
    ],
  ] as const

  it.each(decoys)('by a temporary table called %s', async (_table, statements, constraint) => {
    const app = new pg.Client({ connectionString: test.database.url, options: '-c search_path=tallystick' })
    await app.connect()
    try {
      for (const client of [test.owner, app]) expect(await refusal(statements(), client)).toMatchObject({ constraint })
    } finally {
      await app.end()
    }
  })

  it('by tables of the same names in the search_path', async () => {
    await test.owner.query('create schema decoy')
    for (const table of TABLES) await test.owner.query(`create table decoy.${table} (like tallystick.${table})`)
    await test.owner.query(`insert into decoy.journal_entry select * from tallystick.journal_entry`)
    await test.owner.query(`update decoy.journal_entry set posting_count = 4`)
    expect(await refusal(['set local search_path = decoy, tallystick', later()])).toMatchObject({
      constraint: 'posting_belongs_to_new_entry',
    })
    await test.owner.query('drop schema decoy cascade')
  })

  it('by a schema of another name, also when it is renamed', async () => {
    const database = await createTestDatabase({ empty: true })
    const owner = new pg.Client({ connectionString: database.ownerUrl })
    await owner.connect()
    try {
      await migrate({ ownerUrl: database.ownerUrl, schema: 'Other books', mode: 'test', appRole: undefined })
      for (const [from, to] of [
        ['Other books', 'other'],
        ['other', 'renamed'],
      ]) {
        await owner.query(`alter schema "${from}" rename to "${to}"`)
        const schema = to ?? ''
        const clock = standingClock('2026-03-03T12:00:00Z')
        const node = startLedgerNode({ url: database.ownerUrl, schema }, clock)
        await node.post([
          anEntry([
            ['cash', 5n],
            ['sales', -5n],
          ]),
        ])
        expect((await node.ledger.verify()).findings).toEqual([])
        await node.db.end()
        await expect(
          owner.query(
            bothSql(
              newId(),
              [
                { amount: 1, account: 1 },
                { amount: -2, account: 1 },
              ],
              undefined,
              schema,
            ),
          ),
        ).rejects.toThrow('does not balance')
        await expect(owner.query(`delete from ${schema}.posting`)).rejects.toThrow('append-only')
      }
    } finally {
      await owner.end()
      await database.drop()
    }
  })
})

describe('nobody', () => {
  const CHANGES: Readonly<Record<string, string>> = {
    ledger_account: `type = 'income'`,
    ledger_batch: 'posting_count = posting_count + 1',
    ledger_anchor: `heads = '[]'`,
    ledger_close: `closed_through = '2025-01-01'`,
    journal_entry: `occurred_at = occurred_at - interval '1 day'`,
    posting: 'amount = amount + 1',
    manual_entry: `reference = 'other'`,
  }
  const ways = (table: string): string[] => [
    `update tallystick.${table} set ${CHANGES[table]}`,
    `delete from tallystick.${table}`,
    `truncate tallystick.${table}`,
    `truncate tallystick.${table} cascade`,
  ]

  it.each(APPEND_ONLY)('changes, deletes or truncates %s, not even the owner', async (table) => {
    // A foreign key refuses a plain truncate before any trigger could; either way nothing goes.
    const codes = ['42501', '0A000']
    for (const statement of ways(table)) {
      const { code, message } = await refusal([statement])
      expect(codes).toContain(code)
      if (code === '42501') expect(message).toContain('the ledger is append-only')
    }
  })

  it.each(APPEND_ONLY)('silences the triggers of %s as a replica', async (table) => {
    for (const statement of ways(table)) {
      const { code } = await refusal([`set local session_replication_role = 'replica'`, statement])
      expect(['42501', '0A000']).toContain(code)
    }
  })

  it('takes a row from the chains or the balances, or moves a chain back', async () => {
    for (const statement of [
      'delete from tallystick.account_balance',
      'truncate tallystick.account_balance',
      'delete from tallystick.ledger_chain',
      'truncate tallystick.ledger_chain cascade',
      'update tallystick.ledger_chain set head_seq = head_seq - 1 where id = 1',
      'update tallystick.ledger_chain set head_hash = sha256(head_hash) where id = 1',
      'update tallystick.ledger_chain set head_seq = head_seq + 2 where id = 1',
    ]) {
      expect(await refusal([statement])).toMatchObject({ code: '42501' })
    }
    expect(await refusal([`update tallystick.account_balance set debits = debits - 1001`])).toMatchObject({
      constraint: 'account_balance_debits_not_negative',
    })
  })

  it('forks the chain of anchors', async () => {
    const fork = `insert into tallystick.ledger_anchor select date '2026-03-02', heads, previous_hash, sha256('y') from tallystick.ledger_anchor`
    expect(await refusal([fork])).toMatchObject({ constraint: 'ledger_anchor_one_successor' })
  })

  it('changes the ledger as the app, which lacks the privilege', async () => {
    const app = new pg.Client({ connectionString: test.database.url })
    await app.connect()
    try {
      for (const statement of APPEND_ONLY.flatMap(ways)) {
        const { code, message } = await refusal([statement], app)
        expect(code).toBe('42501')
        expect(message).toContain('permission denied')
      }
      for (const table of TABLES) {
        for (const statement of [`delete from tallystick.${table}`, `truncate tallystick.${table}`])
          expect((await refusal([statement], app)).message).toContain('permission denied')
        const disable = `alter table tallystick.${table} disable trigger all`
        expect((await refusal([disable], app)).message).toContain('must be owner')
      }
    } finally {
      await app.end()
    }
  })
})
