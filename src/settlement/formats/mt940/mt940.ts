import { BrokenFile } from '../diagnostics.ts'
import type { FileSummary, Format, TakeLines } from '../format.ts'
import { type Reading, readFile } from '../reading.ts'
import { decoded } from '../text/decode.ts'
import { textLines } from '../text/lines.ts'
import { type MessageType, messageType } from './detect.ts'
import { createFieldReader, type FieldSink } from './fields.ts'
import { closePage, type Pages, startPages } from './pages.ts'
import { readField } from './read-field.ts'

const formatOf = (name: MessageType, title: string): Format => ({
  name,
  title,
  detects: (beginning) => messageType(beginning) === name,
  read: (bytes, take) => read(name, bytes, take),
})

export const mt940 = formatOf('mt940', "A bank's statement (SWIFT MT940 or MT950)")
export const mt942 = formatOf('mt942', "A bank's report of what moved during the day (SWIFT MT942)")

function read(name: MessageType, bytes: AsyncIterable<Uint8Array>, take: TakeLines): Promise<FileSummary> {
  return readFile(name, take, async (reading) => {
    const pages = startPages(reading, name === 'mt942')
    const fields = createFieldReader(sinkFor(reading, pages))
    let last = 1
    for await (const { first, lines } of textLines(decoded(bytes, reading.diagnostics))) {
      for (let index = 0; index < lines.length; index++) fields.line(lines[index] ?? '', first + index)
      last = first + lines.length - 1
      await reading.drain()
    }
    fields.finish()
    if (reading.statements.length === 0)
      throw new BrokenFile('no_statement', last, 'There is no statement in the file that can be read')
  })
}

function sinkFor(reading: Reading, pages: Pages): FieldSink {
  const warn = (code: string, line: number, message: string): void =>
    reading.diagnostics.add({ severity: 'warning', code, line, message })
  return {
    field: (field) => reading.row(field.line, () => readField(pages, field)),
    end: () => closePage(pages),
    message(type) {
      pages.isInterim = type === '942'
    },
    otherMessage: (type, line) => warn('other_message', line, `A message of the type ${type} is left out`),
    isInside: () => pages.page?.opening !== undefined && pages.page.closing === undefined,
    tooLong: (line) =>
      warn('field_too_long', line, 'The field that begins here is too long: the rest of it is left out'),
    stray: (line, text) => warn('stray', line, `"${text.slice(0, 64)}" belongs to no field, and is left out`),
  }
}
