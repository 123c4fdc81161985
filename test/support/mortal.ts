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

/** `lives`: how often it was cut off. Set `isDead` to false, and the next process lives until the next commit. */
export type Deaths = { isDead: boolean; lives: number }

/**
 * A database whose connections break over every transaction that runs one of the statements: the first time before it is
 * committed, the second time behind. From then on nothing is carried out, until somebody else lives.
 */
export function dyingDb(db: Db, marks: RegExp, deaths: Deaths): Db {
  let diesBefore = true
  const hear = <T>(work: () => Promise<T>): Promise<T> => (deaths.isDead ? Promise.reject(cutOff()) : work())
  const die = (): never => {
    deaths.isDead = true
    deaths.lives += 1
    diesBefore = !diesBefore
    throw cutOff()
  }
  return {
    ...db,
    run: (statement, values) => hear(() => db.run(statement, values)),
    query: (text, values) => hear(() => db.query(text, values)),
    transaction: (work, options) =>
      hear(async () => {
        let isMarked = false
        const result = await db.transaction(async (tx) => {
          const done = await work({
            ...tx,
            run: (statement, values) => {
              isMarked ||= marks.test(statement.name)
              return tx.run(statement, values)
            },
          })
          return isMarked && diesBefore ? die() : done
        }, options)
        return isMarked ? die() : result
      }),
  }
}

const cutOff = (): Error => new Error('Connection terminated unexpectedly')
