import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { storeBlob } from '../../platform/blob.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { createOutcomeFiles, type OutcomeFiles } from './outcome-files.ts'

/** Folders whose removal takes until this. */
const held = new Map<string, Promise<void>>()
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const rm: typeof fs.rm = async (path, options) => {
    await held.get(String(path))
    await fs.rm(path, options)
  }
  return { ...fs, rm }
})

let database: TestDatabase
let db: Db
let folder: string
beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  folder = mkdtempSync(join(tmpdir(), 'tallystick-outcomes-'))
})
afterAll(async () => {
  await db.end()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const storeOutcomes = (names: readonly string[]): Promise<readonly string[]> =>
  Promise.all(
    names.map(async (name) => {
      const path = join(folder, `blob-${name}`)
      writeFileSync(path, name)
      return (await db.transaction((tx) => storeBlob(tx, path))).id
    }),
  )

/** A reader that stays until it is told to end. */
async function begin(read: OutcomeFiles['read'], blob: string) {
  const [started, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const done = read(blob, () => {
    started.resolve()
    return ended.promise
  })
  await started.promise
  return { end: () => ended.resolve(), done }
}

it('an outcome that is fetched again while it is being removed is kept like any other', async () => {
  const [a = '', b = '', c = '', d = '', e = '', f = '', ...others] = await storeOutcomes([...'abcdefghij'])
  const scratch = join(folder, 'scratch')
  const { read } = createOutcomeFiles({ db, scratch })
  const text = async (path: string): Promise<string> => readFileSync(path, 'utf8')
  const removal = Promise.withResolvers<void>()
  await read(a, async (_path, own) => void held.set(own, removal.promise))
  for (const blob of [b, c, d]) await read(blob, text)
  const [first, second] = await Promise.all([e, f].map((blob) => begin(read, blob)))
  first?.end()
  await turn()
  second?.end()
  await second?.done
  const again = await read(b, text)
  removal.resolve()
  await first?.done
  for (const blob of others) await read(blob, text)

  expect(again).toBe('b')
  expect(readdirSync(scratch)).toHaveLength(4)
})
