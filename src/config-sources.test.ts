import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { readSources } from './config-sources.ts'
import { StartRefusal } from './platform/start-refusal.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-sources-'))
  for (const name of ['key', 'password', 'phrase']) writeFileSync(join(folder, name), `the ${name}`)
  writeFileSync(join(folder, 'acme.mapping.json'), '{"schema": "tallystick.mapping/1"}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const HOST_KEY = `SHA256:${'A'.repeat(43)}`
const SFTP = {
  host: 'sftp.acme.example',
  user: 'shop',
  private_key_file: 'key',
  host_key_sha256: HOST_KEY,
  folder: '/out',
  pattern: '*.xml.pgp',
}
const FULL = {
  name: 'acme-bank',
  formats: ['camt.053', 'mt940'],
  zone: 'Europe/Berlin',
  mapping: 'acme.mapping.json',
  collect: { sftp: SFTP, pgp: { private_key_file: 'key', passphrase_file: 'phrase' } },
  every_minutes: 5,
  expected: { by: '09:00', days: 'weekdays' },
}

function read(...sources: readonly unknown[]) {
  const path = join(folder, 'sources.json')
  writeFileSync(path, JSON.stringify({ sources }))
  return readSources(path)
}

function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof StartRefusal) return error.message
    throw error
  }
  return 'nothing was refused'
}

describe('a declared source', () => {
  it('needs a name and a zone, and the rest has defaults', () => {
    expect(read({ name: 'acme-bank', zone: 'Europe/Berlin' })).toEqual([
      { name: 'acme-bank', zone: 'Europe/Berlin', everyMinutes: 10 },
    ])
  })

  it('that settles PSPs has defaults but for which', () => {
    const [source] = read({ name: 'acme-bank', zone: 'UTC', settles: { psps: ['simulator'] } })

    expect(source?.settles).toEqual({
      psps: ['simulator'],
      account: undefined,
      days: [1, 2, 3, 4, 5],
      holidays: [],
      lagDays: 1,
      windowDays: 5,
      references: 'remittance',
      recognisedBy: [],
    })
  })

  it('is read as a whole into a frozen value, with paths relative to the file', () => {
    const [source] = read(FULL)

    expect(source).toEqual({
      name: 'acme-bank',
      formats: ['camt.053', 'mt940'],
      zone: 'Europe/Berlin',
      mapping: {
        path: join(folder, 'acme.mapping.json'),
        text: '{"schema": "tallystick.mapping/1"}',
        side: undefined,
      },
      collect: {
        kind: 'sftp',
        host: 'sftp.acme.example',
        port: 22,
        user: 'shop',
        secret: { kind: 'private_key', file: join(folder, 'key') },
        hostKeySha256: 'A'.repeat(43),
        folder: '/out',
        pattern: '*.xml.pgp',
        pgp: { privateKeyFile: join(folder, 'key'), passphraseFile: join(folder, 'phrase') },
      },
      everyMinutes: 5,
      expected: { by: '09:00', days: [1, 2, 3, 4, 5] },
    })
    expect([source, source?.collect, source?.expected?.days].every(Object.isFrozen)).toBe(true)
  })

  it('has its mapping in it, or says which side of two files it is', () => {
    const [inline] = read({ ...FULL, mapping: { schema: 'tallystick.mapping/1' } })
    const [ofTwo] = read({ ...FULL, mapping_side: 'ours' })

    expect(inline?.mapping?.text).toBe('{"schema":"tallystick.mapping/1"}')
    expect(ofTwo?.mapping?.side).toBe('ours')
  })

  it('names the folder that it collects from, and the days of a week', () => {
    const [source] = read({
      ...FULL,
      collect: { folder: 'in', pattern: '*.csv' },
      expected: { by: '23:59', days: ['sun', 'mon'] },
    })

    expect(source?.collect).toEqual({ kind: 'folder', folder: join(folder, 'in'), pattern: '*.csv' })
    expect(source?.expected?.days).toEqual([1, 7])
  })

  it('never has a secret in it', () => {
    expect(JSON.stringify(read(FULL))).not.toMatch(/the key|the phrase/)
  })

  it.each([
    [{ ...FULL, name: 'Acme' }, 'sources[0].name must be 1 to 63 lower-case letters', '"Acme"'],
    [{ ...FULL, zone: 'Berlin' }, 'sources[0].zone must be an IANA time zone such as Europe/Berlin', '"Berlin"'],
    [{ name: 'acme' }, 'sources[0].zone must be', 'it is missing'],
    [{ ...FULL, formats: [] }, 'sources[0].formats must be a list of 1 to', '[]'],
    [{ ...FULL, formats: [7] }, 'sources[0].formats[0] must be the name of a format', '7'],
    [{ ...FULL, every_minutes: 0.5 }, 'sources[0].every_minutes must be a whole number from 1 to 1440', '0.5'],
    [{ ...FULL, expected: { by: '9:00', days: 'daily' } }, 'sources[0].expected.by must be a local time', '"9:00"'],
    [{ ...FULL, expected: { by: '09:00', days: ['monday'] } }, 'expected.days[0] must be one of mon, tue', '"monday"'],
    [{ ...FULL, settles: {} }, 'sources[0].settles.psps must be a list of 1 to 50 names of PSPs', 'missing'],
    [{ ...FULL, settles: { psps: ['A'] } }, 'sources[0].settles.psps[0] must be the name of a PSP', '"A"'],
    [
      { ...FULL, settles: { psps: ['simulator'], holidays: ['2026-02-30'] } },
      'sources[0].settles.holidays[0] must be a day such as 2026-12-25',
      '"2026-02-30"',
    ],
    [
      { ...FULL, settles: { psps: ['simulator'], references: 'some' } },
      'sources[0].settles.references must be remittance or none',
      '"some"',
    ],
    [
      { ...FULL, settles: { psps: ['simulator'], recognised_by: ['a-b'] } },
      'sources[0].settles.recognised_by[0] must be a text of four letters or digits at least',
      '"a-b"',
    ],
    [
      { ...FULL, settles: { psps: ['simulator'], lag_days: 31 } },
      'sources[0].settles.lag_days must be a whole number from 0 to 30',
      '31',
    ],
    [{ ...FULL, expected: { by: '09:00' } }, 'sources[0].expected.days must be weekdays, daily', 'missing'],
    [{ ...FULL, colect: {} }, 'sources[0].colect is no setting; there are name, formats', ''],
    [{ ...FULL, mapping: 'none.json' }, 'sources[0].mapping must be a file that can be read', 'ENOENT'],
    [{ ...FULL, mapping_side: 'left' }, 'sources[0].mapping_side must be ours or theirs', '"left"'],
    [
      { ...FULL, mapping: undefined, mapping_side: 'ours' },
      'sources[0].mapping must be there where sources[0].mapping_side is',
      'missing',
    ],
    [{ ...FULL, collect: {} }, 'sources[0].collect must be either of folder and sftp', ''],
    [{ ...FULL, collect: { folder: 'in', sftp: SFTP } }, 'must be either of folder and sftp', ''],
    [{ ...FULL, collect: { folder: 'in', pattern: 'a/*' } }, 'collect.pattern must be a pattern of names', '"a/*"'],
    [{ ...FULL, collect: { sftp: SFTP, pattern: '*' } }, 'with sftp it is sources[0].collect.sftp.pattern', ''],
    [
      { ...FULL, collect: { sftp: { ...SFTP, password_file: 'password' } } },
      'either of private_key_file and password_file',
      '',
    ],
    [
      { ...FULL, collect: { sftp: { ...SFTP, private_key_file: 'lost' } } },
      'sources[0].collect.sftp.private_key_file must be a file that can be read',
      'ENOENT',
    ],
    [
      { ...FULL, collect: { sftp: { ...SFTP, host_key_sha256: 'MD5:aa' } } },
      'must be SHA256: and 43 characters',
      'MD5',
    ],
    [{ ...FULL, collect: { sftp: { ...SFTP, password: 'x' } } }, 'sources[0].collect.sftp.password is no setting', ''],
  ])('that is wrong is refused with its field: %j', (source, says, value) => {
    const message = refusalOf(() => read(source))

    expect(message).toContain(says)
    expect(message).toContain(value)
  })

  it('has a name of its own', () => {
    const source = { name: 'acme', zone: 'UTC' }

    expect(refusalOf(() => read(source, source))).toContain(
      'sources[1].name must be its own; sources[0] is "acme", too.',
    )
  })
})

describe('the sources file', () => {
  it('is sources.json in the data folder, and none changes nothing', () => {
    const home = join(folder, 'home')
    mkdirSync(home)
    expect(readConfig(['--home', home], {}, folder).sources).toEqual([])

    writeFileSync(join(home, 'sources.json'), JSON.stringify({ sources: [{ name: 'a', zone: 'UTC' }] }))

    expect(readConfig(['--home', home], {}, folder).sources).toMatchObject([{ name: 'a' }])
  })

  it('that was named has to be there, and to be JSON', () => {
    writeFileSync(join(folder, 'broken.json'), '{')

    expect(refusalOf(() => readConfig(['--sources', 'lost.json'], {}, folder))).toContain('cannot be read (ENOENT)')
    expect(refusalOf(() => readConfig([], { TALLYSTICK_SOURCES: 'broken.json' }, folder))).toContain('is no JSON')
  })
})
