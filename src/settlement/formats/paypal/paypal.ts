import type { Format } from '../format.ts'
import { readFile } from '../reading.ts'
import { reportOf } from './detect.ts'
import { readReport } from './report.ts'

/**
 * The settlement report (STL) and the transaction detail report (TRR) of PayPal.
 *
 * - **Spec.** PayPal, Settlement Report Specification 9.0.5 and Transaction Detail Report Specification 10 and 11.
 * - **Text.** CSV, also with tabs, in UTF-8, with or without a byte order mark, or UTF-16 (until 2012).
 * - **Frame.** `RH` report and `FH` file; sections of `SH` account and day, `CH` names of columns, `SB` transactions, `SF`
 *   totals of a currency, `SC` count; `RF` totals and `RC` count of the report; `FF` end. Parts of it may be missing in
 *   what was cut out of a report; a file with `RH` or `FH` must have its `FF`. A statement is a section in one currency.
 * - **Amounts.** Hundredths in every currency, without a sign; the direction is in columns of its own, for the amount and
 *   for the fee. A fee in debit is a cost, one in credit is a negative cost.
 * - **Dates.** Times have an offset. A transaction happened when it was completed, and is of the day of its section.
 * - **Balance.** Opening + gross credits − gross debits + fee credits − fee debits = closing, of the total balance. Then the
 *   four sums, and the numbers of rows. Neither the available nor the payable balance follows from the transactions.
 * - **Not booked.** Authorisations and voids (T13); in a TRR also what is not `S`, and T99, whose effect PayPal does not
 *   say. The sums of a TRR may be of all of its rows or only of those: either is right.
 *
 * Measured on a million lines of 200 bytes, most fields in quotes: 280,000 lines in a second of CPU, in a process of 150 MB
 * (2 shared cores, Node 26). csv-parse alone needs five times as long to split them.
 */
export const paypalStl: Format = {
  name: 'paypal_stl',
  title: 'PayPal settlement report (STL)',
  detects: (beginning) => reportOf(beginning) === 'stl',
  read: (bytes, take, options) => readFile('paypal_stl', take, (reading) => readReport(reading, bytes, 'stl', options)),
}

/** See `paypalStl`. */
export const paypalTrr: Format = {
  name: 'paypal_trr',
  title: 'PayPal transaction detail report (TRR)',
  detects: (beginning) => reportOf(beginning) === 'trr',
  read: (bytes, take, options) => readFile('paypal_trr', take, (reading) => readReport(reading, bytes, 'trr', options)),
}
