import { formatMinor } from '../../../money/index.ts'
import type { BankAccount, BankEntry, BankStatement } from './bank.ts'
import { isoDay, startOfDay } from './days.ts'
import { instant } from './views.ts'

/** A bank statement as camt.053, as docs/reference/simulator.md describes it. The same text every time. */
export function statementText(bookId: string, statement: BankStatement): string {
  const { day, number, accounts } = statement
  const compactDay = isoDay(day).replaceAll('-', '')
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">',
    '<BkToCstmrStmt>',
    `<GrpHdr><MsgId>BANK-${bookId}-${compactDay}</MsgId><CreDtTm>${instant(startOfDay(day + 1))}</CreDtTm></GrpHdr>`,
    ...accounts.flatMap((account) => accountText(`${bookId}-${compactDay}`, isoDay(day), number, account)),
    '</BkToCstmrStmt>',
    '</Document>',
    '',
  ].join('\n')
}

function accountText(name: string, day: string, number: number, account: BankAccount): readonly string[] {
  const { currency, opening, closing, entries } = account
  return [
    '<Stmt>',
    `<Id>${name}-${currency}</Id>`,
    `<ElctrncSeqNb>${number}</ElctrncSeqNb>`,
    `<Acct><Id><Othr><Id>MERCHANT-${currency}</Id></Othr></Id><Ccy>${currency}</Ccy></Acct>`,
    balanceText('OPBD', opening, currency, day),
    balanceText('CLBD', closing, currency, day),
    ...entries.map((entry, index) => entryText(entry, day, `${name}-${currency}-${index + 1}`)),
    '</Stmt>',
  ]
}

const amountText = (amount: bigint, currency: string): string =>
  `<Amt Ccy="${currency}">${formatMinor(amount < 0n ? -amount : amount, currency)}</Amt>` +
  `<CdtDbtInd>${amount < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd>`

const balanceText = (type: string, amount: bigint, currency: string, day: string): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp>${amountText(amount, currency)}<Dt><Dt>${day}</Dt></Dt></Bal>`

/** Texts are made of our own identifiers, in which no character means anything to XML. */
const entryText = ({ amount, currency, text }: BankEntry, day: string, reference: string): string =>
  [
    '<Ntry>',
    amountText(amount, currency),
    '<Sts><Cd>BOOK</Cd></Sts>',
    `<BookgDt><Dt>${day}</Dt></BookgDt>`,
    `<AcctSvcrRef>${reference}</AcctSvcrRef>`,
    '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>',
    `<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls>`,
    '</Ntry>',
  ].join('\n')
