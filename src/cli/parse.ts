import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { writeJson } from '../platform/exact-json.ts'
import {
  type AnyFormat,
  FORMATS,
  formatProfile,
  mappedFormat,
  type ParsedFile,
  ProfileError,
  parseFile,
  parseProfile,
  type SettlementLine,
} from '../settlement/index.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT, type ExitCode } from './failure.ts'
import { lineView, statementView } from './parse-json.ts'
import { printParsed, SHOWN_LINES } from './parse-text.ts'
import { createWaiting } from './progress.ts'

export type ParseOptions = {
  readonly format?: string
  readonly sourceZone?: string
  readonly mapping?: string
  readonly saveMapping?: string
}

/**
 * Reads one settlement file and says what is in it, without a server. Exit 0 when it was read and its controls pass or
 * there are none, 1 when a control fails or a row could not be read, 2 when it is unreadable.
 */
export async function parse(context: Context, path: string, options: ParseOptions): Promise<number> {
  const file = await existing(resolve(context.io.cwd, path))
  const format = await formatIn(context, options)
  const saveTo = options.saveMapping === undefined ? undefined : resolve(context.io.cwd, options.saveMapping)
  if (saveTo !== undefined) await refuseExisting(saveTo)
  const zone = options.sourceZone === undefined ? undefined : knownZone(options.sourceZone)
  const waiting = createWaiting(context.io, `reading ${path}`)
  try {
    const parsed = context.json
      ? await asJson(context, file, { format, zone })
      : await asText(context, file, { format, zone }, waiting.stop)
    if (saveTo !== undefined) await saveMapping(context, saveTo, parsed)
    return exitCodeOf(parsed)
  } finally {
    waiting.stop()
  }
}

type Settings = { readonly format: AnyFormat | undefined; readonly zone: string | undefined }

/** One document, written while the file is read: a file of a million lines is no reason for memory. */
async function asJson({ io }: Context, file: string, settings: Settings): Promise<ParsedFile> {
  const write = async (text: string): Promise<void> => {
    if (!io.stdout.write(text)) await once(io.stdout, 'drain')
  }
  await write('{\n  "schema": "tallystick.parse/1",\n  "lines": [')
  let separator = '\n    '
  const take = async (lines: readonly SettlementLine[]): Promise<void> => {
    const texts = lines.map((line) => writeJson(lineView(line)))
    await write(separator + texts.join(',\n    '))
    separator = ',\n    '
  }
  const parsed = await parseFile(file, { ...settings, formats: FORMATS, take })
  const { format, version, businessDate, fileReference, statements, diagnostics, mapping } = parsed
  const rest = {
    format: format ?? null,
    version,
    business_date: businessDate,
    file_reference: fileReference,
    mapping: mapping && JSON.parse(formatProfile(mapping, parsed.mappingDoubts)),
    statements: statements.map(statementView),
    diagnostics,
  }
  await write(`\n  ],${writeJson(rest, 2).slice(1)}\n`)
  return parsed
}

async function asText(
  context: Context,
  file: string,
  settings: Settings,
  stopWaiting: () => void,
): Promise<ParsedFile> {
  const first: SettlementLine[] = []
  let count = 0
  const take = (lines: readonly SettlementLine[]): Promise<void> => {
    count += lines.length
    if (first.length < SHOWN_LINES) first.push(...lines.slice(0, SHOWN_LINES - first.length))
    return Promise.resolve()
  }
  const parsed = await parseFile(file, { ...settings, formats: FORMATS, take })
  stopWaiting()
  printParsed(context.output, parsed, { first, count })
  return parsed
}

function exitCodeOf({ readable, statements, diagnostics }: ParsedFile): ExitCode {
  if (!readable) return EXIT.unusable
  const isWrong =
    statements.some(({ control }) => control.status === 'fail') ||
    diagnostics.some(({ severity }) => severity === 'error')
  return isWrong ? EXIT.negative : EXIT.ok
}

const NEXT = 'npx tallystick parse --help'

async function existing(path: string): Promise<string> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is not a file')
    return path
  } catch (cause) {
    const message = `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new CliFailure({ message, next: NEXT, code: 'file_unreadable', cause })
  }
}

/** The one that is named, or a table by a saved mapping. */
async function formatIn({ io }: Context, { format, mapping }: ParseOptions): Promise<AnyFormat | undefined> {
  if (mapping === undefined) return format === undefined ? undefined : formatNamed(format)
  if (format !== undefined) {
    const message = 'A mapping says what the file is written in: leave --format out'
    throw new CliFailure({ message, next: NEXT, code: 'mapping_and_format' })
  }
  const path = await existing(resolve(io.cwd, mapping))
  try {
    const profile = parseProfile(await readFile(path, 'utf8'))
    return mappedFormat(profile.table.kind, profile)
  } catch (cause) {
    if (!(cause instanceof ProfileError)) throw cause
    throw new CliFailure({ message: `${path}: ${cause.message}`, next: NEXT, code: 'mapping_invalid', cause })
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Somebody may have edited it. */
async function refuseExisting(path: string): Promise<void> {
  if (!(await exists(path))) return
  throw new CliFailure({ message: `${path} is there already`, next: NEXT, code: 'mapping_exists' })
}

async function saveMapping(
  { io }: Context,
  path: string,
  { mapping, mappingDoubts, format }: ParsedFile,
): Promise<void> {
  if (mapping === undefined) {
    const message = `There is no mapping to save: ${format === undefined ? 'the file is in no known format' : `it is of a table, and ${format} was read without one`}`
    throw new CliFailure({ message, next: NEXT, code: 'no_mapping' })
  }
  try {
    await writeFile(path, formatProfile(mapping, mappingDoubts), { flag: 'wx' })
  } catch (cause) {
    const message = `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`
    throw new CliFailure({ message, next: NEXT, code: 'mapping_unwritable', cause })
  }
  const open = mappingDoubts?.length ?? 0
  const rest = open === 0 ? '' : `; "open" in it says what somebody has to decide before it can be used`
  io.stderr.write(`The mapping is saved as ${path}${rest}.\n`)
}

function formatNamed(name: string): AnyFormat {
  const format = FORMATS.find((each) => each.name === name)
  if (format !== undefined) return format
  const names = FORMATS.map((each) => each.name).join(', ')
  throw new CliFailure({ message: `"${name}" is no format; there are ${names}`, next: NEXT, code: 'format_unknown' })
}

function knownZone(zone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch (cause) {
    const message = `"${zone}" is no time zone such as Europe/Berlin`
    throw new CliFailure({ message, next: NEXT, code: 'zone_unknown', cause })
  }
}
