import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { wallClock } from '../platform/clock.ts'
import { createDb, type Db } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { simulatorCsv } from './formats/simulator-csv.ts'
import { fileOfDay, getFile } from './read.ts'
import { type Delivery, type Received, receiveFile } from './receive.ts'
import { withdrawFile } from './withdraw.ts'

const HEADER = 'record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines'

type Day = { readonly opening?: string; readonly closing?: string; readonly book?: string }

/** A file of one day: empty, or with one section of one adjustment that carries the balance from opening to closing. */
function fileOf(day: string, { opening, closing, book = 'b1' }: Day = {}): string {
  const reference = `SIM-${book}-${day.replaceAll('-', '')}`
  const lines = closing === undefined ? 0 : 1
  const net = (Number(closing ?? 0) - Number(opening ?? 0)).toFixed(2)
  const section = [
    `opening,,EUR,,,,,,,${opening},,`,
    `line,,EUR,adjustment,adj_${day},,paid,${net},0.00,${net},${day}T12:00:00.000Z,`,
    `total,,EUR,adjustment,,,,${net},0.00,${net},,1`,
    `closing,,EUR,,,,,,,${closing},,1`,
  ]
  const rows = [
    HEADER,
    `file,${day},,,${reference},,,,,,${day}T23:59:59.000Z,${lines}`,
    ...(lines === 0 ? [] : section),
    `end,,,,,,,,,,,${lines}`,
  ]
  return `${rows.join('\n')}\n`
}

let database: TestDatabase
let db: Db
let scratch: string
let source = ''
let count = 0

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  scratch = mkdtempSync(join(tmpdir(), 'tallystick-receive-'))
})
afterAll(async () => {
  await db.end()
  await database.drop()
  rmSync(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  count += 1
  source = `source-${count}`
  await db.query('insert into settlement_source (name, first_business_date) values ($1, $2)', [source, '2026-03-01'])
})

const receive = (text: string, more: Partial<Delivery> = {}): Promise<Received> =>
  receiveFile(
    { db, clock: wallClock, scratch },
    {
      source,
      name: 'a.csv',
      via: 'uploaded',
      formats: [simulatorCsv],
      bytes: (async function* () {
        yield Buffer.from(text)
      })(),
      ...more,
    },
  )

const verdict = async (text: string, more?: Partial<Delivery>): Promise<string> => {
  const { file } = await receive(text, more)
  return file.rejection ?? file.status
}

describe('a settlement file', () => {
  it('that comes twice at the same moment is stored once, and one of the two is told so', async () => {
    const text = fileOf('2026-03-01')

    const received = await Promise.all([receive(text), receive(text)])

    expect(received.map(({ duplicate }) => duplicate).toSorted()).toEqual([false, true])
    expect(new Set(received.map(({ file }) => file.id)).size).toBe(1)
  })

  it('is taken in the order of its days, and one that came too early is taken when it comes again', async () => {
    const second = fileOf('2026-03-02', { opening: '5.00', closing: '7.00' })
    const early = await receive(second)
    const first = await verdict(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))
    const again = await receive(second)

    expect(early.file.rejection).toBe('The files of this source begin on 2026-03-01, which is not there yet.')
    expect(first).toBe('accepted')
    expect(again).toMatchObject({ duplicate: false, file: { status: 'accepted', rejection: null } })
    expect(await verdict(fileOf('2026-03-04'))).toBe('The file of 2026-03-03 comes first, and it is not there yet.')
  })

  it('that is rejected for the same reason again leaves no second trace', async () => {
    const text = fileOf('2026-03-02')
    const first = await receive(text)

    const second = await receive(text, { name: 'b.csv' })

    expect(second).toMatchObject({ duplicate: true, file: { id: first.file.id } })
  })

  it('of a day that is not over is rejected, and accepted once it is', async () => {
    const text = fileOf('2026-03-01')

    expect(await verdict(text, { lastDay: '2026-02-28' })).toBe('The business day 2026-03-01 is not over.')
    expect(await verdict(text, { lastDay: '2026-03-01' })).toBe('accepted')
  })

  it('of another day than the one that was asked for is rejected', async () => {
    const rejection = await verdict(fileOf('2026-03-01'), { day: '2026-03-02' })

    expect(rejection).toBe('It is the file of 2026-03-01, and the file of 2026-03-02 was asked for.')
  })

  it('that is another one for a day takes the place of the first, and says line by line what is different', async () => {
    const first = await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))

    const second = await receive(fileOf('2026-03-01', { opening: '0.00', closing: '7.00' }))

    expect(second.file).toMatchObject({ status: 'accepted', supersedes: first.file.id })
    expect(second.file.difference).toMatchObject({
      added: 1,
      removed: 1,
      changed: 1,
      sums: [{ currency: 'EUR', added: '700', removed: '500' }],
      examples: [
        { change: 'added', line: 4, amount: '700' },
        { change: 'removed', line: 4, amount: '500' },
      ],
    })
    expect(await getFile(db, first.file.id)).toMatchObject({ status: 'superseded', supersededBy: second.file.id })
    expect((await fileOfDay(db, source, '2026-03-01'))?.id).toBe(second.file.id)
  })

  it('whose day has a later one is only replaced by one that opens and closes as it did', async () => {
    await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))
    await receive(fileOf('2026-03-02', { opening: '5.00', closing: '7.00' }))

    const other = await verdict(fileOf('2026-03-01', { opening: '0.00', closing: '6.00' }))

    expect(other).toMatch(/^It closes with 6\.00 .* and the file of 2026-03-02 opens with 5\.00\.$/)
  })

  it('that was replaced is known when its bytes come again, and changes nothing', async () => {
    const text = fileOf('2026-03-01')
    const first = await receive(text)
    const second = await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))

    const again = await receive(text)

    expect(again).toMatchObject({ duplicate: true, file: { id: first.file.id, status: 'superseded' } })
    expect((await fileOfDay(db, source, '2026-03-01'))?.id).toBe(second.file.id)
  })

  it('that two bring at the same moment for a day leave one behind the other', async () => {
    const versions = ['1.00', '2.00', '3.00'].map((closing) => fileOf('2026-03-01', { opening: '0.00', closing }))

    const received = await Promise.all(versions.map((text) => receive(text)))

    const followed = received.map(({ file }) => file.supersedes).filter((id) => id !== null)
    expect(new Set(followed).size).toBe(2)
    expect(received.filter(({ file }) => file.supersedes === null)).toHaveLength(1)
  })

  it.each([
    ['another balance', { opening: '4.00', closing: '7.00' }, /^It opens with 4\.00 .* and .* closed with 5\.00\.$/],
    ['nothing', {}, /^It opens with 0\.00 .* and .* closed with 5\.00\.$/],
    ['a balance of another book', { opening: '5.00', closing: '7.00', book: 'b2' }, /closed with|another\.$/],
  ] as const)('that opens with %s is rejected', async (_what, day, reason) => {
    await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))

    expect(await verdict(fileOf('2026-03-02', day))).toMatch(reason)
  })

  it('whose bytes end early is not stored at all', async () => {
    const bytes = (async function* () {
      yield Buffer.from(HEADER)
      throw new Error('the connection is gone')
    })()

    await expect(receive('', { bytes })).rejects.toThrow('the connection is gone')

    expect(await db.query('select from settlement_file where source = $1', [source])).toEqual([])
  })
})

describe('a withdrawal', () => {
  const withdraw = (id: string) =>
    withdrawFile(
      { db, scratch },
      { id, reason: 'of another account', by: 'ops', at: new Date('2026-03-09T08:00:00.020Z') },
    )

  it('takes a file back, once, and leaves its day without one', async () => {
    const { file } = await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))

    const withdrawn = await withdraw(file.id)

    expect(withdrawn).toMatchObject({
      status: 'withdrawn',
      withdrawal: { reason: 'of another account', by: 'ops', at: '2026-03-09T08:00:00.020Z' },
    })
    expect(await withdraw(file.id)).toEqual(withdrawn)
    expect(await fileOfDay(db, source, '2026-03-01')).toBeUndefined()
    expect(await verdict(fileOf('2026-03-02', { opening: '5.00', closing: '7.00' }))).toBe(
      'The files of this source begin on 2026-03-01, which is not there yet.',
    )
  })

  it('lets another file take the place, and the same one come back', async () => {
    const text = fileOf('2026-03-01')
    const { file } = await receive(text)
    await withdraw(file.id)

    const back = await receive(text)
    await withdraw(back.file.id)
    const other = await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))

    expect(back).toMatchObject({ duplicate: false, file: { status: 'accepted', supersedes: file.id } })
    expect(other.file).toMatchObject({ status: 'accepted', supersedes: back.file.id })
  })

  it('is not undone by the PSP, which still has the file, but by people', async () => {
    const text = fileOf('2026-03-01')
    const { file } = await receive(text, { via: 'collected' })
    await withdraw(file.id)

    const collected = await receive(text, { via: 'collected', day: '2026-03-01' })
    const uploaded = await receive(text)

    expect(collected).toMatchObject({ duplicate: true, file: { id: file.id, status: 'withdrawn' } })
    expect(uploaded).toMatchObject({ duplicate: false, file: { status: 'accepted', supersedes: file.id } })
  })

  it('leaves bytes that are rejected for the same reason, when they come back, one trace', async () => {
    const text = fileOf('2026-03-01', { opening: '0.00', closing: '5.00' })
    const { file } = await receive(text)
    await withdraw(file.id)
    await receive(fileOf('2026-03-01', { opening: '0.00', closing: '7.00' }))
    await receive(fileOf('2026-03-02', { opening: '7.00', closing: '9.00' }))
    await withdraw((await fileOfDay(db, source, '2026-03-01'))?.id ?? '')

    const back = [await receive(text), await receive(text)]

    expect(back.map(({ file: { status }, duplicate }) => [status, duplicate])).toEqual([
      ['rejected', false],
      ['rejected', true],
    ])
  })

  it('of a file that was rejected or replaced is refused', async () => {
    const rejected = await receive(fileOf('2026-03-05'))
    const first = await receive(fileOf('2026-03-01'))
    await receive(fileOf('2026-03-01', { opening: '0.00', closing: '5.00' }))

    await expect(withdraw(rejected.file.id)).rejects.toMatchObject({ code: 'file_state' })
    await expect(withdraw(first.file.id)).rejects.toMatchObject({ code: 'file_state' })
    await expect(withdraw(newId())).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is evidence: the database refuses to change it', async () => {
    const { file } = await receive(fileOf('2026-03-01'))
    await withdraw(file.id)

    await expect(db.query('delete from settlement_withdrawal')).rejects.toThrow('permission denied')
    await expect(db.query(`update settlement_withdrawal set reason = 'x'`)).rejects.toThrow('permission denied')
  })
})
