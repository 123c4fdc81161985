import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { finished } from 'node:stream/promises'
import { writeJson } from '../platform/exact-json.ts'
import { withScratch } from '../platform/scratch.ts'
import {
  type Item,
  type Outcome,
  parseSaved,
  type ReconRequest,
  reconcile,
  type SideName,
  type Summary,
  UnreadableInput,
} from '../recon/index.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT, type ExitCode } from './failure.ts'
import { createWaiting } from './progress.ts'
import { askMapping, canAsk } from './recon-ask.ts'
import { formerIds } from './recon-baseline.ts'
import { CSV_HEADER, csvLine } from './recon-csv.ts'
import { reportPage } from './recon-html.ts'
import { itemView, summaryView } from './recon-json.ts'
import { NEXT, pathIn, type ReconOptions, readOverrides, readSettings, usage } from './recon-options.ts'
import { saveMapping } from './recon-save.ts'
import { printFirst, printItem, printSummary } from './recon-text.ts'
import { unsure } from './recon-unsure.ts'
import { ownVersion } from './version.ts'

type Done = Extract<Outcome, { kind: 'done' }>
type Paths = Readonly<Record<SideName, string>>

/**
 * Compares two files without a server. Exit 0 when nothing real differs, 1 for real breaks, 2 when a file cannot be read
 * or the proof fails, 3 when the mapping is not sure.
 */
export async function recon(context: Context, paths: Paths, options: ReconOptions): Promise<number> {
  const { io } = context
  if (!['real', 'any', 'never'].includes(options.failOn)) throw usage('--fail-on is real, any or never')
  const settings = readSettings(options)
  const given = readOverrides(options)
  const full = { ours: await existing(io.cwd, paths.ours, true), theirs: await existing(io.cwd, paths.theirs, true) }
  const waiting = createWaiting(io, `reconciling ${paths.ours} and ${paths.theirs}`)
  try {
    const { config, baseline, anonymise = false } = options
    const saved = config === undefined ? undefined : parseSaved(await textOf(io.cwd, config))
    const former = baseline === undefined ? undefined : formerIds(await textOf(io.cwd, baseline), baseline)
    const ask: ReconRequest['ask'] = async (mapping, sides) => {
      waiting.stop()
      return canAsk(context) ? await askMapping(context, mapping, sides) : undefined
    }
    return await withScratch(tmpdir(), (folder) =>
      reconcile({ paths: full, folder, settings, given, saved, former, anonymise, ask }, async (outcome) => {
        waiting.stop()
        if (outcome.kind === 'unsure') throw unsure(context, outcome)
        return report(context, withNames(outcome, paths), options, paths)
      }),
    )
  } catch (error) {
    if (!(error instanceof UnreadableInput)) throw error
    throw new CliFailure({ message: error.message, next: NEXT, code: error.code, cause: error })
  } finally {
    waiting.stop()
  }
}

/** The paths as they were given: a report may be sent to somebody who is not concerned with folders of this machine. */
const withNames = (outcome: Done, paths: Paths): Done => ({
  ...outcome,
  summary: {
    ...outcome.summary,
    inputs: outcome.summary.inputs.map((input) => ({ ...input, path: paths[input.side] })),
  },
})

async function report(context: Context, done: Done, options: ReconOptions, paths: Paths): Promise<ExitCode> {
  const { summary, items } = done
  if (options.explain !== undefined) return explain(context, done, options.explain)
  const command = commandOf(paths, options)
  const limit = options.all === true ? undefined : options.limit
  const outputs = await writeOutputs(context, done, options, command)
  if (options.config === undefined) await saveMapping(context, summary.mapping)
  if (context.json) await writeDocument(context, done, outputs, limit)
  else {
    printSummary(context, summary, done.baseline)
    const first: Item[] = []
    for await (const piece of items({ limit: 3 })) first.push(...piece)
    printFirst(context, first, command)
    const wrote = Object.values(outputs)
    if (wrote.length > 0) context.output.line(`\n wrote     ${wrote.join('  ')}`)
  }
  return exitCodeOf(context, summary, options.failOn)
}

/** The command with everything in it that decides what is found. */
function commandOf(paths: Paths, options: ReconOptions): string {
  const flags = DECIDING.flatMap(([name, flag, usual]) => {
    const value = options[name]
    return value === undefined || value === usual ? [] : [`${flag} ${quoted(value)}`]
  })
  return ['npx tallystick recon', quoted(paths.ours), quoted(paths.theirs), ...flags].join(' ')
}

const DECIDING = [
  ['key', '--key', undefined],
  ['amount', '--amount', undefined],
  ['currency', '--currency', undefined],
  ['date', '--date', undefined],
  ['tolerance', '--tolerance', '0'],
  ['dateWindow', '--date-window', undefined],
  ['lag', '--lag', undefined],
  ['asOf', '--as-of', undefined],
  ['oursZone', '--ours-zone', 'UTC'],
  ['theirsZone', '--theirs-zone', 'UTC'],
  ['oursCutoff', '--ours-cutoff', '00:00'],
  ['theirsCutoff', '--theirs-cutoff', '00:00'],
  ['config', '--config', undefined],
] as const

const quoted = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

async function explain(context: Context, { items }: Done, named: string): Promise<ExitCode> {
  const found: Item[] = []
  for await (const piece of items({ named, limit: 100 })) found.push(...piece)
  if (found.length === 0)
    throw new CliFailure({
      message: `No break has the id or the reference "${named}"`,
      next: NEXT,
      code: 'break_unknown',
      exitCode: EXIT.negative,
    })
  context.show(
    found.map((item) => ({ ...itemView(item), rows: { ours: item.ours?.cells, theirs: item.theirs?.cells } })),
    () => {
      for (const item of found) printItem(context, item)
    },
  )
  return EXIT.ok
}

const PAGE_ITEMS = 5_000 // a page of some two megabytes

async function writeOutputs(
  context: Context,
  done: Done,
  options: ReconOptions,
  command: string,
): Promise<Record<string, string>> {
  const { io } = context
  const outputs: Record<string, string> = {}
  if (options.csv !== undefined) {
    await writePieces(pathIn(io.cwd, options.csv), csvPieces(done))
    outputs['csv'] = options.csv
  }
  const html = typeof options.html === 'string' ? options.html : 'recon-report.html'
  if (options.html !== false) {
    const limit = options.all === true ? PAGE_ITEMS : Math.min(options.limit, PAGE_ITEMS)
    const about = { version: await ownVersion(), command, limit, csv: options.csv }
    const isAsked = typeof options.html === 'string'
    const written = await tryWrite(isAsked, context, html, reportPage(done.summary, done.items({ limit }), about))
    if (written) outputs['html'] = html
  }
  return outputs
}

/** What nobody asked for may fail: a folder where nothing can be written is no reason not to answer. */
async function tryWrite(
  isAsked: boolean,
  { io, output }: Context,
  name: string,
  pieces: AsyncIterable<string>,
): Promise<boolean> {
  try {
    await writePieces(pathIn(io.cwd, name), pieces)
    return true
  } catch (error) {
    if (isAsked || !isFileError(error)) throw failedWrite(name, error)
    output.note(`${name} cannot be written here (${error.code}); give a path with --html`)
    return false
  }
}

export const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error

const failedWrite = (name: string, cause: unknown): unknown =>
  isFileError(cause)
    ? new CliFailure({
        message: `${name} cannot be written: ${cause.message}`,
        next: NEXT,
        code: 'file_unwritable',
        cause,
      })
    : cause

async function* csvPieces({ items }: Done): AsyncGenerator<string> {
  yield CSV_HEADER
  for await (const piece of items()) yield piece.map(csvLine).join('')
}

async function writePieces(path: string, pieces: AsyncIterable<string>): Promise<void> {
  const stream = createWriteStream(path, { mode: 0o600 })
  const done = finished(stream)
  try {
    for await (const piece of pieces) if (!stream.write(piece)) await Promise.race([once(stream, 'drain'), done])
    stream.end()
  } finally {
    await done
  }
}

/** One document; items are written while they are read. */
async function writeDocument(
  { io }: Context,
  done: Done,
  outputs: Readonly<Record<string, string>>,
  limit: number | undefined,
): Promise<void> {
  const write = async (text: string): Promise<void> => {
    if (!io.stdout.write(text)) await once(io.stdout, 'drain')
  }
  const head = writeJson(summaryView(done.summary, done.baseline, outputs, limit), 2)
  await write(`${head.slice(0, head.lastIndexOf('\n}'))},\n  "items": [`)
  let separator = '\n    '
  for await (const piece of done.items(limit === undefined ? {} : { limit })) {
    await write(separator + piece.map((item) => writeJson(itemView(item))).join(',\n    '))
    separator = ',\n    '
  }
  await write('\n  ]\n}\n')
}

function exitCodeOf({ output }: Context, { proof, real, temporary }: Summary, failOn: string): ExitCode {
  if (proof.some(({ unexplained }) => unexplained !== 0n)) {
    output.note('The proof does not close. This is our bug, not one of your files: please report it.')
    return EXIT.unusable
  }
  if (failOn === 'never') return EXIT.ok
  return real > 0 || (failOn === 'any' && temporary > 0) ? EXIT.negative : EXIT.ok
}

async function existing(cwd: string, path: string, mayBeFolder = false): Promise<string> {
  try {
    const full = pathIn(cwd, path)
    const found = await stat(full)
    if (!found.isFile() && !(mayBeFolder && found.isDirectory())) throw new Error('it is not a file')
    return full
  } catch (cause) {
    throw new CliFailure({
      message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      next: NEXT,
      code: 'file_unreadable',
      cause,
    })
  }
}

async function textOf(cwd: string, path: string): Promise<string> {
  return readFile(await existing(cwd, path), 'utf8')
}
