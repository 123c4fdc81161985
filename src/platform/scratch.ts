import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Gives work a folder of its own for files that it needs only while it runs, and removes it afterwards. */
export async function withScratch<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(parent, randomUUID())
  await mkdir(folder, { recursive: true, mode: 0o700 })
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes what work that was killed left behind. Nobody else may use the folder. */
export const clearScratch = (parent: string): Promise<void> => rm(parent, { recursive: true, force: true })
