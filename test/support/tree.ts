import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..', '..')

/** A file of the repository: its path from the root with slashes, and its text. */
export type TextFile = { readonly path: string; readonly text: string }

/** What we wrote ourselves: not what is installed, built, stored by git or made by a running server. */
const OURS = ['bench', 'bin', 'docs', 'examples', 'migrations', 'src', 'test']

/** Every file of ours in a folder whose name ends with one of `endings`, in order of its path. */
export function filesIn(folders: readonly string[], endings: readonly string[]): readonly TextFile[] {
  return folders
    .flatMap((folder) => pathsIn(folder))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map(read)
}

/** Every file of ours, those in the root included. */
export function allFiles(endings: readonly string[]): readonly TextFile[] {
  const inRoot = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => read(entry.name))
  return [...inRoot, ...filesIn(OURS, endings)]
}

export const read = (path: string): TextFile => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })

/** The names of the folders right inside a folder. */
export const foldersIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)

function pathsIn(folder: string): readonly string[] {
  try {
    return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(ROOT.length + 1)
          .replaceAll('\\', '/'),
      )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** `path:line: text` of every line that the pattern matches: what a failing test shows. */
export function linesMatching(files: readonly TextFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
}
