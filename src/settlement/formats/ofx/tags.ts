/**
 * The aggregates of OFX that a reader of cash movements has to tell apart (OFX 1.6 §11 banking, §13 investments; OFX 2.2
 * §11.4.2 pending). Every other element is a text, or is skipped.
 *
 * An aggregate is closed by its end tag, and also by the start of one of the same or a lower rank: banks forget end tags.
 */
export type Role =
  | 'ofx'
  | 'messages'
  | 'signon'
  | 'response'
  | 'status'
  | 'statement'
  | 'account'
  | 'list'
  | 'investments'
  | 'balance'
  | 'skipped'
  | 'record'
  | 'cash'
  | 'transaction'
  | 'pending'
  | 'payee'
  | 'currency'
  | 'inner'

export type Aggregate = {
  /** Each one is open once at most. */
  readonly rank: number
  readonly role: Role
  /** The texts that belong into it. Another one closes it: only for what stands in a transaction. */
  readonly texts?: readonly number[]
}

/** The elements with a text that mean something to the reader, by number. */
export const TEXT = {
  ACCTID: 0,
  ACCTTYPE: 1,
  BALAMT: 2,
  BANKID: 3,
  BRANCHID: 4,
  BROKERID: 5,
  CHECKNUM: 6,
  CODE: 7,
  CORRECTACTION: 8,
  CORRECTFITID: 9,
  CURDEF: 10,
  CURSYM: 11,
  DTASOF: 12,
  DTEND: 13,
  DTPOSTED: 14,
  DTSTART: 15,
  DTTRAN: 16,
  EXTDNAME: 17,
  FITID: 18,
  MEMO: 19,
  MESSAGE: 20,
  NAME: 21,
  PAYEEID: 22,
  REFNUM: 23,
  SEVERITY: 24,
  SRVRTID: 25,
  TRNAMT: 26,
  TRNTYPE: 27,
} as const

const TEXT_NAMES = Object.keys(TEXT)
const TEXT_NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(TEXT))

export const nameOfText = (text: number): string => TEXT_NAMES[text] ?? ''

/** What a name means: a text by its number, an aggregate, or neither. */
export type Tag = {
  readonly name: string
  readonly text: number | undefined
  readonly aggregate: Aggregate | undefined
}

export const tagOf = (name: string): Tag => {
  const text = TEXT_NUMBERS.get(name)
  return { name, text, aggregate: text === undefined ? aggregateOf(name) : undefined }
}

const entries = (
  rank: number,
  role: Role,
  names: string,
  texts?: readonly number[],
): (readonly [string, Aggregate])[] => names.split(/\s+/).map((name) => [name, { rank, role, ...(texts && { texts }) }])

const RECORD_RANK = 5
/** Of what stands in a transaction. */
export const INNER_RANK = 7

const TRANSACTION: Aggregate = { rank: 6, role: 'transaction' }
const PENDING: Aggregate = { rank: 6, role: 'pending' }

const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ...entries(0, 'ofx', 'OFX'),
  ...entries(2, 'signon', 'SONRS'),
  ...entries(3, 'status', 'STATUS'),
  ...entries(3, 'statement', 'STMTRS CCSTMTRS INVSTMTRS'),
  ...entries(4, 'account', 'BANKACCTFROM CCACCTFROM INVACCTFROM'),
  ...entries(4, 'list', 'BANKTRANLIST BANKTRANLISTP'),
  ...entries(4, 'investments', 'INVTRANLIST'),
  ...entries(4, 'balance', 'LEDGERBAL'),
  ...entries(4, 'skipped', 'AVAILBAL BALLIST INVBAL INVPOSLIST INVOOLIST INV401K INV401KBAL'),
  ...entries(
    RECORD_RANK,
    'record',
    `BUYDEBT BUYMF BUYOPT BUYOTHER BUYSTOCK CLOSUREOPT INCOME INVEXPENSE JRNLFUND JRNLSEC MARGININTEREST REINVEST RETOFCAP
     SELLDEBT SELLMF SELLOPT SELLOTHER SELLSTOCK SPLIT TRANSFER`,
  ),
  ...entries(RECORD_RANK, 'cash', 'INVBANKTRAN'),
  ['STMTTRN', TRANSACTION],
  ['STMTTRNP', PENDING],
  ...entries(INNER_RANK, 'payee', 'PAYEE', [TEXT.NAME]),
  ...entries(INNER_RANK, 'currency', 'CURRENCY', [TEXT.CURSYM]),
  ...entries(INNER_RANK, 'inner', 'ORIGCURRENCY', [TEXT.CURSYM]),
  ...entries(INNER_RANK, 'inner', 'BANKACCTTO CCACCTTO', [TEXT.ACCTID, TEXT.BANKID, TEXT.BRANCHID, TEXT.ACCTTYPE]),
])

const MESSAGES: Aggregate = { rank: 1, role: 'messages' }
const RESPONSE: Aggregate = { rank: 2, role: 'response' }
/** A kind of record in a list of investments that OFX may have or a sender made up. */
export const OTHER_RECORD: Aggregate = { rank: RECORD_RANK, role: 'record' }

const aggregateOf = (name: string): Aggregate | undefined =>
  AGGREGATES.get(name) ?? (/MSGSR[SQ]V\d+$/.test(name) ? MESSAGES : /TRNR[SQ]$/.test(name) ? RESPONSE : undefined)

/** What stands in a transaction alone: where a start tag is missing, these show that there was one. */
const TRANSACTION_TEXTS: readonly number[] = [TEXT.TRNTYPE, TEXT.DTPOSTED, TEXT.TRNAMT, TEXT.FITID]

/** The transaction that a text begins where it stands: its start tag is missing. */
export function transactionBegunBy(text: number, around: Role, list: string): Aggregate | undefined {
  if (around !== 'list' && around !== 'cash' && around !== 'statement') return undefined
  if (!TRANSACTION_TEXTS.includes(text)) return undefined
  return list === 'BANKTRANLISTP' ? PENDING : TRANSACTION
}

/** Records that change what is held and move no cash of the account. */
const WITHOUT_CASH: ReadonlySet<string> = new Set([
  'CLOSUREOPT',
  'JRNLFUND',
  'JRNLSEC',
  'REINVEST',
  'SPLIT',
  'TRANSFER',
])

export const movesCash = (record: string): boolean => !WITHOUT_CASH.has(record)
