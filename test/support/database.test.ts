import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './database.ts'

describe('a test database', () => {
  let database: TestDatabase
  let app: pg.Client
  beforeAll(async () => {
    database = await createTestDatabase()
    app = new pg.Client({ connectionString: database.url, options: `-c search_path=${database.schema}` })
    await app.connect()
  })
  afterAll(async () => {
    await app.end()
    await database.drop()
  })

  it('is migrated and in test mode', async () => {
    const { rows } = await app.query('select mode from deployment')

    expect(rows).toEqual([{ mode: 'test' }])
  })

  it('gives the app no right to rewrite the ledger', async () => {
    await expect(app.query('update posting set amount = 0')).rejects.toThrow('permission denied')
    await expect(app.query('delete from journal_entry')).rejects.toThrow('permission denied')
    await expect(app.query('create table intruder (n int)')).rejects.toThrow('permission denied')
  })
})
