import { beginningOf } from './beginning.ts'
import { BrokenFile } from './formats/diagnostics.ts'
import { type AnyFormat, type Diagnostic, type FileSummary, readyFormat, type TakeLines } from './formats/format.ts'
import { type Document, withDocuments } from './unpack.ts'

/** What was read of a file. `format` is undefined when it is in none that is known, and then it is not readable. */
export type ParsedFile = Omit<FileSummary, 'format'> & { readonly format: string | undefined }

export type ParseOptions = {
  /** Those that it may be in: the one that recognises it reads it. */
  readonly formats: readonly AnyFormat[]
  /** The one that it is in, where somebody says so. */
  readonly format?: AnyFormat | undefined
  readonly zone?: string | undefined
  readonly take: TakeLines
}

/**
 * Reads one file without storing anything: unpacks it, finds its format by its content, and hands its lines on. The files
 * of a zip are read one after the other as if they were one, and have to be in one format. Never throws for what is in it.
 */
export async function parseFile(path: string, options: ParseOptions): Promise<ParsedFile> {
  try {
    return await withDocuments(path, async (documents) => {
      let whole: ParsedFile | undefined
      for (const document of documents) {
        const offset = whole?.statements.length ?? 0
        const parsed = labelled(document, documents.length, await parseDocument(document, options, offset))
        whole = whole === undefined ? parsed : joined(whole, parsed)
        if (!whole.readable) break
      }
      return whole ?? unreadable(undefined, 'empty_zip', 1, 'There is no file in it')
    })
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    return unreadable(undefined, error.code, error.line, error.message)
  }
}

/** The same of one file out of whatever it came packed in. `offset`: statements before its own. Throws `BrokenFile`. */
export async function parseDocument(document: Document, options: ParseOptions, offset = 0): Promise<ParsedFile> {
  const { formats, zone, take } = options
  const beginning = await beginningOf(document.open())
  if (beginning.length === 0) return unreadable(undefined, 'empty', 1, 'There is nothing in it')
  const format = options.format ?? formats.find((each) => each.detects(beginning))
  if (format === undefined) {
    const message = 'Its beginning is in none of the formats that are known; run: npx tallystick files formats'
    return unreadable(undefined, 'format_unknown', 1, message)
  }
  const onward: TakeLines =
    offset === 0 ? take : (lines) => take(lines.map((line) => ({ ...line, statement: line.statement + offset })))
  const ready = await readyFormat(format, document.open)
  return ready.read(document.open(), onward, { zone })
}

/** Says which file of several a diagnostic is about. */
function labelled({ name }: Document, count: number, parsed: ParsedFile): ParsedFile {
  if (count === 1) return parsed
  const diagnostics = parsed.diagnostics.map((each) => ({ ...each, message: `${name.slice(0, 100)}: ${each.message}` }))
  return { ...parsed, diagnostics }
}

function joined(before: ParsedFile, next: ParsedFile): ParsedFile {
  const diagnostics = [...before.diagnostics, ...next.diagnostics]
  if (next.readable && next.format !== before.format) {
    const message = `The zip has files in different formats, ${before.format} and ${next.format}: read them one by one`
    return { ...before, diagnostics: [...diagnostics, error('formats_differ', 1, message)], readable: false }
  }
  const statements = [...before.statements, ...next.statements]
  return { ...before, statements, diagnostics, readable: next.readable }
}

const error = (code: string, line: number, message: string): Diagnostic => ({ severity: 'error', code, line, message })

const unreadable = (format: string | undefined, code: string, line: number, message: string): ParsedFile => ({
  format,
  version: undefined,
  businessDate: undefined,
  fileReference: undefined,
  statements: [],
  diagnostics: [error(code, line, message)],
  readable: false,
})
