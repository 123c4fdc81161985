import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as openpgp from 'openpgp'
import pino from 'pino'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createTestClock } from '../../platform/clock.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { listFiles } from '../read.ts'
import { type SftpServer, startSftpServer } from '../testing/sftp-server.ts'
import { collectOnce, type Look } from './collect.ts'
import { openSftp } from './sftp.ts'
import { type Collect, formatsOfSource, type IntakeSource, type SftpPlace } from './source.ts'
import { aStatement } from './testing.ts'

let database: TestDatabase
let db: Db
let root: string
let folder: string
let source: IntakeSource & { readonly collect: Collect }
let count = 0
const clock = createTestClock()
const logged: string[] = []
const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  root = mkdtempSync(join(tmpdir(), 'tallystick-collect-'))
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
  const named = formatsOfSource(['mt940'], undefined)
  source = {
    name: `bank-${count}`,
    formats: 'formats' in named ? named.formats : [],
    zone: 'UTC',
    collect: { kind: 'folder', folder, pattern: '*.sta', pgp: undefined },
    everyMinutes: 10,
    expected: undefined,
  }
})

const going = { mayGoOn: () => true, signal: new AbortController().signal }
const look = (of = source): Promise<Look> => collectOnce({ db, clock, log, scratch: join(root, 'scratch') }, of, going)

const received = async (): Promise<readonly string[]> =>
  (await listFiles(db, { source: source.name, limit: 100 })).data
    .map(({ name, status }) => `${name} ${status}`)
    .reverse()

const text = (reference: string): string =>
  aStatement({ day: '2026-03-02', opening: 100, entries: [['2026-03-02', 1, reference]] })

describe('a folder', () => {
  it('gives a file once nobody wrote to it between two looks, and gives it once', async () => {
    const path = join(folder, 'a.sta')
    writeFileSync(path, text('A').slice(0, 40))
    expect(await look()).toEqual({ received: 0, problem: undefined })
    appendFileSync(path, text('A').slice(40))
    expect(await look()).toEqual({ received: 0, problem: undefined })

    expect(await look()).toEqual({ received: 1, problem: undefined })
    expect(await look()).toEqual({ received: 0, problem: undefined })

    expect(await received()).toEqual(['a.sta accepted'])
    expect(readFileSync(path, 'utf8')).toBe(text('A'))
  })

  it('gives a file at once that is marked as whole', async () => {
    writeFileSync(join(folder, 'a.sta'), text('A'))
    writeFileSync(join(folder, 'a.sta.done'), '')

    expect(await look()).toEqual({ received: 1, problem: undefined })
  })

  it('gives a file anew whose time changed; the same bytes change nothing, others supersede it', async () => {
    const path = join(folder, 'a.sta')
    writeFileSync(path, text('A'))
    await look()
    await look()
    utimesSync(path, new Date(), new Date(Date.now() - 60_000))
    await look()
    expect((await look()).received).toBe(1)
    writeFileSync(path, text('B'))
    await look()
    expect((await look()).received).toBe(1)

    const { data } = await listFiles(db, { source: source.name, limit: 10 })

    expect(data.map(({ supersedes }) => supersedes)).toEqual([data[1]?.id, null])
  })

  it('gives nothing that its pattern does not match, nothing hidden, no folder and no link that leads out of it', async () => {
    const secret = join(root, `secret-${count}.sta`)
    writeFileSync(secret, text('SECRET'))
    symlinkSync(secret, join(folder, 'out.sta'))
    symlinkSync('nowhere', join(folder, 'broken.sta'))
    symlinkSync('loop.sta', join(folder, 'loop.sta'))
    mkdirSync(join(folder, 'below.sta'))
    for (const name of ['a.csv', '.a.sta', 'b.sta.part']) writeFileSync(join(folder, name), text('NO'))
    writeFileSync(join(folder, 'real.sta'), text('YES'))
    symlinkSync('real.sta', join(folder, 'inside.sta'))

    await look()
    await look()

    expect(await received()).toEqual(['inside.sta accepted'])
  })

  it('may have names that are no paths: they are labels, or their hash stands for them', async () => {
    for (const name of ['%2F..%2Fx.sta', '$(reboot).sta', 'a\nb.sta', '4242424242424242.sta'])
      writeFileSync(join(folder, name), text(`N${Buffer.from(name).toString('hex').slice(0, 8)}`))

    await look()
    await look()

    const names = await received()
    expect(names).toContain('$(reboot).sta accepted')
    expect(names).toContain('%2F..%2Fx.sta accepted')
    expect(names.filter((name) => /^[\da-f]{16} accepted$/.test(name))).toHaveLength(2)
  })

  it('that is not there is a problem of the look, and is looked at again', async () => {
    rmSync(folder, { recursive: true })
    expect((await look()).problem).toContain('ENOENT')

    mkdirSync(folder)

    expect((await look()).problem).toBeUndefined()
  })

  it('keeps a file that cannot be read as rejected, and goes on', async () => {
    writeFileSync(join(folder, 'a.sta'), '%PDF')
    writeFileSync(join(folder, 'b.sta'), text('B'))

    await look()
    await look()

    expect(await received()).toEqual(['a.sta rejected', 'b.sta accepted'])
  })
})

describe('an SFTP server', () => {
  let server: SftpServer
  let place: SftpPlace
  let keys: string

  beforeAll(async () => {
    keys = join(root, 'keys')
    mkdirSync(keys)
    const pair = ssh2.utils.generateKeyPairSync('ed25519')
    writeFileSync(join(keys, 'id'), pair.private, { mode: 0o600 })
    writeFileSync(join(keys, 'password'), 'hunter2\n', { mode: 0o600 })
    server = await startSftpServer({ name: 'shop', password: 'hunter2', publicKey: pair.public })
  })
  afterAll(() => server.close())
  beforeEach(() => {
    server.files.clear()
    server.answers = 'all'
    server.onRead = () => undefined
    place = {
      kind: 'sftp',
      folder: '/out',
      host: '127.0.0.1',
      port: server.port,
      user: 'shop',
      secret: { kind: 'private_key', file: join(keys, 'id') },
      hostKeySha256: server.hostKeySha256,
    }
    source = { ...source, collect: { ...place, pattern: '*.sta', pgp: undefined } }
  })
  const put = (name: string, content: string | Uint8Array, seconds = 1_772_000_000): void =>
    void server.files.set(name, { bytes: Buffer.from(content), modifiedAt: new Date(seconds * 1_000) })
  const withPlace = (more: Partial<SftpPlace>) => ({ ...source, collect: { ...source.collect, ...more } as Collect })

  it('gives its files like a folder, and nothing on it is changed', async () => {
    put('a.sta', text('A'))
    put('b.csv', 'no')
    put('done.sta', text('D'))
    put('done.sta.done', '')
    server.files.set('link.sta', { bytes: Buffer.from(text('L')), modifiedAt: new Date(0), type: 'link' })

    expect([await look(), await look(), await look()].map((each) => each.received)).toEqual([1, 1, 0])

    expect(await received()).toEqual(['done.sta accepted', 'a.sta accepted'])
    expect(server.writes).toEqual([])
  })

  it('lets in with a password as well', async () => {
    const logins = server.logins()

    expect(await look(withPlace({ secret: { kind: 'password', file: join(keys, 'password') } }))).toEqual({
      received: 0,
      problem: undefined,
    })
    expect(server.logins()).toBe(logins + 1)
  })

  it('is refused when it shows another host key, before anything is sent to it', async () => {
    const logins = server.logins()

    const { problem } = await look(withPlace({ hostKeySha256: 'A'.repeat(43) }))

    expect(problem).toContain(
      `shows the host key SHA256:${server.hostKeySha256}, and SHA256:${'A'.repeat(43)} was pinned`,
    )
    expect(server.logins()).toBe(logins)
  })

  it('that refuses the user, or is away, is a problem of the look, without a secret in it or in the log', async () => {
    writeFileSync(join(keys, 'wrong'), 'hunter3')
    const wrong = await look(withPlace({ secret: { kind: 'password', file: join(keys, 'wrong') } }))
    const away = await look(withPlace({ port: 1 }))

    expect(wrong.problem).toMatch(/authentication methods failed/)
    expect(away.problem).toMatch(/ECONNREFUSED/)
    expect(logged.join('')).not.toMatch(/hunter|PRIVATE KEY/)
  })

  it('whose file changes while it is fetched gives it later', async () => {
    put('a.sta', text('A'))
    await look()
    server.onRead = () => put('a.sta', text('AB'), 1_772_000_100)
    expect(await look()).toEqual({ received: 0, problem: undefined })
    server.onRead = () => undefined
    await look()

    expect((await look()).received).toBe(1)
  })

  it('that cuts the connection in the middle of a file stores nothing of it', async () => {
    put('a.sta', text('A'))
    await look()
    server.answers = 'cut'

    expect((await look()).problem).toContain('a.sta')

    expect(await received()).toEqual([])
    server.answers = 'all'
    expect((await look()).received).toBe(1)
  })

  it('that falls silent in the middle of a file is given up', async () => {
    put('a.sta', text('A'))
    server.answers = 'silent'
    const limits = { connectMs: 5_000, answerMs: 5_000, idleMs: 50 }
    const opened = await openSftp(place, going.signal, limits)
    const [found] = await opened.list()

    await expect(opened.fetch(found as NonNullable<typeof found>, join(root, 'silent'))).rejects.toThrow('no byte came')
    await opened.close()
  })

  it('is let go of when this server stops', async () => {
    put('a.sta', text('A'))
    server.answers = 'silent'
    const stopping = new AbortController()
    const opened = await openSftp(place, stopping.signal)
    const [found] = await opened.list()
    server.onRead = () => stopping.abort(new Error('the server is stopping'))

    await expect(opened.fetch(found as NonNullable<typeof found>, join(root, 'stop'))).rejects.toThrow('is stopping')
    await opened.close()
  })
})

describe('an encrypted file', () => {
  let publicKey: string
  beforeAll(async () => {
    const pair = await openpgp.generateKey({ userIDs: [{ name: 'Shop' }], passphrase: 'sesame', type: 'curve25519' })
    publicKey = pair.publicKey
    writeFileSync(join(root, 'pgp'), pair.privateKey)
    writeFileSync(join(root, 'pgp-phrase'), 'sesame\n')
  })
  beforeEach(() => {
    const pgp = { privateKeyFile: join(root, 'pgp'), passphraseFile: join(root, 'pgp-phrase') }
    source = { ...source, collect: { kind: 'folder', folder, pattern: '*', pgp } }
  })
  const message = async (content: string) => openpgp.createMessage({ binary: Buffer.from(content) })
  const encryptionKeys = async () => openpgp.readKey({ armoredKey: publicKey })

  it('is decrypted: what was in it is kept, beside the hash of the delivery', async () => {
    const binary = await openpgp.encrypt({
      message: await message(text('A')),
      encryptionKeys: await encryptionKeys(),
      format: 'binary',
    })
    const armoured = await openpgp.encrypt({
      message: await message(text('B')),
      encryptionKeys: await encryptionKeys(),
    })
    writeFileSync(join(folder, 'a.sta.pgp'), binary)
    writeFileSync(join(folder, 'b.sta.asc'), armoured)
    writeFileSync(join(folder, 'c.sta'), text('C'))

    await look()
    await look()

    expect(await received()).toEqual(['a.sta accepted', 'b.sta accepted', 'c.sta accepted'])
    const { data } = await listFiles(db, { source: source.name, limit: 10 })
    const [c, , a] = data
    expect(a?.byteCount).toBe(BigInt(text('A').length))
    expect(a?.deliveredSha256?.toString('hex')).toMatch(/^[\da-f]{64}$/)
    expect(c?.deliveredSha256).toBeNull()
  })

  it('for somebody else, or damaged, is kept as rejected with the reason', async () => {
    const other = await openpgp.generateKey({ userIDs: [{ name: 'Other' }], type: 'curve25519' })
    const encryptionKeysOfOther = await openpgp.readKey({ armoredKey: other.publicKey })
    const foreign = await openpgp.encrypt({
      message: await message(text('A')),
      encryptionKeys: encryptionKeysOfOther,
      format: 'binary',
    })
    writeFileSync(join(folder, 'a.sta.pgp'), foreign)
    writeFileSync(join(folder, 'b.sta.gpg'), 'no message')

    await look()
    await look()

    expect(await received()).toEqual(['a.sta rejected', 'b.sta rejected'])
    const { data } = await listFiles(db, { source: source.name, limit: 10 })
    for (const { rejection } of data) expect(rejection).toMatch(/^It cannot be decrypted with the key of this source/)
  })

  it('with a passphrase that is not right is a problem of the look, and waits', async () => {
    writeFileSync(join(root, 'pgp-wrong'), 'sesam')
    writeFileSync(join(folder, 'a.sta.pgp'), 'whatever')
    const pgp = { privateKeyFile: join(root, 'pgp'), passphraseFile: join(root, 'pgp-wrong') }
    const wrong = { ...source, collect: { ...source.collect, pgp } }
    await look(wrong)

    expect((await look(wrong)).problem).toMatch(/^a\.sta\.pgp: the private key .* cannot be used/)

    expect(await received()).toEqual([])
    expect(logged.join('')).not.toMatch(/sesam/)
  })
})
