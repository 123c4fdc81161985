/**
 * Rows that are no sale and no refund: money that moves between accounts, what a PSP takes for itself, what it holds back.
 * They are matched when the other side has the very same row; else they are shown apart, with their sums, and are no breaks.
 */
const APART: ReadonlyMap<string, string> = new Map(
  Object.entries({
    payout: 'payout payouts payoutreversal payoutfailure payoutcancel bankpayout merchantpayout',
    fee: 'fee fees stripefee pspfee monthlyfee networkcost tax invoicededuction',
    reserve: 'reserve reserves reserverelease reserveadjustment reserved hold release',
    transfer: 'transfer transfers topup banktransfer internaltransfer balancetransfer merchantpayin',
    conversion: 'conversion fx currencyconversion',
    rounding: 'rounding',
  }).flatMap(([kind, words]) => words.split(' ').map((word) => [word, kind] as const)),
)

/** Why a row with this word for its kind stands apart. Undefined for a sale, and for a word that is not known. */
export const apartWord = (word: string): string | undefined => APART.get(word.toLowerCase().replace(/[^a-z]/g, ''))

/** The words that a sum under the rows has for a reference. */
export const TOTAL_WORDS = 'total|totals|totaal|totale|totaux|summe|gesamt|suma|summa|sum'

// `SUM-1042` and `TOTAL 1042` are references: what follows is one number, and nothing else.
const TOTAL = new RegExp(`^(sub|grand )?(${TOTAL_WORDS})\\b(?!\\s*[-_#/.:]?\\s*[-\\w]*\\d[-\\w]*$)`, 'i')

/** A sum under the rows is none of them. */
export const isTotal = (key: string): boolean => TOTAL.test(key)

/** A cell that says nothing else, in a pattern of DuckDB. */
export const TOTAL_ALONE = `(?i)\\s*((sub|grand )?(${TOTAL_WORDS}))\\s*:?\\s*`

/** Why a row stands apart that is a sum. */
export const TOTAL_KIND = 'total'
