import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { inPieces } from './pieces.ts'

/** Files to read, of any number of lines, written as a stream. All that they say of themselves is right. */

export const PARSE_FORMATS = ['camt.053', 'mt940', 'bai2', 'coda', 'ofx', 'paypal_stl', 'csv'] as const
export type ParseFormat = (typeof PARSE_FORMATS)[number]

const OPENING = 100_000
/** Minor units of a line, always a credit. */
const amountOf = (index: number): number => 101 + ((index * 7_919) % 99_800)
const feeOf = (index: number): number => index % 97

function totalOf(lines: number, of: (index: number) => number): number {
  let total = 0
  for (let index = 0; index < lines; index++) total += of(index)
  return total
}

const major = (minor: number): string => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`

/** Writes a file of this many lines (for CODA: movements of three records each; for PayPal at most 2^53 / 2). */
export async function writeParseFile(format: ParseFormat, lines: number, path: string): Promise<void> {
  await pipeline(inPieces(WRITERS[format](lines)), createWriteStream(path))
}

const WRITERS: Readonly<Record<ParseFormat, (lines: number) => Iterable<string>>> = {
  'camt.053': camt,
  mt940,
  bai2,
  coda,
  ofx,
  paypal_stl: paypal,
  csv,
}

function* camt(lines: number): Generator<string> {
  const balance = (type: string, amount: number): string =>
    `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${major(amount)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-03</Dt></Dt></Bal>\n`
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">\n<BkToCstmrStmt>\n<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-03-04T01:00:00+01:00</CreDtTm></GrpHdr>\n`
  yield `<Stmt><Id>ST-1</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-03-04T01:00:00+01:00</CreDtTm><Acct><Id><IBAN>DE02100100100006820101</IBAN></Id><Ccy>EUR</Ccy></Acct>\n`
  yield balance('OPBD', OPENING) + balance('CLBD', OPENING + totalOf(lines, amountOf))
  for (let index = 0; index < lines; index++) {
    const amount = `<Amt Ccy="EUR">${major(amountOf(index))}</Amt>`
    yield `<Ntry><NtryRef>${index}</NtryRef>${amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-03</Dt></BookgDt><ValDt><Dt>2026-03-03</Dt></ValDt><AcctSvcrRef>BANK-${index}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n<NtryDtls><TxDtls><Refs><EndToEndId>ORDER-${index}</EndToEndId></Refs>${amount}<CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Buyer ${index % 1_000}</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>Order ${index}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`
  }
  yield '</Stmt>\n</BkToCstmrStmt>\n</Document>\n'
}

const SWIFT_LINES = 1_000 // of one statement, which has more pages in truth

function* mt940(lines: number): Generator<string> {
  const swift = (minor: number): string => major(minor).replace('.', ',')
  let opening = OPENING
  for (let first = 0, number = 1; first < lines; first += SWIFT_LINES, number++) {
    yield `:20:STMT${number}\r\n:25:DE02100100100006820101\r\n:28C:${number}/1\r\n:60F:C260303EUR${swift(opening)}\r\n`
    for (let index = first; index < Math.min(first + SWIFT_LINES, lines); index++) {
      opening += amountOf(index)
      yield `:61:2603030303C${swift(amountOf(index))}NTRFORDER-${index}//BANK-${index}\r\n:86:Order ${index} of buyer ${index % 1_000}, thank you\r\n`
    }
    yield `:62F:C260303EUR${swift(opening)}\r\n-\r\n`
  }
}

function* bai2(lines: number): Generator<string> {
  const total = totalOf(lines, amountOf)
  const closing = OPENING + total
  const account = OPENING + 2 * total + closing
  yield '01,BANK1,US1,260304,0115,1,,,2/\n02,US1,BANK1,1,260303,2400,USD,2/\n'
  yield `03,5551001,USD,010,${OPENING},,,015,${closing},,,100,${total},${lines},/\n`
  for (let index = 0; index < lines; index++)
    yield `16,142,${amountOf(index)},Z,BANK-${index},ORDER-${index},Order ${index} of buyer ${index % 1_000}\n`
  yield `49,${account},${lines + 2}/\n98,${account},1,${lines + 4}/\n99,${account},1,${lines + 6}/\n`
}

function* coda(lines: number): Generator<string> {
  const record = (...fields: readonly (readonly [from: number, text: string])[]): string =>
    `${fields.reduce((text, [from, field]) => text.padEnd(from - 1) + field, '').padEnd(128)}\n`
  const money = (minor: number): string => String(minor * 10).padStart(15, '0')
  const account = '2BE68539007547034'.slice(1).padEnd(34)
  const total = totalOf(lines, amountOf)
  yield record(
    [1, '0000003032625005'],
    [25, 'FILE-1'],
    [35, 'OWNER'],
    [61, 'BBRUBEBB'],
    [72, '00123456789'],
    [84, '00000'],
    [128, '2'],
  )
  yield record([1, '12062'], [6, `${account}EUR`], [43, `0${money(OPENING)}020326`], [65, 'OWNER'], [126, '062'])
  for (let index = 0; index < lines; index++) {
    const key = `${String((index + 1) % 10_000).padStart(4, '0')}0000`
    yield record(
      [1, `21${key}BANK-${index}`],
      [32, `0${money(amountOf(index))}0203260015000000Order ${index}`],
      [116, '0303260620 1 0'.replace(' ', '')],
    )
    yield record([1, `22${key}`], [64, `ORDER-${index}`], [126, '1 0'])
    yield record([1, `23${key}BE68539007547034`], [45, 'EUR'], [48, `Buyer ${index % 1_000}`], [126, '0 0'])
  }
  yield record([1, '8062'], [5, `${account}EUR`], [42, `0${money(OPENING + total)}030326`], [128, '0'])
  yield record(
    [1, '9'],
    [17, `${String((lines * 3 + 2) % 1_000_000).padStart(6, '0')}${money(0)}${money(total)}`],
    [128, '2'],
  )
}

function* ofx(lines: number): Generator<string> {
  yield 'OFXHEADER:100\nDATA:OFXSGML\nVERSION:160\nSECURITY:NONE\nENCODING:UTF-8\nCHARSET:NONE\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n'
  yield '<OFX>\n<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260304010000[0:GMT]<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\n'
  yield '<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>\n<STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>10020030<ACCTID>0006820101<ACCTTYPE>CHECKING</BANKACCTFROM>\n'
  yield '<BANKTRANLIST><DTSTART>20260303<DTEND>20260303\n'
  for (let index = 0; index < lines; index++)
    yield `<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>20260303120000[0:GMT]\n<TRNAMT>${major(amountOf(index))}\n<FITID>BANK-${index}\n<NAME>Buyer ${index % 1_000}\n<MEMO>Order ${index}, thank you\n</STMTTRN>\n`
  const closing = major(OPENING + totalOf(lines, amountOf))
  yield `</BANKTRANLIST>\n<LEDGERBAL><BALAMT>${closing}<DTASOF>20260303235959[0:GMT]</LEDGERBAL>\n</STMTRS></STMTTRNRS></BANKMSGSRSV1>\n</OFX>\n`
}

const PAYPAL_COLUMNS = [
  'Transaction ID', 'Invoice ID', 'PayPal Reference ID', 'PayPal Reference ID Type', 'Transaction Event Code', 'Transaction Initiation Date',
  'Transaction Completion Date', 'Transaction Debit or Credit', 'Gross Transaction Amount', 'Gross Transaction Currency', 'Fee Debit or Credit',
  'Fee Amount', 'Fee Currency', 'Custom Field', 'Consumer ID', 'Payment Tracking ID', 'Store ID', 'Bank Reference ID',
] // biome-ignore format: one list

function* paypal(lines: number): Generator<string> {
  const [gross, fees] = [totalOf(lines, amountOf), totalOf(lines, feeOf)]
  const closing = OPENING + gross - fees
  const sums = `"EUR",${gross},0,0,${fees},"CR",${OPENING},"CR",${closing},"CR",${OPENING},"CR",${closing},"CR",0,"CR",0,${lines}\n`
  yield '"RH",2026/01/07 02:21:10 -0800,"A","ACCOUNT1",009,\n"FH",01\n"SH",2026/01/06 00:00:00 -0800,2026/01/06 23:59:59 -0800,"ACCOUNT1",""\n'
  yield `${['CH', ...PAYPAL_COLUMNS].map((name) => `"${name}"`).join(',')}\n`
  for (let index = 0; index < lines; index++) {
    const fee = feeOf(index) === 0 ? '"",,""' : `"DR",${feeOf(index)},"EUR"`
    yield `"SB","${index}AB","order-${index}","ref-${index}","TXN","T0006",2026/01/06 00:00:30 -0800,2026/01/06 00:00:30 -0800,"CR",${amountOf(index)},"EUR",${fee},"att_${index}","PAYER1","","",""\n`
  }
  yield `"SF",${sums}"SC",${lines}\n"RF",${sums}"RC",${lines}\n"FF",${lines}\n`
}

function* csv(lines: number): Generator<string> {
  yield 'Date,Order ID,Transaction ID,Description,Amount,Fee,Net,Balance,Currency,Type\n'
  let balance = OPENING
  for (let index = 0; index < lines; index++) {
    const [amount, fee] = [amountOf(index), feeOf(index)]
    balance += amount - fee
    const at = new Date(Date.UTC(2026, 0, 1) + index * 20_000).toISOString()
    yield `${at},order-${index},ch_${index},"Payment for order ${index}, thanks",${major(amount)},${major(fee)},${major(amount - fee)},${major(balance)},EUR,charge\n`
  }
}
