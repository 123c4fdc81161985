import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrokenFile } from './formats/diagnostics.ts'
import { type Member, zipOf } from './testing/zip.ts'
import { UNPACK_LIMITS, withDocuments } from './unpack.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-unpack-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

async function unpacked(bytes: Uint8Array, name = 'file', limits = UNPACK_LIMITS): Promise<[string, string][]> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return withDocuments(
    path,
    async (documents) => {
      const found: [string, string][] = []
      for (const { name: label, open } of documents) {
        const pieces: Uint8Array[] = []
        for await (const piece of open()) pieces.push(piece)
        found.push([label, Buffer.concat(pieces).toString()])
      }
      return found
    },
    limits,
  )
}

const member = (name: string, text: string): Member => ({ name, bytes: Buffer.from(text) })

/** Bit 11: without it a name is of code page 437, which has pictures for controls. */
const IN_UTF8 = 0x800

const problemOf = async (work: Promise<unknown>): Promise<string> => {
  const thrown = await work.catch((error: unknown) => error)
  return thrown instanceof BrokenFile ? thrown.code : `no problem: ${String(thrown)}`
}

describe('a file', () => {
  it('that is not packed is itself, an empty one too', async () => {
    expect(await unpacked(Buffer.from('abc'), 'a.csv')).toEqual([['a.csv', 'abc']])
    expect(await unpacked(Buffer.from('a'), 'b.csv')).toEqual([['b.csv', 'a']])
    expect(await unpacked(Buffer.alloc(0), 'c.csv')).toEqual([['c.csv', '']])
  })

  it('in a gzip comes out of it, also when the gzip has several members', async () => {
    const packed = Buffer.concat([gzipSync('one,'), gzipSync('two')])

    expect(await unpacked(packed, 'a.csv.gz')).toEqual([['a.csv', 'one,two']])
  })

  it('in a zip has a name that is fit to be shown, whatever the sender called it', async () => {
    const names = ['in/a\u0000\u001b[31m\u009b\u202eb.csv', `${'x'.repeat(60_000)}.csv`]
    const found = await unpacked(zipOf(names.map((name) => ({ ...member(name, 'A'), flags: IN_UTF8 }))))

    expect(found.map(([name]) => name)).toEqual(['a\ufffd\ufffd[31m\ufffd\ufffdb.csv', 'x'.repeat(255)])
  })

  it('in a zip has no name that holds a card number', async () => {
    const names = ['a.csv', 'card 4242 4242 4242 4242.csv']

    expect((await unpacked(zipOf(names.map((name) => member(name, 'A'))))).map(([name]) => name)).toEqual([
      'a.csv',
      'file 2',
    ])
  })

  it.each([
    ['that leads elsewhere', '../\u001b[31m\r\na', IN_UTF8],
    ['that is encrypted', '\u001b[31m\r\na', IN_UTF8 + 1],
  ])('in a zip is refused without its name as it stands, %s', async (_what, name, flags) => {
    const thrown = await unpacked(zipOf([{ ...member(name, 'A'), flags }])).catch((error: unknown) => error)

    expect(thrown).toBeInstanceOf(BrokenFile)
    expect(String(thrown)).not.toMatch(/\p{Cc}/u)
    expect(String(thrown)).toContain(name.slice(name.lastIndexOf('\n') + 1))
  })

  it('in a zip is called by its folders where its name alone is that of another one', async () => {
    const names = ['north/day.sta', 'south/day.sta', 'south/night.sta', 'x/day.sta (2)', 'south/day.sta']

    const found = await unpacked(zipOf(names.map((name, n) => member(name, String(n)))))

    expect(found.map(([name]) => name)).toEqual([
      'north/day.sta',
      'south/day.sta',
      'night.sta',
      'day.sta (2)',
      'south/day.sta (2)',
    ])
  })

  it('in a zip comes out of it, each by its own name, and folders are none', async () => {
    const packed = zipOf([
      member('in/', ''),
      member('in/a.xml', 'A'),
      member('__MACOSX/._a.xml', 'x'),
      member('b.xml', 'B'),
    ])

    expect(await unpacked(packed)).toEqual([
      ['a.xml', 'A'],
      ['b.xml', 'B'],
    ])
  })

  it('that is a gzip in a zip comes out of both', async () => {
    expect(await unpacked(zipOf([{ name: 'a.gz', bytes: gzipSync('abc') }]))).toEqual([['a.gz', 'abc']])
  })

  it('that is a workbook stays whole', async () => {
    const workbook = zipOf([member('[Content_Types].xml', '<Types/>'), member('xl/workbook.xml', '<workbook/>')])

    const [only, ...others] = await unpacked(workbook, 'a.xlsx')

    expect([only?.[0], others]).toEqual(['a.xlsx', []])
  })

  it('can be opened again', async () => {
    const path = join(folder, 'again')
    writeFileSync(path, zipOf([member('a', 'abc')]))

    const twice = await withDocuments(path, async ([document]) => {
      const texts: string[] = []
      for (const _time of [1, 2]) {
        for await (const piece of document?.open() ?? []) {
          texts.push(Buffer.from(piece).toString())
          break
        }
      }
      return texts
    })

    expect(twice).toEqual(['abc', 'abc'])
  })
})

describe('what is hostile or damaged is refused with its reason:', () => {
  it('a gzip that is cut off, or is none behind its first bytes', async () => {
    const packed = gzipSync('settlement '.repeat(1_000))

    expect(await problemOf(unpacked(packed.subarray(0, 40)))).toBe('damaged')
    expect(await problemOf(unpacked(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4])))).toBe('damaged')
  })

  it('a zip that is cut off, and one whose directory lies about a size', async () => {
    const packed = zipOf([member('a.csv', 'settlement '.repeat(1_000))])
    const lying = zipOf([{ ...member('a.csv', 'settlement '.repeat(1_000)), statedSize: 10 }])

    expect(await problemOf(unpacked(packed.subarray(0, packed.length - 30)))).toBe('damaged')
    expect(await problemOf(unpacked(lying))).toBe('damaged')
  })

  it('a bomb, in a gzip, in a zip, and in a gzip in a zip', async () => {
    const zeros = Buffer.alloc(64 * 1024 ** 2)

    expect(await problemOf(unpacked(gzipSync(zeros)))).toBe('zip_bomb')
    expect(await problemOf(unpacked(zipOf([{ name: 'a', bytes: zeros }])))).toBe('zip_bomb')
    expect(await problemOf(unpacked(zipOf([{ name: 'a', bytes: gzipSync(zeros) }])))).toBe('zip_bomb')
  })

  it('more bytes or more files than the limits', async () => {
    const limits = { ...UNPACK_LIMITS, bytes: 10, documents: 2 }
    const many = ['a', 'b', 'c'].map((name) => member(name, '1'))

    expect(await problemOf(unpacked(gzipSync('12345678901'), 'g', limits))).toBe('too_large')
    expect(await problemOf(unpacked(zipOf([member('a', '123456'), member('b', '12345')]), 'z', limits))).toBe(
      'too_large',
    )
    expect(await problemOf(unpacked(zipOf(many), 'm', limits))).toBe('too_many_files')
  })

  it.each(['../../etc/passwd', '/etc/passwd', 'C:/autoexec.bat', '..\\..\\x'])(
    'a name that leads elsewhere: %s',
    async (name) => {
      expect(await problemOf(unpacked(zipOf([member(name, 'x')])))).toBe('damaged')
    },
  )

  it('a file with a password, and a zip of nothing', async () => {
    expect(await problemOf(unpacked(zipOf([{ ...member('a', 'x'), flags: 1 }])))).toBe('encrypted')
    expect(await problemOf(unpacked(zipOf([])))).toBe('empty_zip')
  })
})
