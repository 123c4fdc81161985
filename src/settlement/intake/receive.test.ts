import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { readBlob } from '../../platform/blob.ts'
import { createTestClock } from '../../platform/clock.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { fileLiteral, openDuckDb } from '../../platform/duckdb.ts'
import { type Profile, parseProfile } from '../formats/table/profile.ts'
import type { SettlementFile } from '../read.ts'
import { type Received, waitForTurn } from '../receive.ts'
import { zipOf } from '../testing/zip.ts'
import { withdrawFile } from '../withdraw.ts'
import { type Delivery, receiveDelivery } from './receive.ts'
import { returnedLines } from './returned.ts'
import { formatsOfSource, type IntakeSource } from './source.ts'
import { aStatement, type StatementText } from './testing.ts'

let database: TestDatabase
let db: Db
let scratch: string
let source: IntakeSource
let count = 0
const clock = createTestClock()

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  // What DuckDB would take for a pattern of names, and what ends a text in SQL.
  scratch = mkdtempSync(join(tmpdir(), "tallystick intake's [a]*?-"))
})
afterAll(async () => {
  await db.end()
  await database.drop()
  rmSync(scratch, { recursive: true, force: true })
})
beforeEach(() => {
  count += 1
  source = {
    name: `bank-${count}`,
    formats: formatsOf(['mt940', 'camt.053']),
    zone: 'Europe/Berlin',
    collect: undefined,
    everyMinutes: 10,
    expected: undefined,
  }
})

function formatsOf(names: readonly string[], mapping?: Profile) {
  const named = formatsOfSource(names, mapping)
  return 'formats' in named ? named.formats : []
}

const MAPPING = parseProfile(
  JSON.stringify({
    schema: 'tallystick.mapping/1',
    table: { kind: 'csv', separator: ';' },
    header: 1,
    date: { column: 'Tag', order: 'dmy' },
    amount: { rule: 'signed', column: 'Betrag' },
    decimal: ',',
    minor: false,
    currency: { code: 'EUR' },
    references: ['Ref'],
  }),
)

async function* bytesOf(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content)
}

const receiveAll = (content: string | Uint8Array, more: Partial<Delivery> = {}): Promise<readonly Received[]> =>
  receiveDelivery({ db, clock, scratch }, source, {
    name: 'a.sta',
    via: 'uploaded',
    bytes: bytesOf(content),
    ...more,
  })

async function receive(content: string | Uint8Array, name = 'a.sta'): Promise<Received> {
  const [first, ...others] = await receiveAll(content, { name })
  expect(others).toEqual([])
  return first as Received
}

const file = async (statement: StatementText, name?: string): Promise<SettlementFile> =>
  (await receive(aStatement(statement), name)).file

const codesOf = ({ diagnostics }: SettlementFile): string[] => diagnostics.map(({ code }) => code)

/** Of each line of a file, whether it was told before. */
async function seenIn({ linesBlobId }: SettlementFile): Promise<boolean[]> {
  const path = join(scratch, 'seen.parquet')
  const pieces: Buffer[] = []
  for await (const piece of readBlob(db, linesBlobId ?? '')) pieces.push(piece)
  writeFileSync(path, Buffer.concat(pieces))
  const duckdb = await openDuckDb(scratch)
  const rows = await duckdb.query<{ seen_before: boolean }>(
    `select seen_before from read_parquet(${fileLiteral(path)}) order by line`,
  )
  duckdb.close()
  return rows.map(({ seen_before }) => seen_before)
}

const PATIENCE_MS = 400

const COFFEE = ['2026-03-02', -3.5, 'COFFEE'] as const

describe('a file of a declared source', () => {
  it('is accepted when it adds up, kept byte for byte, with the day that it says', async () => {
    const text = aStatement({ day: '2026-03-02', sequence: '61/1', opening: 100, entries: [COFFEE] })

    const { file: found, duplicate } = await receive(text)

    expect(duplicate).toBe(false)
    expect(found).toMatchObject({
      status: 'accepted',
      format: 'mt940',
      businessDate: '2026-03-02',
      control: 'pass',
      lineCount: 1n,
      newLines: 1n,
      supersedes: null,
      deliveredSha256: null,
    })
    const kept: Buffer[] = []
    for await (const piece of readBlob(db, found.originalBlobId)) kept.push(piece)
    expect(Buffer.concat(kept).toString()).toBe(text)
  })

  it('that does not add up is rejected, and so is what is in none of its formats', async () => {
    const wrong = aStatement({ day: '2026-03-02', opening: 100, entries: [COFFEE], closing: 99 })

    expect((await receive(wrong)).file.rejection).toMatch(
      /^It does not add up in EUR: .* 99\.00 .* 96\.50, a difference of -2\.50/,
    )
    expect((await receive('%PDF-1.7')).file.rejection).toMatch(/in none of the formats that this source sends/)
    expect((await receive(gzipSync('x'.repeat(1_000)).subarray(0, 15))).file.rejection).toMatch(/cannot be unpacked/)
  })

  it.each([
    ['names an account', { account: '1'.repeat(3_000) }],
    ['has a number', { sequence: '1'.repeat(3_000) }],
  ])('whose statement %s of no length that there is, is rejected and says so', async (what, more) => {
    const text = aStatement({ day: '2026-03-02', opening: 100, entries: [COFFEE], ...more })

    const { file: found } = await receive(text)

    expect(found).toMatchObject({
      status: 'rejected',
      rejection: expect.stringContaining(`A statement ${what} of more`),
    })
  })

  it('with controls in its texts is accepted or rejected, never a failure', async () => {
    const text = aStatement({
      account: 'DE\u000089\u001b',
      day: '2026-03-02',
      sequence: '1\u0000',
      opening: 100,
      entries: [['2026-03-02', -3.5, 'A\u0000B\u001b']],
    })

    expect((await receive(text)).file.status).toMatch(/^(accepted|rejected)$/)
  })

  it('is accepted with rows that cannot be read, which are told', async () => {
    source = { ...source, formats: formatsOf(['mt940'], MAPPING) }
    const csv = 'Tag;Betrag;Ref\n02.03.2026;12,50;a1\n02.03.2026;many;a2\n03.03.2026;1,00;a3\n'

    const { file: found } = await receive(csv, 'export.csv')

    expect(found).toMatchObject({ status: 'accepted', lineCount: 2n, businessDate: '2026-03-03', newLines: 2n })
    expect(found.diagnostics).toContainEqual(expect.objectContaining({ severity: 'error', line: 3 }))
  })

  it('changes nothing when its bytes come again, under any name and however packed', async () => {
    const text = aStatement({ day: '2026-03-02', opening: 100, entries: [COFFEE] })
    const first = await receive(text)

    const again = await receive(text, 'other.sta')
    const packed = await receive(gzipSync(text), 'a.sta.gz')
    const both = await Promise.all([receive(text, '1'), receive(text, '2')])

    for (const each of [again, packed, ...both]) expect(each).toEqual({ file: first.file, duplicate: true })
  })

  it('that was withdrawn counts no more, and comes back under any name', async () => {
    const text = aStatement({ day: '2026-03-02', sequence: '61/1', opening: 100, entries: [COFFEE, COFFEE] })
    const { file: first } = await receive(text)
    await withdrawFile({ db, scratch }, { id: first.id, reason: 'of another account', by: 'ops', at: new Date() })
    const overlapping = await file({ day: '2026-03-02', sequence: '62/1', opening: 100, entries: [COFFEE] }, 'b.sta')

    const back = await receive(text, 'again.sta')
    const once = await receive(text)

    expect(await seenIn(overlapping)).toEqual([false])
    expect(back).toMatchObject({ duplicate: false, file: { status: 'accepted', supersedes: first.id } })
    expect(await seenIn(back.file)).toEqual([true, false])
    expect(once).toMatchObject({ duplicate: true, file: { id: back.file.id } })
  })

  it('waits for its turn, and takes its time, for longer than a statement usually may', async () => {
    const hasty = createDb({ url: database.url, schema: database.schema, patienceMs: PATIENCE_MS })
    const bytes = bytesOf(aStatement({ day: '2026-03-02', opening: 100, entries: [COFFEE] }))
    const waitingMs = `select extract(epoch from clock_timestamp() - query_start)::float8 * 1000 as ms from pg_stat_activity
                        where datname = current_database() and wait_event = 'advisory'`
    let second: Promise<readonly Received[]> | undefined

    await db.transaction(async (tx) => {
      await waitForTurn(tx, source.name)
      second = receiveDelivery({ db: hasty, clock, scratch }, source, { name: 'a', via: 'uploaded', bytes })
      second.catch(() => undefined) // It is awaited below, once the turn is given back.
      await waitFor(async () => ((await db.query<{ ms: number }>(waitingMs))[0]?.ms ?? 0) > 1.5 * PATIENCE_MS, {
        what: 'a long wait for the turn',
      })
    })

    expect(await second).toMatchObject([{ file: { status: 'accepted' } }])
    await hasty.end()
  })

  it('keeps nobody who withdraws one waiting for longer than a statement usually may', async () => {
    const { id } = await file({ day: '2026-03-02', opening: 100, entries: [COFFEE] })
    const hasty = createDb({ url: database.url, schema: database.schema, patienceMs: PATIENCE_MS })

    const withdrawn = db.transaction(async (tx) => {
      await waitForTurn(tx, source.name)
      await withdrawFile({ db: hasty, scratch }, { id, reason: 'of another account', by: 'ops', at: new Date() })
    })

    await expect(withdrawn).rejects.toMatchObject({ code: '57014' })
    await hasty.end()
  })

  it('that comes twice at the same moment is stored once', async () => {
    const text = aStatement({ day: '2026-03-02', opening: 100, entries: [COFFEE] })

    const received = await Promise.all([receive(text), receive(text)])

    expect(received.map(({ duplicate }) => duplicate).toSorted()).toEqual([false, true])
  })

  it('of a zip does not take the place of another one that is called the same in another folder', async () => {
    const texts = ['north', 'south'].map((what) =>
      aStatement({ day: '2026-03-02', account: what, opening: 100, entries: [['2026-03-02', 1, what]] }),
    )
    const zip = zipOf(texts.map((text, n) => ({ name: `${n}/day.sta`, bytes: Buffer.from(text) })))

    const received = await receiveAll(zip, { name: 'two.zip' })

    expect(received.map(({ file }) => [file.name, file.status, file.supersedes])).toEqual([
      ['two.zip/0/day.sta', 'accepted', null],
      ['two.zip/1/day.sta', 'accepted', null],
    ])
  })

  it('of a zip is a file of its own, and what is kept is the zip', async () => {
    const texts = ['2026-03-02', '2026-03-03'].map((day) => aStatement({ day, opening: 100, entries: [[day, 1, day]] }))
    const zip = zipOf(texts.map((text, index) => ({ name: `in/${index}.sta`, bytes: Buffer.from(text) })))

    const received = await receiveAll(zip, { name: 'two.zip' })
    const again = await receiveAll(zip, { name: 'two.zip' })

    expect(received.map(({ file: { name, status, businessDate } }) => [name, status, businessDate])).toEqual([
      ['two.zip/0.sta', 'accepted', '2026-03-02'],
      ['two.zip/1.sta', 'accepted', '2026-03-03'],
    ])
    expect(new Set(received.map(({ file: each }) => each.originalBlobId)).size).toBe(1)
    expect(received[0]?.file.deliveredSha256).toEqual(received[1]?.file.deliveredSha256)
    expect(again.map(({ duplicate }) => duplicate)).toEqual([true, true])
  })

  it('that breaks off is not stored at all', async () => {
    const bytes = (async function* () {
      yield Buffer.from(':20:')
      throw new Error('the connection is gone')
    })()

    await expect(receiveAll('', { bytes })).rejects.toThrow('the connection is gone')

    expect(await db.query('select from settlement_file where source = $1', [source.name])).toEqual([])
  })
})

describe('a file that supersedes another', () => {
  it('has the name and day of an earlier file and other bytes, and says how they differ', async () => {
    const tea = ['2026-03-02', -2, 'TEA'] as const
    const cake = ['2026-03-02', -4, 'CAKE'] as const
    const first = await file({ day: '2026-03-02', sequence: '61/1', opening: 100, entries: [COFFEE, tea] })

    const second = await file({ day: '2026-03-02', sequence: '61/1', opening: 100, entries: [COFFEE, cake] })

    expect(second).toMatchObject({ status: 'accepted', supersedes: first.id, newLines: 2n })
    expect(second.diagnostics).toMatchObject([
      { code: 'supersedes', message: expect.stringContaining('1 of its lines') },
    ])
    expect(await seenIn(second)).toEqual([false, false])
  })

  it('is not the next day under the same name', async () => {
    await file({ day: '2026-03-02', opening: 100, entries: [COFFEE] }, 'statement.sta')

    const next = await file({ day: '2026-03-03', opening: 96.5, entries: [['2026-03-03', 1, 'X']] }, 'statement.sta')

    expect(next).toMatchObject({ status: 'accepted', supersedes: null })
  })
})

describe('entries of overlapping statements', () => {
  it('are new once: two equal coffees are two, and the same two later are not four', async () => {
    const first = await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE, COFFEE] }, 'a')
    const week = await file(
      { day: '2026-03-04', sequence: '7/1', opening: 100, entries: [COFFEE, COFFEE, ['2026-03-04', 5, 'NEW']] },
      'week',
    )

    expect([first.newLines, week.newLines]).toEqual([2n, 1n])
    expect(await seenIn(week)).toEqual([true, true, false])
    expect(codesOf(week)).not.toContain('chain_broken')
  })

  it('are new beyond the count that is known', async () => {
    await file({ day: '2026-03-02', opening: 100, entries: [COFFEE] }, 'a')

    const later = await file({ day: '2026-03-04', opening: 100, entries: [COFFEE, COFFEE, COFFEE] }, 'b')

    expect(await seenIn(later)).toEqual([true, false, false])
  })

  it('are all new in a statement that begins where the one before it ended', async () => {
    await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] }, 'morning')

    const evening = await file({ day: '2026-03-02', sequence: '2/1', opening: 96.5, entries: [COFFEE] }, 'evening')
    const whole = await file({ day: '2026-03-03', sequence: '9/1', opening: 100, entries: [COFFEE, COFFEE] }, 'whole')

    expect([evening.newLines, whole.newLines]).toEqual([1n, 0n])
  })

  it('are old in a statement that begins where one ended, beside another that begins there and told them', async () => {
    await file({ day: '2026-03-02', sequence: '1/1', opening: 103.5, entries: [COFFEE] }, 'a')
    await file({ day: '2026-03-03', sequence: '9/1', opening: 100, entries: [['2026-03-03', -2, 'TEA']] }, 'b')

    const again = await file(
      { day: '2026-03-03', sequence: '2/1', opening: 100, entries: [['2026-03-03', -2, 'TEA']] },
      'c',
    )

    expect(again.newLines).toBe(0n)
  })

  it('are told apart by their account', async () => {
    await file({ account: 'DE01', day: '2026-03-02', opening: 100, entries: [COFFEE] }, 'a')

    const other = await file({ account: 'DE02', day: '2026-03-02', opening: 100, entries: [COFFEE] }, 'b')

    expect(other.newLines).toBe(1n)
  })

  it('count once within one zip, too', async () => {
    const day = aStatement({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] })
    const week = aStatement({ day: '2026-03-04', sequence: '7/1', opening: 100, entries: [COFFEE, COFFEE] })
    const zip = zipOf([day, week].map((text, index) => ({ name: `${index}`, bytes: Buffer.from(text) })))

    const received = await receiveAll(zip)

    expect(received.map(({ file: { newLines } }) => newLines)).toEqual([1n, 1n])
  })
})

describe('entries of which the first statement is gone', () => {
  const TEA = ['2026-03-03', -2, 'TEA'] as const
  const withdraw = ({ id }: SettlementFile): Promise<SettlementFile> =>
    withdrawFile({ db, scratch }, { id, reason: 'of another account', by: 'ops', at: new Date() })
  const returnedOf = async ({ id }: SettlementFile): Promise<number[]> =>
    (await returnedLines(db, [id])).map(({ line }) => line)

  it('count in the statement that tells most of them, once, and stay there when the first comes back', async () => {
    const first = await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE, COFFEE] }, 'a')
    const one = await file({ day: '2026-03-03', sequence: '7/1', opening: 100, entries: [COFFEE, TEA] }, 'b')
    const both = await file({ day: '2026-03-04', sequence: '8/1', opening: 100, entries: [COFFEE, COFFEE] }, 'c')

    await withdraw(first)

    expect([(await returnedOf(one)).length, (await returnedOf(both)).length]).toEqual([0, 2])
    const again = await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE, COFFEE] }, 'a')
    expect(again.newLines).toBe(0n)
    await withdraw(again)
    expect((await returnedOf(both)).length).toBe(2)
  })

  it('count in the other statement when another version of the first does not tell them', async () => {
    await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE, ['2026-03-02', 5, 'MILK']] }, 'a')
    const other = await file(
      { day: '2026-03-04', sequence: '7/1', opening: 100, entries: [COFFEE, ['2026-03-02', 5, 'MILK'], TEA] },
      'b',
    )

    const second = await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] }, 'a')

    expect([await seenIn(second), (await returnedOf(other)).length]).toEqual([[false], 1])
  })

  it('count once for each page of the statement that tells them, as if the first had never come', async () => {
    const pages = (name: string): Promise<SettlementFile> => {
      const page = (sequence: string, opening: number): string =>
        aStatement({ day: '2026-03-02', sequence, opening, entries: [COFFEE] })
      // The bank writes the same pages again, with another blank at the end.
      return receive(`${page('1/1', 100)}${page('1/2', 96.5)}${name === 'a' ? '' : '\r\n'}`, name).then(
        ({ file: received }) => received,
      )
    }
    const first = await pages('a')
    const again = await pages('b')
    expect([first.newLines, again.newLines]).toEqual([2n, 0n])

    await withdraw(first)
    expect((await returnedOf(again)).length).toBe(2)
  })

  it('count beside an equal one in the page that a file of its own has', async () => {
    const first = await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] }, 'a')
    const next = await file({ day: '2026-03-02', sequence: '1/2', opening: 96.5, entries: [COFFEE] }, 'b')
    const again = await receive(
      `${aStatement({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] })}\r\n`,
      'c',
    )
    expect([first, next, again.file].map(({ newLines }) => newLines)).toEqual([1n, 1n, 0n])

    await withdraw(first)

    expect([(await returnedOf(next)).length, (await returnedOf(again.file)).length]).toEqual([0, 1])
  })

  it('are known once to the rest of a zip of which one file takes the place of the first', async () => {
    const MILK = ['2026-03-02', 5, 'MILK'] as const
    const zip = (...statements: readonly StatementText[]): Uint8Array =>
      zipOf(statements.map((each) => ({ name: `${each.sequence}.sta`, bytes: Buffer.from(aStatement(each)) })))
    const of = (sequence: string, entries: StatementText['entries'], day = '2026-03-02'): StatementText => ({
      day,
      sequence,
      opening: 100,
      entries,
    })
    await receiveAll(zip(of('1', [COFFEE, MILK])), { name: 'day.zip' })

    const received = await receiveAll(
      zip(of('7', [COFFEE, MILK, TEA], '2026-03-03'), of('1', [COFFEE]), of('9', [TEA, TEA], '2026-03-04')),
      { name: 'day.zip' },
    )

    expect(received.map(({ file: { newLines } }) => newLines)).toEqual([1n, 1n, 1n])
    expect(received.map(({ file: { supersedes } }) => supersedes === null)).toEqual([true, false, true])
  })
})

describe('the chain of an account', () => {
  it('is whole when each statement opens where the one before closed', async () => {
    await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] }, 'a')

    const next = await file(
      { day: '2026-03-03', sequence: '2/1', opening: 96.5, entries: [['2026-03-03', 1, 'X']] },
      'b',
    )

    expect(next.diagnostics).toEqual([])
  })

  it('that is broken, has a gap or misses a day is told and accepted', async () => {
    source = { ...source, expected: { by: '09:00', days: [1, 2, 3, 4, 5] } }
    await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] }, 'a')

    const late = await file({ day: '2026-03-05', sequence: '4/1', opening: 90, entries: [['2026-03-05', 1, 'X']] }, 'd')
    const between = await file(
      { day: '2026-03-03', sequence: '2/1', opening: 96.5, entries: [['2026-03-03', 1, 'Y']] },
      'b',
    )

    expect(late.status).toBe('accepted')
    expect(late.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'chain_broken: DE89 in EUR opens with 90.00, and a of 2026-03-02 closed with 96.50: -6.50 are not told',
      'sequence_gap: DE89 in EUR is statement 4/1 after 1/1 (a): 2 are missing',
      'day_missing: DE89 in EUR has no statement of 2026-03-03 to 2026-03-04 (2 days)',
    ])
    expect(codesOf(between)).toEqual(['chain_broken'])
  })

  it('is that of the file that supersedes, not of what it replaced', async () => {
    await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE] }, 'a')
    await file({ day: '2026-03-02', sequence: '1/1', opening: 100, entries: [COFFEE, COFFEE] }, 'a')

    const next = await file({ day: '2026-03-03', sequence: '2/1', opening: 93, entries: [['2026-03-03', 1, 'X']] }, 'b')

    expect(next.diagnostics).toEqual([])
  })
})
