import type { Readable } from 'node:stream'
import pg from 'pg'
import { CopyOut } from './copy-out.ts'

/**
 * A statement with a name: PostgreSQL parses and plans it once per connection. Names are unique in
 * the program and say where the statement lives, e.g. `payments.insert_events`.
 */
export type Statement = { readonly name: string; readonly text: string }

export const statement = (name: string, text: string): Statement => ({ name, text })

export type Queryable = {
  /** Runs a named statement and gives its rows. */
  readonly run: <R>(statement: Statement, values?: readonly unknown[]) => Promise<R[]>
  /** Runs a text whose shape varies, such as a list with optional filters. Not prepared. */
  readonly query: <R>(text: string, values?: readonly unknown[]) => Promise<R[]>
}

/**
 * Inside a transaction: a function that takes a `Tx` commits with its caller or not at all. Statements that are run
 * without waiting for each other, under one `Promise.all`, are carried out in that order; when one fails, those behind it
 * do nothing.
 */
export type Tx = Queryable & {
  readonly inTransaction: true
  /**
   * The rows of a query as CSV, byte by byte as the server sends them. The query takes no parameters: nothing but
   * numbers, ids and dates of our own may be written into it.
   */
  readonly copyOut: (query: string) => Readable
}

export type Db = Queryable & {
  /** Commits what `work` did when it resolves, rolls back when it throws. */
  readonly transaction: <T>(
    work: (tx: Tx) => Promise<T>,
    options?: { readonly isolation?: 'repeatable read' },
  ) => Promise<T>
  readonly end: () => Promise<void>
}

export type DbOptions = {
  readonly url: string
  readonly schema: string
  /** Connections at most. Lanes need few; reads share the rest. */
  readonly max?: number
  readonly applicationName?: string
  /**
   * For the hot path. Every statement finds its rows by index: a plan is made once per connection, and one that is made
   * while a table is small would go on reading all of it when it is big. Statements of a transaction that do not wait for
   * each other's rows leave together and are carried out in order. Not for reports, which read whole tables, nor for
   * `copyOut`, which needs the connection to itself.
   */
  readonly hotPath?: boolean
  /** How long a statement, or the pause between two of a transaction, may take where nothing else is said. */
  readonly patienceMs?: number
  readonly onIdleError?: (error: Error) => void
}

/** Longer than any statement of the hot path by two orders of magnitude; reports raise it themselves. */
const PATIENCE_MS = 30_000

const INT8 = 20
const DATE = 1082
const NUMERIC = 1700

/** Our integers are bigint and our business days are text: neither loses anything in a number or a `Date`. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === INT8 || oid === NUMERIC) return (text: string) => BigInt(text)
    if (oid === DATE) return (text: string) => text
    return pg.types.getTypeParser(oid, format)
  },
}

export function createDb(options: DbOptions): Db {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 16,
    types,
    application_name: options.applicationName ?? 'tallystick',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    pipeline: options.hotPath === true,
    options: [
      `-c search_path=${options.schema}`,
      '-c timezone=UTC',
      `-c statement_timeout=${options.patienceMs ?? PATIENCE_MS}`,
      `-c idle_in_transaction_session_timeout=${options.patienceMs ?? PATIENCE_MS}`,
      // Statements are few, and a custom plan per call costs more than it ever wins here.
      '-c plan_cache_mode=force_generic_plan',
      ...(options.hotPath === true ? ['-c enable_seqscan=off'] : []),
    ].join(' '),
  })
  // An idle connection that the server closed is replaced by the pool; there is no caller to tell.
  pool.on('error', (error) => options.onIdleError?.(error))
  const queryable = queryableOver(pool)
  return {
    ...queryable,
    transaction: async (work, settings) => {
      const client = await pool.connect()
      let broken: Error | undefined
      const onError = (error: Error): void => {
        broken = error
      }
      client.on('error', onError)
      const own = options.hotPath === true ? queryableOver(client) : inTurn(queryableOver(client))
      try {
        const begun = own.query(
          settings?.isolation === 'repeatable read' ? 'begin isolation level repeatable read' : 'begin',
        )
        begun.catch(() => undefined)
        // In a pipeline the first statement follows in the same flight.
        if (options.hotPath !== true) await begun
        const result = await work({
          ...own,
          inTransaction: true,
          copyOut: (query) => client.query(new CopyOut(`copy (${query}) to stdout (format csv)`)),
        })
        await begun
        await own.query('commit')
        return result
      } catch (error) {
        await own.query('rollback').catch((cause: unknown) => {
          broken = cause instanceof Error ? cause : new Error(String(cause))
        })
        throw error
      } finally {
        client.off('error', onError)
        client.release(broken)
      }
    },
    end: () => pool.end(),
  }
}

function queryableOver(client: Pick<pg.Pool, 'query'> | pg.PoolClient): Queryable {
  return {
    run: async <R>(named: Statement, values: readonly unknown[] = []) => {
      const result = await client.query({ name: named.name, text: named.text, values: [...values] })
      return result.rows as R[]
    },
    query: async <R>(text: string, values: readonly unknown[] = []) => {
      const result = await client.query(text, [...values])
      return result.rows as R[]
    },
  }
}

/** A connection without a pipeline takes a statement when the one before it is answered. */
function inTurn({ run, query }: Queryable): Queryable {
  let last: Promise<unknown> = Promise.resolve()
  const after = <T>(next: () => Promise<T>): Promise<T> => {
    const answered = last.then(next)
    last = answered.catch(() => undefined)
    return answered
  }
  return {
    run: (named, values) => after(() => run(named, values)),
    query: (text, values) => after(() => query(text, values)),
  }
}

/** Whether an error means that the database could not be reached or is going away, rather than a bug of ours. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/^(08...|25P03|57P0[1235]|53300|E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT))$/.test(code)) return true
  // Libraries put a sentence of theirs before it: `Unable to ensure migrations table: Error: Client has …`.
  return /(^|: (?:Error|error): )(Connection terminated|terminating connection|the database system is|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Cannot use a pool after)/.test(
    error.message,
  )
}

/** Whether doing the same again may succeed: the database was away, or chose this transaction to give way. */
export function isTransient(error: unknown): boolean {
  if (isConnectionError(error)) return true
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === '40001' || error.code === '40P01' || error.code === '57014')
  )
}

/** The constraint that a database error names, e.g. `payment_event_live_checkout`. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined
}
