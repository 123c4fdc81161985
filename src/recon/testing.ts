import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type Baseline,
  type Item,
  type Mapping,
  type Overrides,
  reconcile,
  type Settings,
  type Summary,
} from './index.ts'

type Content = string | Uint8Array

/** Two sides as a test has them in mind: each a file, of text or bytes, or a folder of files by their names. */
export type Files = Readonly<Record<'ours' | 'theirs', Content | Readonly<Record<string, Content>>>>

export type Compared =
  | { readonly kind: 'unsure'; readonly mapping: Mapping }
  | {
      readonly kind: 'done'
      readonly summary: Summary
      readonly items: readonly Item[]
      readonly baseline: Baseline | undefined
    }

export type CompareOptions = Partial<Settings> & {
  readonly plainBytes?: number
  readonly given?: Overrides
  readonly saved?: Mapping
  readonly former?: readonly string[]
  readonly anonymise?: boolean
  readonly memoryLimit?: string
  /** Where the files and the overflow are until it ends; made when it is left out. */
  readonly folder?: string
}

export const UTC = { zone: 'UTC', cutOff: '00:00' } as const

/** Compares two files that it writes into a folder of their own. */
export async function compareFiles({ ours, theirs }: Files, options: CompareOptions = {}): Promise<Compared> {
  const { given = {}, saved, former, anonymise = false, memoryLimit, plainBytes, ...rest } = options
  const { folder = mkdtempSync(join(tmpdir(), 'tallystick-recon-')), ...settings } = rest
  try {
    const paths = { ours: join(folder, 'ours'), theirs: join(folder, 'theirs') }
    write(paths.ours, ours)
    write(paths.theirs, theirs)
    return await reconcile(
      {
        paths,
        folder,
        settings: {
          tolerance: { kind: 'absolute', text: '0' },
          dateWindow: undefined,
          lag: undefined,
          asOf: undefined,
          ours: UTC,
          theirs: UTC,
          ...settings,
        },
        given,
        saved,
        former,
        anonymise,
        ...(memoryLimit === undefined ? {} : { memoryLimit }),
        ask: () => Promise.resolve(undefined),
        ...(plainBytes === undefined ? {} : { plainBytes }),
      },
      async (outcome): Promise<Compared> => {
        if (outcome.kind === 'unsure') return { kind: 'unsure', mapping: outcome.mapping }
        const items: Item[] = []
        for await (const piece of outcome.items()) items.push(...piece)
        return { kind: 'done', summary: outcome.summary, items, baseline: outcome.baseline }
      },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function write(path: string, side: Files['ours']): void {
  if (typeof side === 'string' || side instanceof Uint8Array) return writeFileSync(path, side)
  mkdirSync(path)
  for (const [name, content] of Object.entries(side)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), content)
  }
}

export async function done(files: Files, options?: CompareOptions): Promise<Extract<Compared, { kind: 'done' }>> {
  const compared = await compareFiles(files, options)
  if (compared.kind === 'done') return compared
  throw new Error(`It was not sure: ${JSON.stringify(compared.mapping.fields)}`)
}

/** `code of reference: difference`, for a test that reads like a list of what was found. */
export const briefly = (items: readonly Item[]): readonly string[] =>
  items.map(({ code, ours, theirs, difference }) => {
    const name = ours?.reference ?? theirs?.reference ?? 'nothing'
    return `${code} ${name}${difference === undefined ? '' : ` ${difference}`}`
  })

export const csv = (rows: readonly (readonly (string | number)[])[], separator = ','): string =>
  rows.map((row) => `${row.join(separator)}\n`).join('')
