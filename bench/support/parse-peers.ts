import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ParseFormat } from './parse-files.ts'

export type Peer = 'camt-parser' | 'mt940-js' | 'mt940js' | 'ofx-js' | 'csv-parse'

/**
 * The parsers on npm that read these formats, and of how many lines at most: they hold the whole file in memory, some many
 * times. ofx-js gives texts, and csv-parse gives the fields of each row and knows nothing of amounts, dates and balances.
 */
export const PEERS: Readonly<
  Partial<Record<ParseFormat, readonly { readonly peer: Peer; readonly version: string; readonly most: number }[]>>
> = {
  'camt.053': [{ peer: 'camt-parser', version: '1.1.0', most: 100_000 }],
  mt940: [
    { peer: 'mt940-js', version: '1.0.0', most: 200_000 },
    { peer: 'mt940js', version: '1.3.5', most: 200_000 },
  ],
  ofx: [{ peer: 'ofx-js', version: '1.1.1', most: 500_000 }],
  csv: [{ peer: 'csv-parse', version: '7.0.3', most: 1_000_000_000 }],
}

const run = promisify(execFile)

/** Installs packages in a folder. Gives why that was not possible, in words, or undefined. */
export async function installPeers(folder: string, packages: readonly string[]): Promise<string | undefined> {
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
  // mt940-js asks for tslib and does not say so.
  const all = [...packages, 'tslib@2.8.1']
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--fetch-retries=0', ...all]
  try {
    await run('npm', args, { cwd: folder, timeout: 120_000 })
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n').slice(0, 2).join(' ') : String(error)
    return `The parsers of others cannot be installed, so ours is measured alone: ${reason.slice(0, 200)}`
  }
}
