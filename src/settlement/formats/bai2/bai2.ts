import type { FileSummary, Format, TakeLines } from '../format.ts'
import { type Reading, readFile } from '../reading.ts'
import { asciiBeginning } from '../text/beginning.ts'
import { decoded } from '../text/decode.ts'
import { textLines } from '../text/lines.ts'
import { createFrame } from './frame.ts'
import { createRecordSplitter } from './records.ts'

/**
 * BAI2: "Cash Management Balance Reporting Specifications, Version 2", of banks in North America and many elsewhere.
 *
 * - **Text.** Records of fields with commas, each with a `/` at its end that may be left out after a text; see records.ts
 *   for continuations (88), wrapped lines and several records in one line.
 * - **Frame.** `01` file, `02` group (one bank, one day), `03` account with its balances and totals, `16` details; `49`,
 *   `98` and `99` close account, group and file.
 * - **Sign.** By the type code of a detail: see type-codes.ts. An amount that is negative turns it around. What is no money
 *   (890) or is a state moves nothing and is not booked, nor is anything in a group that is a test or takes one back.
 * - **Amounts.** Whole minor units of the currency of the account, else of the group, else US dollars.
 * - **Dates.** A line has the day of its group (as-of date); 2400 and 9999 are the end of that day. There is no instant.
 * - **References.** The customer's reference is ours, the bank's is the sender's. `EREF`, `CREF` and `CHKN` of the texts
 *   are others.
 * - **Balance.** `49` = Σ amounts of 03 and 16 as written (or, as some banks count, of 16 alone), `98` = Σ `49`,
 *   `99` = Σ `98`, each with its counts; total credits (100) and debits (400) where all their items are there;
 *   opening ledger (010) + Σ = closing ledger (015). Banks may leave details out: see account.ts.
 *
 * Measured on a million rows, half of them 88s, 48 MB: 400,000 rows a second, 200,000 of them lines, in a process of
 * 175 MB (2 shared cores, Node 26).
 */
export const bai2: Format = {
  name: 'bai2',
  title: 'BAI2 balance report of a bank',
  detects: (beginning) => FILE_HEADER.test(asciiBeginning(beginning)),
  read,
}

/** `01,sender,receiver,date,time,file id,record length,block size,version/`, and what can follow it. */
const FILE_HEADER = /^01,[^,\r\n]{0,64},[^,\r\n]{0,64},\d{6}(?:\d\d)?,[^\r\n/]{0,200}\/?\s*(?:02|88|98|99),/

function read(bytes: AsyncIterable<Uint8Array>, take: TakeLines): Promise<FileSummary> {
  return readFile(bai2.name, take, (reading) => readRecords(reading, bytes))
}

async function readRecords(reading: Reading, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const frame = createFrame(reading)
  const splitter = createRecordSplitter(reading, frame.take)
  for await (const { first, lines } of textLines(decoded(bytes, reading.diagnostics))) {
    for (const [index, line] of lines.entries()) {
      splitter.take(line, first + index)
      if (index % PIECE_LINES === PIECE_LINES - 1) await reading.drain()
    }
    await reading.drain()
  }
  splitter.end()
  frame.end()
}

/** Lines of the text between two chances to hand what was read on. */
const PIECE_LINES = 1_000
