import { isCurrency } from '../../../money/index.ts'
import { plain } from './month-names.ts'

/** What a column can be for. */
export const ROLES = [
  'date', 'valueDate', 'amount', 'debit', 'credit', 'direction', 'currency', 'fee', 'net', 'balance', 'reference',
  'description', 'account', 'status',
] as const // biome-ignore format: one list
export type Role = (typeof ROLES)[number]

/**
 * Names of columns in the languages that banks and PSPs export in, without marks. A whole name counts more than a word in
 * a longer one, and the first of a list more than the last.
 */
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  date: [
    'booking date', 'date', 'posting date', 'transaction date', 'created at', 'created', 'created utc', 'timestamp', 'time',
    'datetime', 'date time', 'processed on', 'completed', 'occurred at', 'buchungstag', 'buchungsdatum', 'buchung', 'datum',
    'date operation', 'date comptable', 'date de l operation', 'fecha', 'fecha operacion', 'fecha contable', 'data',
    'data contabile', 'data operazione', 'data operacji', 'data księgowania', 'boekdatum', 'dato', 'bokforingsdag',
    'bokforingsdatum', 'kirjauspaiva', 'data movimento', 'data lancamento', 'tarih', 'datum zauctovani', 'dátum', 'dan',
    'könyvelés dátuma', 'kuupäev', 'datums', 'data i', 'ημερομηνία', 'дата', 'дата операции', 'tanggal', '日付', '取引日', '日期',
    '交易日期', '날짜', 'お取引日', 'التاريخ',
  ],
  valueDate: [
    'value date', 'valuta', 'valutadatum', 'wertstellung', 'date valeur', 'date de valeur', 'fecha valor', 'data valuta',
    'rentedatum', 'valutadato', 'data waluty', 'valor datum', 'értéknap',
  ],
  amount: [
    'amount', 'gross amount', 'gross', 'transaction amount', 'betrag', 'umsatz', 'montant', 'importe', 'importo', 'bedrag',
    'valor', 'kwota', 'belopp', 'beløb', 'beløp', 'maara', 'summa', 'total', 'sum', 'value',
    'brutto', 'tutar', 'castka', 'monto', 'cantidad', 'ciastka', 'suma', 'összeg', 'znesek', 'iznos', 'summ', 'import',
    'upphæð', 'ποσό', 'сумма', 'сума', 'jumlah', '金額', '金额', '금액', 'amt', 'amount value', 'value amount', 'objem', 'المبلغ',
  ],
  debit: [
    'debit', 'debits', 'debit amount', 'soll', 'belastung', 'debe', 'cargo', 'cargos', 'addebito', 'addebiti', 'uscite', 'af',
    'withdrawal', 'withdrawals', 'paid out', 'money out', 'debito', 'debet', 'obciążenie', 'obciążenia', 'uttag', 'out', 'dare',
    'withdrawal amt', 'withdrawal amount', 'debitos', 'deebet', 'terhelés', 'расход', 'дебет', '出金', '支出', '출금', 'betalt ut',
    'ud', 'veloitus', 'borç', 'ut fra konto', 'ut', '出金金額', 'お引出し金額', 'مدين',
  ],
  credit: [
    'credit', 'credits', 'credit amount', 'haben', 'gutschrift', 'haber', 'abono', 'abonos', 'accredito', 'accrediti',
    'entrate', 'bij', 'deposit', 'deposits', 'paid in', 'money in', 'credito', 'kredit', 'uznanie', 'uznania', 'insattning',
    'in', 'avere', 'deposit amt', 'deposit amount', 'creditos', 'kreedit', 'jóváírás', 'приход', 'кредит', '入金', '收入', '입금',
    'betalt inn', 'ind', 'hyvitys', 'alacak', 'inn på konto', 'inn', '入金金額', 'お預入れ金額', 'دائن',
  ],
  direction: [
    'd c', 'dc', 'c d', 'debit credit', 'credit debit', 'cr dr', 'dr cr', 'soll haben', 's h', 'af bij', 'direction', 'sign',
    'debit credit indicator', 'credit debit indicator', 'credit debit code', 'signe', 'segno', 'sens',
  ],
  currency: [
    'currency', 'ccy', 'currency code', 'wahrung', 'waehrung', 'devise', 'moneda', 'divisa', 'valuta', 'munt', 'moeda', 'waluta',
    'valuuta', 'mena', 'para birimi', 'curr', 'cur', 'monnaie', 'munteenheid', 'währungscode', 'valutakod', 'deviza',
    'νόμισμα', 'валюта', '通貨', '币种', '통화', 'العملة', 'transaction currency', 'amount currency', 'gross currency',
  ],
  fee: [
    'fee', 'fees', 'fee amount', 'processing fee', 'commission', 'gebuhr', 'gebuehr', 'entgelt', 'frais', 'comision',
    'commissione', 'kosten', 'opłata', 'tarifa', 'provision', 'gebühren', 'comissao', 'avgift', 'gebyr', 'poplatek', 'prowizja',
    'psp fee', 'transaction fee', 'комиссия', '手数料', '手续费',
  ],
  net: [
    'net', 'net amount', 'netto', 'net net', 'neto', 'montant net', 'importe neto', 'nettobetrag',
    'importo netto', 'valor liquido',
  ],
  balance: [
    'balance', 'running balance', 'balance after', 'saldo', 'kontostand', 'solde', 'saldo na transactie', 'saldo disponible',
    'saldo po operacji', 'bakiye', 'zustatek', 'saldo nach buchung', 'egyenleg', 'jääk', 'stanje', 'остаток', 'баланс', '残高',
    '余额', '잔액', 'account balance', 'closing balance', 'υπόλοιπο', 'الرصيد',
  ],
  reference: [
    'reference', 'payment reference', 'payment ref', 'ref', 'order id', 'order', 'order reference', 'merchant reference', 'invoice id', 'invoice',
    'transaction id', 'transaction reference', 'payment id', 'charge id', 'id', 'txn id', 'external id', 'operation number', 'referenz', 'kundenreferenz',
    'end to end id', 'end to end reference', 'reference number', 'referencia', 'riferimento', 'referentie', 'kenmerk', 'numero', 'psp reference', 'nr referencyjny',
    'bestellnummer', 'auftragsnummer', 'vorgangs id', 'reference id', 'référence', 'referens', 'viite', 'reference no', 'order no', 'ref no',
    'transaction number', 'order number', 'invoice number', 'номер', '参照番号', '订单号',
    'transaktionscode', 'id pohybu', 'id transakce', 'código de transacción', 'numéro de transaction',
  ],
  description: [
    'description', 'label', 'details', 'detail', 'memo', 'narrative', 'text', 'verwendungszweck', 'buchungstext', 'libelle',
    'concepto', 'descripcion', 'descrizione', 'causale', 'omschrijving', 'mededelingen', 'opis', 'tytuł', 'meddelande', 'tekst', 'partner name', 'payee', 'name',
    'counterparty', 'beneficiary', 'empfanger', 'descricao', 'historico', 'közlemény', 'selgitus', 'descriere', 'popis', 'particulars',
    'назначение платежа', 'описание', '摘要', '적요', 'açıklama', 'lançamento', 'forklaring', '内容', 'البيان', 'الوصف',
  ],
  account: ['iban', 'account', 'account number', 'own account', 'konto', 'kontonummer', 'compte', 'cuenta', 'conto', 'rekening', 'account id', 'merchant account', 'rachunek'],
  status: ['status', 'state', 'type', 'transaction type', 'kind', 'reporting category', 'typ', 'art', 'tipo', 'tipo de operacion', 'soort'],
} // biome-ignore format: lists of names

/** Words between which names of columns differ: `Order-ID`, `order_id` and `orderId` are one. */
export const wordsOf = (name: string): string =>
  plain(name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('.', ' '))
    .replace(/[^\p{L}\d]+/gu, ' ')
    .trim()

/** The same without a unit or a currency, and without what tells two columns apart: `Betrag in EUR`, `amount_usd`, `Fee (2)`. */
export const roleWords = (name: string): string =>
  wordsOf(
    name
      .replace(/\(\d+\)$|[ (_](?:in )?(?:cents?|minor(?: units?)?|pence)\)?$/i, '')
      .trimEnd()
      .replace(/ ?[(（](?:円|元|원|R\$|zł|Kč|kr)[)）]$/, '')
      .replace(/(?: in )?\(?\b([A-Z]{3})\)?$|_([a-z]{3})$/, (all, upper?: string, lower?: string) =>
        isCurrency(upper ?? lower?.toUpperCase() ?? '') ? '' : all,
      ) || name,
  )

const PLAIN: ReadonlyMap<Role, readonly string[]> = new Map(ROLES.map((role) => [role, NAMES[role].map(wordsOf)]))

export const EXACT = 100
/** What a whole name counts at least. */
export const WHOLE_NAME = 70
const WITHIN = 40

/** Short names that say the same in a longer one; others, such as `in` and `af`, are words of their own. */
const SHORT = new Set(['fee', 'net', 'ref'])

/** How well a name says a role: 0 for not at all. */
export function nameScore(name: string, role: Role): number {
  const words = roleWords(name)
  const list = PLAIN.get(role) ?? []
  const place = list.indexOf(words)
  if (place !== -1) return EXACT - Math.min(place, EXACT - WHOLE_NAME)
  const padded = ` ${words} `
  const within = list.findIndex((each) => (each.length > 3 || SHORT.has(each)) && padded.includes(` ${each} `))
  return within === -1 ? 0 : WITHIN - Math.min(within, 20)
}

/** Whether a name says that amounts are in minor units. */
export const saysMinor = (name: string): boolean =>
  /\b(minor|cents?|centimes?|centavos?|centesimi|pence|pennies|minor units?)\b/.test(wordsOf(name))
