import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export type Options = {
  /** The folder with a folder for each format. */
  readonly samples: string
  /** List every disagreement, explained or not. */
  readonly verbose: boolean
  /** Folders to read; all of them when empty. */
  readonly only: readonly string[]
  readonly help: boolean
}

export const USAGE = `npm run test:samples -- [--samples DIR] [--verbose] [FOLDER…]

  --samples DIR   the samples, one folder for each format (default ../shared/samples)
  --verbose       list the disagreements that are explained, with their reasons, and what could not be read
  FOLDER          only these, e.g. mt940 camt053

Exit code: 0 every disagreement is explained, or there are no samples; 1 one is not; 2 wrong options.`

/** The options of a command line, or one sentence that says what is wrong with it. */
export function readOptions(args: readonly string[], root: string): Options | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        samples: { type: 'string', default: '../shared/samples' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { samples, verbose, help } = values
    return { samples: resolve(root, samples), verbose, help, only: positionals }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
