import { inMajorUnits } from './amounts.ts'
import type { ApiEntry } from './api-types.ts'
import type { Output } from './output.ts'

/** One line per posting, as Dr/Cr. */
export function printEntries(output: Output, entries: readonly ApiEntry[]): void {
  output.table(
    [
      { title: 'entry' },
      { title: 'kind' },
      { title: 'date' },
      { title: 'ledger account' },
      { title: 'debit', align: 'right' },
      { title: 'credit', align: 'right' },
      { title: 'currency' },
    ],
    entries.flatMap((entry) =>
      entry.postings.map((posting) => {
        const amount = inMajorUnits(posting.amount, posting.currency)
        return [
          entry.id,
          entry.kind,
          entry.accounting_date,
          posting.account,
          posting.direction === 'debit' ? amount : '',
          posting.direction === 'credit' ? amount : '',
          posting.currency,
        ]
      }),
    ),
  )
}
