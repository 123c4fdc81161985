import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createAccountDirectory } from '../../ledger/index.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { simulatorCsv } from '../../settlement/index.ts'
import type { ReconciledSource, ReconciliationDeps } from '../service.ts'
import { matchRun } from './match-run.ts'
import { createNightlyWork } from './nightly.ts'
import { ensureRun, getRun, type RunInProgress, RunMovedOn, runOfDay } from './run.ts'

const DAY = '2026-03-01'
const EMPTY_FILE = `record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines
file,${DAY},,,SIM-b1-20260301,,,,,,${DAY}T23:59:59.000Z,0
end,,,,,,,,,,,0
`

let database: TestDatabase
let db: Db
let scratch: string
let name = ''
let count = 0
beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  scratch = mkdtempSync(join(tmpdir(), 'tallystick-nightly-'))
})
afterAll(async () => {
  await db.end()
  await database.drop()
  rmSync(scratch, { recursive: true, force: true })
})
beforeEach(() => {
  count += 1
  name = `source-${count}`
})

const sourceOf = (): ReconciledSource => ({
  source: {
    name,
    zone: 'UTC',
    cutOff: '00:00',
    dayNamedBy: 'start',
    graceMinutes: 15,
    lagDays: 1,
    feeSchedule: undefined,
  },
  origin: {
    firstBusinessDate: async () => DAY,
    fetch: async (day) =>
      day === DAY
        ? {
            name: 'a.csv',
            bytes: (async function* () {
              yield Buffer.from(EMPTY_FILE)
            })(),
          }
        : undefined,
  },
  formats: [simulatorCsv],
})

const depsOver = (over: Db): ReconciliationDeps => ({
  db: over,
  moneyDb: db,
  directory: createAccountDirectory(db),
  clock: { now: () => new Date('2026-03-02T01:00:00Z'), offsetMs: () => 0 },
  log: pino({ level: 'silent' }),
  exclusive: {
    run: async (_key, work) => ({ result: await work({ holds: () => true, signal: new AbortController().signal }) }),
  },
  record: async () => 'refused',
  scratch,
})

/** A database that refuses the snapshots of its first `times` comparisons. */
function refusing(times: number, error: Error): Db {
  let left = times
  return {
    ...db,
    transaction: (work, options) => {
      if (options?.isolation === undefined || left === 0) return db.transaction(work, options)
      left -= 1
      return Promise.reject(error)
    },
  }
}

const diskFull = (): Error => Object.assign(new Error('could not extend file: No space left'), { code: '53100' })

const run = async (): Promise<RunInProgress> => {
  const found = await runOfDay(db, name, DAY)
  if (found === undefined) throw new Error('there is no run')
  return found
}

describe('a nightly run', () => {
  it.each([
    ['a full disk', diskFull()],
    ['too little memory for DuckDB', new Error('Out of Memory Error: could not allocate block')],
    ['too few connections', Object.assign(new Error('sorry, too many clients already'), { code: '53300' })],
    ['a deadlock', Object.assign(new Error('deadlock detected'), { code: '40P01' })],
    ['a conflict', Object.assign(new Error('could not serialize access'), { code: '40001' })],
    ['a time-out', Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' })],
  ])('stands over %s, says so, is not tried again at once, and then goes on', async (_, trouble) => {
    const work = createNightlyWork(depsOver(refusing(1, trouble)), sourceOf())

    await expect(work.look()).rejects.toThrow(trouble.message)
    await work.look()
    const stood = await run()
    work.hurry()
    await work.look()

    expect(stood).toMatchObject({ status: 'running', phase: 'match', failure: trouble.message })
    expect(await run()).toMatchObject({ status: 'completed', failure: null })
  })

  it('fails over a contradiction, until somebody asks for it again', async () => {
    const work = createNightlyWork(depsOver(refusing(1, new Error('it does not add up'))), sourceOf())

    await work.look()

    expect(await run()).toMatchObject({ status: 'failed', failure: 'it does not add up' })
  })

  it.each([0, 1, 2, 3])('commits nothing when its hold is lost before step %i of the comparison', async (steps) => {
    const given = sourceOf()
    await expect(createNightlyWork(depsOver(refusing(1, diskFull())), given).look()).rejects.toThrow('No space left')
    const deps = depsOver(db)
    const { id } = await ensureRun(db, given.source, DAY, deps.clock.now())
    const allowed = Array.from({ length: steps }, () => true)

    const matched = matchRun(deps, given.source, await run(), () => allowed.pop() ?? false)

    await expect(matched).rejects.toBeInstanceOf(RunMovedOn)
    expect(await getRun(db, id)).toMatchObject({ status: 'running', phase: 'match', ours: null })
  })
})
