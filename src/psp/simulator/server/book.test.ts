import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Book, openBook } from './book.ts'
import { StartRefusal } from './errors.ts'
import { type BookRecord, encodeLine } from './records.ts'

const HEAD: BookRecord = { t: 'book', version: 1, id: 'abc', at: 1 }
const aCharge = (index: number): BookRecord => ({
  t: 'charge',
  at: index,
  reference: `Bücher ${index}`,
  key: `k${index}`,
  amount: 2 ** 53 - 1,
  currency: 'EUR',
  method: 'pm_test_visa',
  status: 'captured',
})

describe('The book', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'book-'))
    file = join(folder, 'book.ndjson')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function noFailure(error: unknown): never {
    throw error
  }
  async function open(): Promise<{ book: Book; records: BookRecord[] }> {
    const records: BookRecord[] = []
    // Without the line's number and checksum it is the record as it was given.
    const book = openBook(file, (record) => records.push(bare(record)), noFailure)
    return { book, records }
  }
  async function write(records: readonly BookRecord[]): Promise<void> {
    const { book } = await open()
    for (const record of records) book.append(record)
    await book.durable()
    await book.close()
  }

  it('gives back every record in order, and goes on after them', async () => {
    await write([HEAD, aCharge(1)])
    await write([aCharge(2)])

    const { book, records } = await open()
    await book.close()

    expect(records).toEqual([HEAD, aCharge(1), aCharge(2)])
    expect(book.length()).toBe(3)
  })

  it('has a record on disk once it is durable', async () => {
    const { book } = await open()
    for (const record of [HEAD, aCharge(1), aCharge(2)]) book.append(record)

    await book.durable()

    expect(readFileSync(file, 'utf8')).toBe([HEAD, aCharge(1), aCharge(2)].map((r, i) => encodeLine(i + 1, r)).join(''))
    await book.close()
  })

  it('writes thousands of records that come at different times, each once', async () => {
    const { book } = await open()
    book.append(HEAD)
    const waits: Promise<void>[] = []
    for (let index = 1; index <= 5_000; index++) {
      book.append(aCharge(index))
      waits.push(book.durable())
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }

    await Promise.all(waits)
    await book.close()

    const again = await open()
    await again.book.close()
    expect(again.records).toEqual([HEAD, ...Array.from({ length: 5_000 }, (_, i) => aCharge(i + 1))])
  })

  it('loses only the last line when it has no end, wherever it was torn', async () => {
    await write([HEAD, aCharge(1), aCharge(2)])
    const whole = readFileSync(file)
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1

    for (let length = lastLine; length < whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length))
      const { book, records } = await open()
      book.append(aCharge(3))
      await book.close()
      expect(records, `cut at ${length}`).toEqual([HEAD, aCharge(1)])
    }

    const { book, records } = await open()
    await book.close()
    expect(records).toEqual([HEAD, aCharge(1), aCharge(3)])
  })

  it('starts anew when not even the first line was finished', async () => {
    await write([HEAD])
    writeFileSync(file, readFileSync(file).subarray(0, 10))

    const { book, records } = await open()
    await book.close()

    expect(records).toEqual([])
    expect(book.length()).toBe(0)
  })

  it('refuses a file in which any one byte is another', async () => {
    await write([HEAD, aCharge(1), aCharge(2)])
    const whole = readFileSync(file)

    for (let at = 0; at < whole.length - 1; at++) {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      writeFileSync(file, damaged)
      await expect(open(), `byte ${at}`).rejects.toThrow(/is damaged in line [123]: /)
    }
  })

  it.each([
    ['a line is missing', (lines: string[]) => [lines[0], lines[2]]],
    ['a line is there twice', (lines: string[]) => [lines[0], lines[1], lines[1], lines[2]]],
    ['two lines changed places', (lines: string[]) => [lines[0], lines[2], lines[1]]],
    ['the first line is missing', (lines: string[]) => [lines[1], lines[2]]],
    ['an empty line is in it', (lines: string[]) => [lines[0], '\n', lines[1]]],
  ])('refuses a file in which %s', async (_name, damage) => {
    const lines = [HEAD, aCharge(1), aCharge(2)].map((record, index) => encodeLine(index + 1, record))
    writeFileSync(file, damage(lines).join(''))

    await expect(open()).rejects.toThrow(StartRefusal)
  })

  it('refuses a file that is something else', async () => {
    writeFileSync(file, 'The quick brown fox\n')
    await expect(open()).rejects.toThrow(/is damaged in line 1/)

    writeFileSync(file, Buffer.alloc(1_000_000, 'x'))
    await expect(open()).rejects.toThrow(/is damaged in line 1: it has no end/)
  })

  it('reads lines that cross the pieces in which the file is read', async () => {
    const count = 60_000 // about 12 MB, three pieces
    appendFileSync(file, encodeLine(1, HEAD))
    appendFileSync(file, Array.from({ length: count }, (_, index) => encodeLine(index + 2, aCharge(index))).join(''))

    const { book, records } = await open()
    await book.close()

    expect(records).toHaveLength(count + 1)
    expect(records.at(-1)).toEqual(aCharge(count - 1))
  })
})

function bare(record: BookRecord): BookRecord {
  const { n: _number, crc: _checksum, ...rest } = record as BookRecord & { n: number; crc: string }
  return rest
}
