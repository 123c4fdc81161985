import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BrokenFile } from '../../settlement/index.ts'

/** A file in a folder that is read as one side: its path, and its name from that folder on. */
export type FileIn = { readonly name: string; readonly path: string }

const MAX_FILES = 1_000

/** What systems leave in folders and nobody means: hidden files, marks that a job is done, checksums. */
const IS_MARK = /(^|\/)(\.|_SUCCESS$|_metadata$|_common_metadata$|__MACOSX\/|Thumbs\.db$|desktop\.ini$)|\.crc$/

/** The files of a folder and of those in it, in the order of the bytes of their names. Throws `BrokenFile` when there is none. */
export async function filesIn(folder: string): Promise<readonly FileIn[]> {
  const names = (await readdir(folder, { recursive: true })).map((name) => name.replaceAll('\\', '/'))
  const files: FileIn[] = []
  for (const name of names.filter((each) => !IS_MARK.test(each)).toSorted()) {
    const path = join(folder, name)
    if (!(await stat(path)).isFile()) continue
    files.push({ name, path })
    if (files.length > MAX_FILES)
      throw new BrokenFile('too_many_files', 1, `There are more than ${MAX_FILES} files in it`)
  }
  if (files.length === 0) throw new BrokenFile('empty', 1, 'There is no file in it')
  return files
}
