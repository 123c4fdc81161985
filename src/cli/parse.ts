import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type AnyFormat, FORMATS, type ParsedFile, parseFile, type SettlementLine } from '../settlement/index.ts'
import type { Context } from './context.ts'
import { writeJson } from './exact-json.ts'
import { CliFailure, EXIT, type ExitCode } from './failure.ts'
import { lineView, statementView } from './parse-json.ts'
import { printParsed, SHOWN_LINES } from './parse-text.ts'
import { createWaiting } from './progress.ts'

export type ParseOptions = { readonly format?: string; readonly sourceZone?: string }

/**
 * Reads one settlement file and says what is in it, without a server. Exit 0 when it was read and its controls pass or
 * there are none, 1 when a control fails or a row could not be read, 2 when it is unreadable.
 */
export async function parse(context: Context, path: string, options: ParseOptions): Promise<number> {
  const file = await existing(resolve(context.io.cwd, path))
  const format = options.format === undefined ? undefined : formatNamed(options.format)
  const zone = options.sourceZone === undefined ? undefined : knownZone(options.sourceZone)
  const waiting = createWaiting(context.io, `reading ${path}`)
  try {
    return context.json
      ? await asJson(context, file, { format, zone })
      : await asText(context, file, { format, zone }, waiting.stop)
  } finally {
    waiting.stop()
  }
}

type Settings = { readonly format: AnyFormat | undefined; readonly zone: string | undefined }

/** One document, written while the file is read: a file of a million lines is no reason for memory. */
async function asJson({ io }: Context, file: string, settings: Settings): Promise<ExitCode> {
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
  const { format, version, businessDate, fileReference, statements, diagnostics } = parsed
  const rest = {
    format: format ?? null,
    version,
    business_date: businessDate,
    file_reference: fileReference,
    statements: statements.map(statementView),
    diagnostics,
  }
  await write(`\n  ],${writeJson(rest, 2).slice(1)}\n`)
  return exitCodeOf(parsed)
}

async function asText(context: Context, file: string, settings: Settings, stopWaiting: () => void): Promise<ExitCode> {
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
  return exitCodeOf(parsed)
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
