import { describe, expect, it } from 'vitest'
import { openDuckDb } from './duckdb.ts'
import { isShortage } from './shortage.ts'

const withCode = (code: string): Error => Object.assign(new Error('no'), { code })

describe('a shortage', () => {
  it.each(['53100', '53200', '53300', 'ENOSPC', 'EMFILE'])('is what %s says', (code) => {
    expect(isShortage(withCode(code))).toBe(true)
  })

  it.each(['23505', '40001', '42P01', 'ENOENT', 'EACCES'])('is not what %s says', (code) => {
    expect(isShortage(withCode(code))).toBe(false)
  })

  it('is what DuckDB says that may use no more memory and no more disk', async () => {
    const duckdb = await openDuckDb('/nowhere')
    try {
      await duckdb.run(`set memory_limit = '10MB'; set max_temp_directory_size = '0MB'`)

      const error: unknown = await duckdb
        .run(`create table t as select range, repeat('x', 100) || range from range(1000000)`)
        .catch((cause: unknown) => cause)

      expect(isShortage(error)).toBe(true)
    } finally {
      duckdb.close()
    }
  })

  it('is not what DuckDB says of a table that is not there', async () => {
    const duckdb = await openDuckDb('/nowhere')
    try {
      const error: unknown = await duckdb.run('select * from nothing').catch((cause: unknown) => cause)

      expect(error).toBeInstanceOf(Error)
      expect(isShortage(error)).toBe(false)
    } finally {
      duckdb.close()
    }
  })
})
