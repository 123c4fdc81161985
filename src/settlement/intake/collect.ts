import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../platform/log.ts'
import { withScratch } from '../../platform/scratch.ts'
import type { ReceiveDeps } from '../receive.ts'
import { openFolder } from './folder.ts'
import { note, sightings } from './items.ts'
import { decrypt, isEncrypted, plainName, Undecryptable } from './pgp.ts'
import { candidates, type Found, labelOf, type Place, Unsettled } from './place.ts'
import { type Delivery, receiveDelivery } from './receive.ts'
import { openSftp } from './sftp.ts'
import type { Collect, IntakeSource } from './source.ts'

export type CollectDeps = ReceiveDeps & { readonly log: Log }

/** The rest waits for the next look, so that one source does not hold a node for ever. */
const RECEIVED_MAX = 1_000
/** After as many failures in a row it is the place that is broken, not a file. */
const FAILURES_MAX = 3

export type Look = {
  /** Files that were received, also those that were known. */
  readonly received: number
  /** Why the look is not complete, as a sentence; undefined when it is. */
  readonly problem: string | undefined
}

/**
 * One look at where a source leaves its files: what nobody wrote to since the last look, or is marked as whole, is fetched
 * and received; what is new is remembered for the next look. Never throws for what is wrong with the place or a file.
 */
export async function collectOnce(
  deps: CollectDeps,
  source: IntakeSource & { readonly collect: Collect },
  options: { readonly mayGoOn: () => boolean; readonly signal: AbortSignal },
): Promise<Look> {
  let place: Place | undefined
  try {
    place =
      source.collect.kind === 'folder' ? openFolder(source.collect) : await openSftp(source.collect, options.signal)
    return await takeFrom(deps, source, place, options.mayGoOn)
  } catch (error) {
    deps.log.warn({ err: error, source: source.name }, 'a source could not be looked at')
    return { received: 0, problem: messageOf(error) }
  } finally {
    await place?.close()
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function takeFrom(
  deps: CollectDeps,
  source: IntakeSource & { readonly collect: Collect },
  place: Place,
  mayGoOn: () => boolean,
): Promise<Look> {
  const { db, clock, log } = deps
  const found = candidates(await place.list(), source.collect.pattern)
  const states = await sightings(db, source.name, found)
  let received = 0
  let failures = 0
  let problem: string | undefined
  for (const each of found) {
    if (received >= RECEIVED_MAX || failures >= FAILURES_MAX || !mayGoOn()) break
    const state = states.get(each)
    if (state === 'received') continue
    if (state === 'moving' && !each.isDone) {
      await note(db, source.name, each, clock.now())
      continue
    }
    try {
      await takeOne(deps, source, place, each)
      received += 1
      failures = 0
    } catch (error) {
      if (error instanceof Unsettled) {
        log.info({ source: source.name, why: error.message }, 'a file is left for the next look')
        continue
      }
      failures += 1
      problem ??= `${labelOf(each.name) ?? 'A file whose name cannot be shown'}: ${messageOf(error)}`
      log.warn({ err: error, source: source.name }, 'a file of a source could not be received')
    }
  }
  return { received, problem }
}

async function takeOne(
  deps: CollectDeps,
  source: IntakeSource & { readonly collect: Collect },
  place: Place,
  found: Found,
): Promise<void> {
  await withScratch(deps.scratch, async (folder) => {
    const path = join(folder, 'fetched')
    const { sha256 } = await place.fetch(found, path)
    const { pgp } = source.collect
    const label = labelOf(found.name)
    const delivery: Delivery =
      pgp !== undefined && isEncrypted(found.name)
        ? {
            via: 'collected',
            name: label && plainName(label),
            encryptedSha256: sha256,
            ...(await decrypted(path, pgp)),
          }
        : { via: 'collected', name: label, bytes: createReadStream(path) }
    const files = await receiveDelivery(deps, source, delivery)
    await note(deps.db, source.name, found, deps.clock.now(), sha256)
    for (const { file, duplicate } of files)
      deps.log.info(
        { source: source.name, file: file.id, status: file.status, duplicate, rejected: file.rejection },
        'a file was collected',
      )
  })
}

/** What is in it; or the message itself with the reason why nobody can read it, so that a person sees that it came. */
async function decrypted(path: string, key: NonNullable<Collect['pgp']>): Promise<Pick<Delivery, 'bytes' | 'problem'>> {
  try {
    const plain = await decrypt(path, key)
    return { bytes: only(plain) }
  } catch (error) {
    if (!(error instanceof Undecryptable)) throw error
    return { bytes: createReadStream(path), problem: error.message }
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
