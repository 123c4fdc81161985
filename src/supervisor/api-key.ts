import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivately } from './home.ts'

/** The key that this home handed out, kept so that a restart does not invalidate what was copied from it. */
export type ApiKeyFile = { readonly read: () => string | undefined; readonly write: (key: string) => void }

export function apiKeyFile(home: string): ApiKeyFile {
  const path = join(home, 'api-key')
  return {
    read: () => {
      try {
        return readFileSync(path, 'utf8').trim() || undefined
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
    write: (key) => writePrivately(path, `${key}\n`),
  }
}
