import { describe, expect, it } from 'vitest'
import { isConnectionError } from './db.ts'

describe('an error', () => {
  it.each([
    'Connection terminated unexpectedly',
    'Client has encountered a connection error and is not queryable',
    'Unable to ensure migrations table: Error: Client has encountered a connection error and is not queryable',
    'Unable to fetch migrations: error: terminating connection due to administrator command',
    'Unable to ensure migrations table: error: the database system is shutting down',
  ])('is one of the connection, also inside of what a library says of it: %s', (message) => {
    expect(isConnectionError(new Error(message))).toBe(true)
  })

  it.each(['25P03', '57P01', '57P02', '57P03', '57P05', '08006', 'ECONNRESET'])(
    'is one of the connection by its code: %s',
    (code) => {
      expect(isConnectionError(Object.assign(new Error('in another language'), { code }))).toBe(true)
    },
  )

  it.each(['relation "posting" does not exist', 'the file says: Connection terminated', 'Unable to migrate'])(
    'is none: %s',
    (message) => {
      expect(isConnectionError(new Error(message))).toBe(false)
    },
  )
})
