import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { knownMigrations, migrate, withoutPassword } from './migrate.ts'
import { StartRefusal } from './start-refusal.ts'

/** Goal: whatever state a database is in, a migration ends with this program's schema or refuses and changes nothing. */
describe('migrate', () => {
  let databases: TestDatabase[] = []
  afterEach(async () => {
    for (const database of databases) await database.drop()
    databases = []
  })

  async function anEmptyDatabase(): Promise<TestDatabase> {
    const database = await createTestDatabase({ empty: true })
    databases.push(database)
    return database
  }

  const roleOf = (url: string): string => new URL(url).username

  async function query(url: string, text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  it('applies everything once, in order, and then nothing', async () => {
    const { ownerUrl, url } = await anEmptyDatabase()
    const request = { ownerUrl, schema: 'shop_1', mode: 'test', appRole: roleOf(url) } as const

    expect(await migrate(request)).toEqual({ applied: knownMigrations() })
    expect(await migrate(request)).toEqual({ applied: [] })
    expect(await query(ownerUrl, 'select mode from shop_1.deployment')).toEqual([{ mode: 'test' }])
  })

  it('lets nodes that start together wait for each other', async () => {
    const { ownerUrl } = await anEmptyDatabase()
    const request = { ownerUrl, schema: 'tallystick', mode: 'live', appRole: undefined } as const

    const results = await Promise.all([migrate(request), migrate(request), migrate(request)])

    expect(results.flatMap(({ applied }) => applied)).toEqual(knownMigrations())
  })

  it('keeps two schemas of one database apart', async () => {
    const { ownerUrl } = await anEmptyDatabase()

    await migrate({ ownerUrl, schema: 'north', mode: 'test', appRole: undefined })
    await migrate({ ownerUrl, schema: 'south', mode: 'live', appRole: undefined })

    expect(
      await query(ownerUrl, 'select n.mode as north, s.mode as south from north.deployment n, south.deployment s'),
    ).toEqual([{ north: 'test', south: 'live' }])
  })

  it('grants a role that comes later, and nothing that would rewrite the books', async () => {
    const { ownerUrl, url } = await anEmptyDatabase()
    const app = roleOf(url)
    await migrate({ ownerUrl, schema: 'tallystick', mode: 'test', appRole: undefined })
    await expect(query(url, 'select 1 from tallystick.posting')).rejects.toThrow('permission denied')

    await migrate({ ownerUrl, schema: 'tallystick', mode: 'test', appRole: app })

    const rows = await query(
      ownerUrl,
      `select tablename from pg_tables
        where schemaname = 'tallystick'
          and has_table_privilege('${app}', format('tallystick.%I', tablename), 'update')
          and tablename in ('journal_entry', 'posting', 'ledger_batch', 'ledger_anchor', 'schema_migration')`,
    )
    expect(rows).toEqual([])
    expect(await query(url, 'select mode from tallystick.deployment')).toEqual([{ mode: 'test' }])
  })

  it('lets the app change how a break stands, and nothing of what was found', async () => {
    const { ownerUrl, url } = await anEmptyDatabase()
    await migrate({ ownerUrl, schema: 'tallystick', mode: 'test', appRole: roleOf(url) })

    for (const column of [
      'id',
      'source',
      'business_date',
      'attempt_id',
      'file_id',
      'line',
      'ours_amount',
      'theirs_amount',
      'difference',
    ])
      await expect(query(url, `update tallystick.recon_break set ${column} = ${column}`)).rejects.toThrow(
        'permission denied',
      )
    for (const column of ['state', 'class', 'code', 'assignee', 'cleared_at', 'resolution_id'])
      await query(url, `update tallystick.recon_break set ${column} = ${column}`)
    await query(url, 'select id from tallystick.recon_break for update')
  })

  it('takes what an earlier version granted away from a schema that is up to date', async () => {
    const { ownerUrl, url } = await anEmptyDatabase()
    const app = roleOf(url)
    const request = { ownerUrl, schema: 'tallystick', mode: 'test', appRole: app } as const
    await migrate(request)
    await query(ownerUrl, `grant update on tallystick.recon_break, tallystick.posting to "${app}"`)

    await Promise.all(Array.from({ length: 4 }, () => migrate(request)))

    for (const change of ['recon_break set line = line', 'posting set amount = amount'])
      await expect(query(url, `update tallystick.${change}`)).rejects.toThrow('permission denied')
    await query(url, 'update tallystick.recon_break set state = state')
  })

  it('refuses a schema of another mode and one that is newer', async () => {
    const { ownerUrl } = await anEmptyDatabase()
    const request = { ownerUrl, schema: 'tallystick', mode: 'test', appRole: undefined } as const
    await migrate(request)

    await expect(migrate({ ...request, mode: 'live' })).rejects.toThrow('is a test deployment')
    await query(ownerUrl, "insert into tallystick.schema_migration (name, run_on) values ('9999_later', now())")
    await expect(migrate(request)).rejects.toThrow(StartRefusal)
    await expect(migrate(request)).rejects.toThrow('newer than this program (it has 9999_later)')
  })

  it('shows a database address without its password', () => {
    expect(withoutPassword('postgresql://me:secret@db:5432/shop?sslmode=require')).toBe('postgresql://me@db:5432/shop')
    expect(withoutPassword('nonsense')).toBe('an address that is not a URL')
  })
})
