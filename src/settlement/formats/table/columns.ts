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
    'data contabile', 'data operazione', 'data operacji', 'data ksiegowania', 'boekdatum', 'dato', 'bokforingsdag',
    'bokforingsdatum', 'kirjauspaiva', 'data movimento', 'data lancamento', 'tarih',
  ],
  valueDate: ['value date', 'valuta', 'valutadatum', 'wertstellung', 'date valeur', 'fecha valor', 'data valuta', 'rentedatum', 'valutadato', 'data waluty'],
  amount: [
    'amount', 'gross amount', 'gross', 'transaction amount', 'betrag', 'umsatz', 'montant', 'importe', 'importo', 'bedrag',
    'valor', 'kwota', 'belopp', 'belob', 'belop', 'maara', 'summa', 'total', 'sum', 'value', 'amount minor', 'amount cents',
    'brutto', 'tutar', 'castka', 'monto', 'cantidad',
  ],
  debit: [
    'debit', 'debits', 'debit amount', 'soll', 'belastung', 'debe', 'cargo', 'cargos', 'addebito', 'addebiti', 'uscite', 'af',
    'withdrawal', 'withdrawals', 'paid out', 'money out', 'debito', 'debet', 'obciazenie', 'uttag', 'out',
  ],
  credit: [
    'credit', 'credits', 'credit amount', 'haben', 'gutschrift', 'haber', 'abono', 'abonos', 'accredito', 'accrediti',
    'entrate', 'bij', 'deposit', 'deposits', 'paid in', 'money in', 'credito', 'kredit', 'uznanie', 'insattning', 'in',
  ],
  direction: ['d c', 'dc', 'debit credit', 'credit debit', 'cr dr', 'dr cr', 'soll haben', 'af bij', 'direction', 'sign', 'debit credit indicator', 'signe', 'segno', 'sens', 'tipo'],
  currency: ['currency', 'ccy', 'currency code', 'wahrung', 'waehrung', 'devise', 'moneda', 'divisa', 'valuta', 'munt', 'moeda', 'waluta', 'valuuta', 'mena', 'para birimi'],
  fee: ['fee', 'fees', 'fee amount', 'processing fee', 'commission', 'gebuhr', 'gebuehr', 'entgelt', 'frais', 'comision', 'commissione', 'kosten', 'oplata', 'tarifa', 'provision'],
  net: ['net', 'net amount', 'netto', 'net net', 'neto', 'montant net', 'importe neto'],
  balance: ['balance', 'running balance', 'balance after', 'saldo', 'kontostand', 'solde', 'saldo na transactie', 'saldo disponible', 'saldo po operacji', 'bakiye', 'zustatek'],
  reference: [
    'reference', 'payment reference', 'payment ref', 'ref', 'order id', 'order', 'order reference', 'merchant reference', 'invoice id', 'invoice',
    'transaction id', 'transaction reference', 'payment id', 'charge id', 'id', 'txn id', 'external id', 'operation number', 'referenz', 'kundenreferenz',
    'end to end id', 'end to end reference', 'reference number', 'referencia', 'riferimento', 'referentie', 'kenmerk', 'numero', 'psp reference', 'nr referencyjny',
    'bestellnummer', 'auftragsnummer', 'vorgangs id',
  ],
  description: [
    'description', 'label', 'details', 'detail', 'memo', 'narrative', 'text', 'verwendungszweck', 'buchungstext', 'libelle',
    'concepto', 'descripcion', 'descrizione', 'causale', 'omschrijving', 'mededelingen', 'opis', 'tytul', 'meddelande', 'tekst', 'partner name', 'payee', 'name',
    'counterparty', 'beneficiary', 'empfanger', 'descricao', 'historico',
  ],
  account: ['iban', 'account', 'account number', 'own account', 'konto', 'kontonummer', 'compte', 'cuenta', 'conto', 'rekening', 'account id', 'merchant account', 'rachunek'],
  status: ['status', 'state', 'type', 'transaction type', 'kind', 'reporting category', 'typ', 'art'],
} // biome-ignore format: lists of names

/** Words between which names of columns differ: `Order-ID`, `order_id` and `orderId` are one. */
export const wordsOf = (name: string): string =>
  plain(name.replace(/([a-z])([A-Z])/g, '$1 $2'))
    .replace(/[^\p{L}\d]+/gu, ' ')
    .trim()

const EXACT = 100
const WITHIN = 40

/** How well a name says a role: 0 for not at all. */
export function nameScore(name: string, role: Role): number {
  const words = wordsOf(name)
  const list = NAMES[role]
  const place = list.indexOf(words)
  if (place !== -1) return EXACT - Math.min(place, 30)
  const padded = ` ${words} `
  const within = list.findIndex((each) => each.length > 3 && padded.includes(` ${each} `))
  return within === -1 ? 0 : WITHIN - Math.min(within, 20)
}

/** Whether a name says that amounts are in minor units. */
export const saysMinor = (name: string): boolean => /\b(minor|cents?|pence|minor units?)\b/.test(wordsOf(name))
