import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { BrokenFile } from '../../settlement/index.ts'

/** A file in a folder that is read as one side: its path, and its name from that folder on. */
export type FileIn = { readonly name: string; readonly path: string }

const MAX_FILES = 1_000

/** What systems leave in folders and nobody means: hidden files, marks that a job is done, checksums. */
const IS_MARK = /(^|\/)(\.|_SUCCESS$|_metadata$|_common_metadata$|__MACOSX\/|Thumbs\.db$|desktop\.ini$)|\.crc$/

/**
 * The files of a folder and of those in it, in the order of the bytes of their names. A link to a file is that file. Throws `BrokenFile`
 * when there is none, and for a link to a folder, which may be one that it is in, or to nothing.
 */
export async function filesIn(folder: string): Promise<readonly FileIn[]> {
  const files: FileIn[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path).replaceAll('\\', '/')
    if (IS_MARK.test(name)) continue
    if (entry.isSymbolicLink()) await refuseOtherLink(name, path)
    else if (!entry.isFile()) continue
    files.push({ name, path })
    if (files.length > MAX_FILES)
      throw new BrokenFile('too_many_files', 1, `There are more than ${MAX_FILES} files in it`)
  }
  if (files.length === 0) throw new BrokenFile('empty', 1, 'There is no file in it')
  return files.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

async function refuseOtherLink(name: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() === true) return
  const what = found?.isDirectory() === true ? 'a folder' : 'no file that can be read'
  throw new BrokenFile('link', 1, `${name} is a link to ${what}: take it away, or put the files themselves there`)
}
