import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, opendir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { FILE_BYTES_MAX, type Found, type Place, Unsettled } from './place.ts'
import type { FolderPlace } from './source.ts'
import { type Saved, save } from './unpacked.ts'

const LISTED_MAX = 100_000

/** A folder of this machine. */
export function openFolder({ folder }: FolderPlace): Place {
  return {
    list: () => listFolder(folder),
    fetch: (found, path) => fetchFile(folder, found, path),
    close: () => Promise.resolve(),
  }
}

async function listFolder(folder: string): Promise<readonly Found[]> {
  const root = await realpath(folder)
  const listed: Found[] = []
  let count = 0
  for await (const { name } of await opendir(root)) {
    count += 1
    if (count > LISTED_MAX) throw new Error(`${folder} has more than ${LISTED_MAX} names: move old ones elsewhere`)
    const found = await facts(root, name)
    if (found?.isFile() === true) listed.push(foundOf(name, found))
  }
  return listed
}

const foundOf = (name: string, { size, mtimeMs }: Stats): Found => ({
  name,
  byteCount: size,
  modifiedAt: new Date(Math.floor(mtimeMs)),
})

/** Of what a name stands for, when that is in the folder; undefined for what is gone again, or leads elsewhere. */
async function facts(root: string, name: string): Promise<Stats | undefined> {
  try {
    const path = await realpath(join(root, name))
    return path.startsWith(root + sep) ? await stat(path) : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ELOOP'].includes(String(error.code))) return undefined
    throw error
  }
}

async function fetchFile(folder: string, found: Found, path: string): Promise<Saved> {
  if (found.byteCount > FILE_BYTES_MAX)
    throw new Error(`it has ${found.byteCount} bytes, and at most ${FILE_BYTES_MAX} are taken`)
  const file = await openInside(folder, found.name)
  try {
    await requireSame(file, found)
    const saved = await save(file.createReadStream({ autoClose: false }), path)
    await requireSame(file, found)
    if (saved.byteCount !== found.byteCount) throw new Unsettled('it was written to while it was read')
    return saved
  } finally {
    await file.close()
  }
}

async function openInside(folder: string, name: string): Promise<FileHandle> {
  const root = await realpath(folder)
  try {
    const path = await realpath(join(root, name))
    if (!path.startsWith(root + sep)) throw new Unsettled('it leads out of the folder')
    // What was put in its place meanwhile is not followed, and a pipe is not waited for.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ELOOP'].includes(String(error.code)))
      throw new Unsettled('it is gone', { cause: error })
    throw error
  }
}

async function requireSame(file: FileHandle, { name, byteCount, modifiedAt }: Found): Promise<void> {
  const now = await file.stat()
  const same = foundOf(name, now)
  if (!now.isFile() || same.byteCount !== byteCount || same.modifiedAt.getTime() !== modifiedAt.getTime())
    throw new Unsettled('it is being written to')
}
