import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createTestClock, type TestClock } from '../../platform/clock.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { createExclusive } from '../../platform/exclusive.ts'
import { listFiles } from '../read.ts'
import { createIntake, type Intake } from './service.ts'
import { formatsOfSource, type IntakeSource } from './source.ts'
import { aStatement } from './testing.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

let database: TestDatabase
let db: Db
let root: string
let folder: string
let source: IntakeSource
let clock: TestClock
let count = 0
let alarms: Record<string, unknown>[]

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  root = mkdtempSync(join(tmpdir(), 'tallystick-watch-'))
})
afterAll(async () => {
  await db.end()
  await database.drop()
  rmSync(root, { recursive: true, force: true })
})
beforeEach(() => {
  count += 1
  folder = join(root, `in-${count}`)
  mkdirSync(folder)
  alarms = []
  // At noon, so that no deadline falls between two steps of a test.
  clock = createTestClock(DAY_MS + DAY_MS / 2 - (Date.now() % DAY_MS))
  const named = formatsOfSource(['mt940'], undefined)
  source = {
    name: `bank-${count}`,
    formats: 'formats' in named ? named.formats : [],
    zone: 'UTC',
    collect: { kind: 'folder', folder, pattern: '*', pgp: undefined },
    everyMinutes: 10,
    expected: { by: '09:00', days: [1, 2, 3, 4, 5, 6, 7] },
  }
})

/** One node with the source. */
function startNode(): Promise<Intake> {
  const write = (line: string): void => {
    const entry = JSON.parse(line) as Record<string, unknown>
    if (entry['level'] === 50) alarms.push(entry)
  }
  const log = pino({ level: 'info' }, { write })
  const exclusive = createExclusive({ databaseUrl: database.url, schema: database.schema, log })
  return createIntake({ db, clock, log, exclusive, scratch: join(root, 'scratch') }, [source])
}

const pass = (ms: number): void => clock.setOffset(clock.offsetMs() + ms)
const stateOf = async (intake: Intake) => (await intake.states())[0]
const files = async () => (await listFiles(db, { source: source.name, limit: 10 })).data
const dayAt = (offsetDays: number): string =>
  new Date(clock.now().getTime() + offsetDays * DAY_MS).toISOString().slice(0, 10)
const leave = (day: string): void =>
  writeFileSync(join(folder, `${day}.sta`), aStatement({ day, opening: 1, entries: [[day, 1, 'X']] }))

describe('a watched source', () => {
  it('is looked at as often as it says by the business clock, and no more', async () => {
    const intake = await startNode()
    leave(dayAt(-1))
    await intake.catchUp()
    const first = await stateOf(intake)
    await intake.catchUp()
    expect(await files()).toEqual([])

    pass(10 * MINUTE_MS)
    await intake.catchUp()

    expect(await files()).toHaveLength(1)
    const state = await stateOf(intake)
    expect(state).toMatchObject({ kind: 'folder', lookProblem: undefined, lastFile: { status: 'accepted' } })
    expect(Number(state?.lastLookAt) - Number(first?.lastLookAt)).toBeGreaterThanOrEqual(10 * MINUTE_MS)
    expect(Number(state?.nextLookAt) - Number(state?.lastLookAt)).toBe(10 * MINUTE_MS)
  })

  it('is looked at by one node at a time, and each file is received once', async () => {
    const nodes = await Promise.all([startNode(), startNode(), startNode()])
    for (const day of [-3, -2, -1]) leave(dayAt(day))
    for (let look = 0; look < 3; look += 1) {
      await Promise.all(nodes.map((node) => node.looks[0]?.()))
      pass(10 * MINUTE_MS)
    }

    expect((await files()).map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted'])
    const items = await db.query('select from intake_item where source = $1 and received_at is not null', [source.name])
    expect(items).toHaveLength(3)
  })

  it('says why it cannot be looked at, and is looked at again', async () => {
    rmSync(folder, { recursive: true })
    const intake = await startNode()
    await intake.catchUp()
    expect((await stateOf(intake))?.lookProblem).toContain('ENOENT')

    mkdirSync(folder)
    pass(10 * MINUTE_MS)
    await intake.catchUp()

    expect((await stateOf(intake))?.lookProblem).toBeUndefined()
  })

  it('is left to others by a node that stops', async () => {
    const intake = await startNode()
    intake.stop()

    await intake.catchUp()

    expect((await stateOf(intake))?.lastLookAt).toBeUndefined()
  })
})

describe('a file that does not come', () => {
  it('is one alarm on all nodes, is seen as late, and is late no more when it comes', async () => {
    const nodes = await Promise.all([startNode(), startNode()])
    for (const node of nodes) await node.catchUp()
    const declared = await stateOf(nodes[0])
    expect(declared).toMatchObject({ lateSince: undefined, overdue: 0 })
    expect(alarms).toEqual([])

    pass(DAY_MS)
    for (const node of [...nodes, ...nodes]) await node.catchUp()

    const late = await stateOf(nodes[0])
    expect(late).toMatchObject({ overdue: 1, lateSince: declared?.awaited?.by, awaited: declared?.awaited })
    expect(alarms).toMatchObject([{ source: source.name, msg: 'a settlement file is late' }])

    leave(late?.awaited?.businessDate ?? '')
    for (let look = 0; look < 2; look += 1) {
      pass(10 * MINUTE_MS)
      await nodes[1].catchUp()
    }

    expect(await stateOf(nodes[0])).toMatchObject({ overdue: 0, lateSince: undefined })
    pass(DAY_MS)
    for (const node of nodes) await node.catchUp()
    expect(alarms).toHaveLength(2)
  })

  it('is late also when one came that was rejected', async () => {
    source = { ...source, collect: undefined }
    const intake = await startNode()
    const { awaited } = (await stateOf(intake)) ?? {}
    const day = awaited?.businessDate ?? ''
    const wrong = aStatement({ day, opening: 1, entries: [[day, 1, 'X']], closing: 7 })
    await intake.receive(source, {
      name: 'a.sta',
      bytes: (async function* () {
        yield Buffer.from(wrong)
      })(),
    })

    pass(DAY_MS)
    await intake.catchUp()

    expect(await stateOf(intake)).toMatchObject({ kind: 'upload', overdue: 1, lastFile: { status: 'rejected' } })
    expect(alarms).toHaveLength(1)
  })
})
