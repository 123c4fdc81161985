import type { Format, ReadOptions } from '../format.ts'
import { type Reading, readFile } from '../reading.ts'
import { decoded } from '../text/decode.ts'
import { withLineFeeds } from '../text/lines.ts'
import { createDocument } from './document.ts'
import { createContext } from './frame.ts'
import { type Declared, declaredEncoding, detectsOfx, readHeader, startOf } from './header.ts'
import { createMarkup } from './markup.ts'

/**
 * OFX 1.x (SGML) and 2.x (XML), QFX included: Open Financial Exchange 1.6 and 2.2, statements of banks, cards, and the
 * banking transactions (INVBANKTRAN) of investment accounts.
 *
 * - **Text.** In the encoding that its bytes are in, whatever the header says: UTF-8, UTF-16, else Windows-1252.
 * - **Frame.** `<OFX>` to `</OFX>`; a file without its end is not whole. Other end tags may be missing. A status that is
 *   an error is one, and its answer gives no statement. Every other kind of record is named and counted.
 * - **Sign.** TRNAMT as it is, for cards too: it is signed as the account's holder sees it.
 * - **Dates.** The day is the one that is written. An instant needs an offset in the file or a zone from the caller: by
 *   the specification a time without one is UTC, but most banks mean their own.
 * - **Balance.** LEDGERBAL is the closing one. No opening is stated, so nothing can be proven by the file alone and the
 *   control is `none`: the chain from one file to the next proves it.
 *
 * Measured on a million transactions in eight million lines, 180 MB: 1,500,000 lines, 190,000 transactions and 35 MB a
 * second of CPU time, in a process of 175 MB (2 shared cores, Node 26). The npm package ofx-js 1.1.1, which keeps the whole
 * file and reads neither amounts nor dates, takes 4 times as long for 1.x, and as long as this for 2.x.
 */
export const ofx: Format = {
  name: 'ofx',
  title: 'OFX 1.x and 2.x, QFX: statements of banks, cards and the cash of investments',
  detects: detectsOfx,
  read: (bytes, take, options) => readFile('ofx', take, (reading) => readOfx(reading, bytes, options)),
}

/** So much text is read at once that little is read twice, and so little that few lines wait to be handed on. */
const PIECE_LENGTH = 32_768

async function readOfx(
  reading: Reading,
  bytes: AsyncIterable<Uint8Array>,
  options: ReadOptions | undefined,
): Promise<void> {
  const document = createDocument(createContext(reading, options?.zone))
  const markup = createMarkup(document)
  let isBeginning = true
  for await (const piece of pieces(withLineFeeds(inItsEncoding(bytes, reading)))) {
    if (isBeginning) takeHeader(reading, piece)
    isBeginning = false
    markup.take(piece)
    await reading.drain()
  }
  markup.end()
  document.end(markup.line())
  reading.businessDate = lastDateOf(reading)
}

function takeHeader(reading: Reading, beginning: string): void {
  const start = startOf(beginning)
  const header = readHeader(beginning.slice(0, start === -1 ? PIECE_LENGTH : start))
  reading.version = header.version
  reading.fileReference = header.fileId
}

const lastDateOf = ({ statements }: Reading): string | undefined =>
  statements
    .map(({ businessDate }) => businessDate)
    .filter((date) => date !== undefined)
    .sort()
    .at(-1)

/** A header that says Windows-1252 is right about bytes that are not UTF-8, and wrong about those that are. */
async function* inItsEncoding(bytes: AsyncIterable<Uint8Array>, { diagnostics }: Reading): AsyncGenerator<string> {
  let declared: Declared | undefined
  let isSettled = false
  const own = {
    ...diagnostics,
    add: (diagnostic: Parameters<typeof diagnostics.add>[0]): void => {
      isSettled = true
      if (declared?.isWindows !== true) diagnostics.add(diagnostic)
    },
  }
  const declare = (beginning: string): string | undefined => {
    declared = declaredEncoding(beginning)
    return declared.label
  }
  for await (const text of decoded(bytes, own, declare)) {
    if (!isSettled && declared?.isWindows === true && NOT_ASCII.test(text)) {
      isSettled = true
      const message = 'The header declares Windows-1252, Latin-1 or ASCII, and the text is UTF-8: it is read as that'
      diagnostics.add({ severity: 'warning', code: 'encoding', line: 1, message })
    }
    yield text
  }
}

const NOT_ASCII = /[\u0080-\uffff]/

/** The text in pieces of about one length, however it came. */
async function* pieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string[] = []
  let length = 0
  for await (const text of texts) {
    held.push(text)
    length += text.length
    if (length < PIECE_LENGTH) continue
    const all = held.join('')
    for (let at = 0; at < all.length; at += PIECE_LENGTH) yield all.slice(at, at + PIECE_LENGTH)
    held = []
    length = 0
  }
  if (length > 0) yield held.join('')
}
