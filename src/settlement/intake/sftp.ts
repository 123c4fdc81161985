import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { Transform } from 'node:stream'
import type SftpClient from 'ssh2-sftp-client'
import { FILE_BYTES_MAX, type Found, type Place, Unsettled } from './place.ts'
import type { SftpPlace } from './source.ts'
import { type Saved, save } from './unpacked.ts'

/** How long each step may take; a network that was cut says nothing. */
export type SftpLimits = { readonly connectMs: number; readonly answerMs: number; readonly idleMs: number }

export const SFTP_LIMITS: SftpLimits = { connectMs: 20_000, answerMs: 30_000, idleMs: 60_000 }

const KEEPALIVE_MS = 10_000

/**
 * A folder of an SFTP server, over one connection. The server has to show the host key that was pinned; its name is not
 * proven by anything else. Secrets are read from their files now. Throws with a sentence that holds none of them.
 */
export async function openSftp(place: SftpPlace, signal: AbortSignal, limits = SFTP_LIMITS): Promise<Place> {
  // Loaded only by those who have such a source.
  const { default: Client } = await import('ssh2-sftp-client')
  const nothing = (): void => undefined
  const client = new Client('tallystick', { error: nothing, end: nothing, close: nothing })
  const bounded = <T>(work: Promise<T>, limitMs: number, what: string): Promise<T> =>
    inTime(work, { limitMs, what, signal, onLate: () => void client.end().catch(nothing) })
  await connect(client, place, limits, bounded)
  const pathOf = (name: string): string => posix.join(place.folder, name)

  return {
    async list() {
      const listed = await bounded(client.list(place.folder), limits.answerMs, 'listing')
      // Links are left alone: where they lead is the server's to say, and nothing here could check it.
      return listed
        .filter(({ type, name }) => type === '-' && !name.includes('/'))
        .map(({ name, size, modifyTime }) => ({ name, byteCount: size, modifiedAt: new Date(modifyTime) }))
    },
    async fetch(found, path) {
      if (found.byteCount > FILE_BYTES_MAX)
        throw new Error(`it has ${found.byteCount} bytes, and at most ${FILE_BYTES_MAX} are taken`)
      const saved = await download(client, pathOf(found.name), path, { limits, signal })
      const now = await bounded(client.stat(pathOf(found.name)), limits.answerMs, 'asking for the size')
      requireSame(found, saved, { byteCount: now.size, modifiedAt: new Date(now.modifyTime) })
      return saved
    },
    async close() {
      await bounded(client.end(), limits.answerMs, 'closing').catch(nothing)
    },
  }
}

function requireSame(found: Found, saved: Saved, now: Pick<Found, 'byteCount' | 'modifiedAt'>): void {
  const isSame = now.byteCount === found.byteCount && now.modifiedAt.getTime() === found.modifiedAt.getTime()
  if (!isSame || saved.byteCount !== found.byteCount) throw new Unsettled('it was written to while it was read')
}

type Bounded = <T>(work: Promise<T>, limitMs: number, what: string) => Promise<T>

async function connect(client: SftpClient, place: SftpPlace, limits: SftpLimits, bounded: Bounded): Promise<void> {
  const { host, port, user, secret, hostKeySha256 } = place
  const credentials =
    secret.kind === 'password'
      ? { password: (await readFile(secret.file, 'utf8')).replace(/\r?\n$/, '') }
      : { privateKey: await readFile(secret.file) }
  const seen: { key?: string } = {}
  const work = client.connect({
    host,
    port,
    username: user,
    ...credentials,
    readyTimeout: limits.connectMs,
    keepaliveInterval: KEEPALIVE_MS,
    hostVerifier: (key: Buffer) => {
      seen.key = createHash('sha256').update(key).digest('base64').replace(/=+$/, '')
      return seen.key === hostKeySha256
    },
  })
  try {
    await bounded(work, limits.connectMs, 'connecting')
  } catch (error) {
    await client.end().catch(() => undefined)
    if (seen.key !== undefined && seen.key !== hostKeySha256)
      throw new Error(
        `${host} shows the host key SHA256:${seen.key}, and SHA256:${hostKeySha256} was pinned: nothing was sent to it`,
        { cause: error },
      )
    throw new Error(`${host}:${port} cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

async function download(
  client: SftpClient,
  from: string,
  path: string,
  { limits, signal }: { readonly limits: SftpLimits; readonly signal: AbortSignal },
): Promise<Saved> {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new Error(`no byte came in ${limits.idleMs} ms`)), limits.idleMs)
  const watched = new Transform({
    transform(piece: Buffer, _encoding, done) {
      timer.refresh()
      done(null, piece)
    },
  })
  const either = AbortSignal.any([signal, stalled.signal])
  const stop = (): void => void watched.destroy(either.reason as Error)
  either.addEventListener('abort', stop)
  const stream = client.createReadStream(from)
  // Only what we read from is destroyed: a stream of a connection that was cut never ends by itself.
  stream.on('error', (error: Error) => watched.destroy(error))
  stream.pipe(watched)
  try {
    either.throwIfAborted()
    return await save(watched, path)
  } finally {
    clearTimeout(timer)
    either.removeEventListener('abort', stop)
    stream.unpipe(watched)
    stream.destroy()
  }
}

function inTime<T>(
  work: Promise<T>,
  {
    limitMs,
    what,
    signal,
    onLate,
  }: {
    readonly limitMs: number
    readonly what: string
    readonly signal: AbortSignal
    readonly onLate: () => void
  },
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const giveUp = (error: Error): void => {
    onLate()
    reject(error)
  }
  const stop = (): void => giveUp(new Error('the server is stopping'))
  if (signal.aborted) stop()
  const timer = setTimeout(() => giveUp(new Error(`${what} took longer than ${limitMs} ms`)), limitMs)
  signal.addEventListener('abort', stop)
  work.then(resolve, reject)
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  })
}
