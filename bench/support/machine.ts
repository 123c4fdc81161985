import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os'
import { resolve } from 'node:path'

export const machineOf = () => ({
  cpus: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  memory_mb: Math.round(totalmem() / 1_048_576),
  system: `${process.platform} ${release()} ${process.arch}`,
  node: process.version,
})

const TMPFS = 0x01021994

/** The numbers that statfs(2) gives for the file systems that people use. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  [TMPFS]: 'tmpfs',
  [0xef53]: 'ext4',
  [0x58465342]: 'xfs',
  [0x9123683e]: 'btrfs',
  [0x794c7630]: 'overlay',
  [0x2fc12fc1]: 'zfs',
  [0x1a]: 'apfs',
}

export async function fileSystemOf(folder: string): Promise<string> {
  const { type } = await statfs(folder)
  return FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`
}

/** A place for data folders: what it is called in the results, and the folder in which they are made. */
export type Place = { readonly data: 'disk' | 'tmpfs'; readonly folder: string; readonly fileSystem: string }

/**
 * The places that were asked for. Memory is measured only where there is a tmpfs, and the disk only where the folder
 * for temporary files is on one; otherwise a sentence says what is missing.
 */
export async function placesFor(
  data: 'disk' | 'tmpfs' | 'both',
  folders: { readonly disk: string | undefined; readonly tmpfs: string | undefined },
): Promise<{ readonly places: readonly Place[]; readonly missing: readonly string[] }> {
  const places: Place[] = []
  const missing: string[] = []
  if (data !== 'tmpfs') {
    const folder = resolve(folders.disk ?? tmpdir())
    const fileSystem = await fileSystemOf(folder)
    if (fileSystem === 'tmpfs') missing.push(`${folder} is in memory: name a folder on a disk with --disk DIR.`)
    else places.push({ data: 'disk', folder, fileSystem })
  }
  if (data !== 'disk') {
    const folder = resolve(folders.tmpfs ?? '/dev/shm')
    const fileSystem = existsSync(folder) ? await fileSystemOf(folder) : 'nothing'
    if (fileSystem === 'tmpfs') places.push({ data: 'tmpfs', folder, fileSystem })
    else missing.push(`${folder} is ${fileSystem}, not tmpfs: name a folder in memory with --tmpfs DIR.`)
  }
  return { places, missing }
}
