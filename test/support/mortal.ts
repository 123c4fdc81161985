import type { Db, Queryable, Tx } from '../../src/platform/db.ts'
import type { Psp } from '../../src/psp/index.ts'

/**
 * A database seen by a process that may die: from then on nothing is sent, and nothing that was sent is heard of. `saw` is
 * told of every statement.
 */
export function mortalDb(db: Db, isDead: () => boolean, saw: (name: string, text: string) => void): Db {
  const hear = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead()) return never()
    try {
      const result = await work()
      return isDead() ? never() : result
    } catch (error) {
      if (isDead()) return never()
      throw error
    }
  }
  const over = (inner: Queryable): Queryable => ({
    run: (statement, values) => {
      saw(statement.name, statement.text)
      return hear(() => inner.run(statement, values))
    },
    query: (text, values) => {
      saw(text, text)
      return hear(() => inner.query(text, values))
    },
  })
  return {
    ...over(db),
    transaction: (work, options) =>
      hear(() =>
        db.transaction((tx) => work({ ...over(tx), inTransaction: true, copyOut: tx.copyOut } satisfies Tx), options),
      ),
    end: () => db.end(),
  }
}

export const never = <T>(): Promise<T> => new Promise<T>(() => undefined)

/** A PSP called by a process that may die: what it answers then is heard by nobody. */
export function mortalPsp(psp: Psp, isDead: () => boolean): Psp {
  const hear =
    <A, O>(call: (argument: A) => Promise<O>) =>
    async (argument: A): Promise<O> => {
      if (isDead()) return never()
      const outcome = await call(argument)
      return isDead() ? never() : outcome
    }
  return {
    ...psp,
    charge: hear(psp.charge),
    capture: hear(psp.capture),
    void: hear(psp.void),
    lookUp: hear(psp.lookUp),
  }
}
