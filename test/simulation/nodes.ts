import type { Psp } from '../../src/psp/index.ts'
import { type MoneyPath, startMoneyPath } from '../support/money-path.ts'
import type { Seeded } from '../support/seeded.ts'

/** The nodes of a deployment: some die, others take their place. */
export type Nodes = {
  readonly any: () => MoneyPath
  /** What a node gives, or undefined when it died before it could. Errors are the node's own. */
  readonly ask: <T>(node: MoneyPath, work: (node: MoneyPath) => Promise<T>) => Promise<T | undefined>
  readonly replaceOne: () => Promise<void>
  readonly stop: () => Promise<void>
}

export async function startNodes(count: number, url: string, psps: readonly Psp[], seeded: Seeded): Promise<Nodes> {
  type Member = { readonly path: MoneyPath; readonly gone: PromiseWithResolvers<undefined> }
  const start = async (): Promise<Member> => ({
    path: await startMoneyPath({ url, psps }),
    gone: Promise.withResolvers<undefined>(),
  })
  const alive: Member[] = []
  const dead: MoneyPath[] = []
  for (let index = 0; index < count; index += 1) alive.push(await start())
  return {
    any: () => seeded.pick(alive).path,
    ask(node, work) {
      const member = alive.find(({ path }) => path === node)
      return member === undefined ? Promise.resolve(undefined) : Promise.race([work(node), member.gone.promise])
    },
    async replaceOne() {
      const [member] = alive.splice(seeded.integer(0, alive.length - 1), 1)
      if (member === undefined) return
      dead.push(member.path)
      await member.path.kill()
      member.gone.resolve(undefined)
      alive.push(await start())
    },
    async stop() {
      for (const { path } of alive) await path.stop()
      for (const path of dead) await path.stop()
    },
  }
}
