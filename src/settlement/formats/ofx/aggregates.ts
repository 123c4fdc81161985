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
  readonly rank: number
  readonly role: Role
  /** The texts that belong into it. Another one closes it: only for what stands in a transaction. */
  readonly texts?: ReadonlySet<string>
}

const entries = (rank: number, role: Role, names: string, texts?: string): (readonly [string, Aggregate])[] =>
  names.split(' ').map((name) => [name, { rank, role, ...(texts && { texts: new Set(texts.split(' ')) }) }])

const STATEMENT_RANK = 3
const RECORD_RANK = 5

const AGGREGATES: ReadonlyMap<string, Aggregate> = new Map([
  ...entries(0, 'ofx', 'OFX'),
  ...entries(2, 'signon', 'SONRS'),
  ...entries(STATEMENT_RANK, 'status', 'STATUS'),
  ...entries(STATEMENT_RANK, 'statement', 'STMTRS CCSTMTRS INVSTMTRS'),
  ...entries(4, 'account', 'BANKACCTFROM CCACCTFROM INVACCTFROM'),
  ...entries(4, 'list', 'BANKTRANLIST BANKTRANLISTP'),
  ...entries(4, 'investments', 'INVTRANLIST'),
  ...entries(4, 'balance', 'LEDGERBAL'),
  ...entries(4, 'skipped', 'AVAILBAL BALLIST INVBAL INVPOSLIST INVOOLIST INV401K INV401KBAL'),
  ...entries(
    RECORD_RANK,
    'record',
    `BUYDEBT BUYMF BUYOPT BUYOTHER BUYSTOCK CLOSUREOPT INCOME INVEXPENSE JRNLFUND JRNLSEC MARGININTEREST REINVEST RETOFCAP
     SELLDEBT SELLMF SELLOPT SELLOTHER SELLSTOCK SPLIT TRANSFER`.replaceAll(/\s+/g, ' '),
  ),
  ...entries(RECORD_RANK, 'cash', 'INVBANKTRAN'),
  ...entries(6, 'transaction', 'STMTTRN'),
  ...entries(6, 'pending', 'STMTTRNP'),
  ...entries(7, 'payee', 'PAYEE', 'NAME'),
  ...entries(7, 'currency', 'CURRENCY', 'CURSYM'),
  ...entries(7, 'inner', 'ORIGCURRENCY', 'CURSYM'),
  ...entries(7, 'inner', 'BANKACCTTO CCACCTTO', 'ACCTID BANKID BRANCHID ACCTTYPE'),
])

const MESSAGES: Aggregate = { rank: 1, role: 'messages' }
const RESPONSE: Aggregate = { rank: 2, role: 'response' }
/** A kind of record in a list of investments that OFX may have or a sender made up. */
export const OTHER_RECORD: Aggregate = { rank: RECORD_RANK, role: 'record' }

/** Undefined for a name that is none of an aggregate. */
export const aggregateOf = (name: string): Aggregate | undefined =>
  AGGREGATES.get(name) ?? (/MSGSR[SQ]V\d+$/.test(name) ? MESSAGES : /TRNR[SQ]$/.test(name) ? RESPONSE : undefined)

/** The elements with a text that mean something to the reader. */
export const TEXTS: ReadonlySet<string> = new Set(
  `ACCTID ACCTTYPE BALAMT BANKID BRANCHID BROKERID CHECKNUM CODE CORRECTACTION CORRECTFITID CURDEF CURSYM DTASOF DTEND
   DTPOSTED DTSTART DTTRAN EXTDNAME FITID MEMO MESSAGE NAME PAYEEID REFNUM SEVERITY SRVRTID TRNAMT TRNTYPE`.split(
    /\s+/,
  ),
)

/** What stands in a transaction alone: where a start tag is missing, these show that there was one. */
export const TRANSACTION_TEXTS: ReadonlySet<string> = new Set(['TRNTYPE', 'DTPOSTED', 'TRNAMT', 'FITID'])

/** Records that change what is held and move no cash of the account. */
const WITHOUT_CASH: ReadonlySet<string> = new Set('CLOSUREOPT JRNLFUND JRNLSEC REINVEST SPLIT TRANSFER'.split(' '))

export const movesCash = (record: string): boolean => !WITHOUT_CASH.has(record)
