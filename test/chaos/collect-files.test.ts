import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readCsv, readFile } from './collect-files.ts'

const TEXT = `record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines
file,2026-11-28,,,SIM-1-20261128,,,,,,2026-11-29T00:00:00.000Z,2
opening,,EUR,,,,,,,11.84,,
line,,EUR,charge,ch_1,"order ""7"", blue",captured,20.50,0.89,19.61,2026-11-28T10:00:00.010Z,
line,,EUR,payout,po_1,,paid,-11.84,0.00,-11.84,2026-11-28T23:59:59.999Z,
closing,,EUR,,,,,,,19.61,,2
end,,,,,,,,,,,2
`

describe('the reader of settlement files', () => {
  it('reads lines with their numbers, balances and the hash of the bytes', () => {
    const file = readFile('2026-11-28', Buffer.from(TEXT))

    expect(file).toMatchObject({
      day: '2026-11-28',
      sha256: createHash('sha256').update(TEXT).digest('hex'),
      balances: [{ currency: 'EUR', opening: 1_184n, closing: 1_961n }],
      lines: [
        { line: 4, kind: 'charge', pspReference: 'ch_1', status: 'captured', gross: 2_050n, fee: 89n, currency: 'EUR' },
        { line: 5, kind: 'payout', pspReference: 'po_1', status: 'paid', gross: -1_184n, fee: 0n },
      ],
    })
  })

  it('takes quotes, commas and line breaks in a field, and fields that are empty', () => {
    expect(readCsv('a,"b ""c"", d\ne",\n,f\n')).toEqual([
      ['a', 'b "c", d\ne', ''],
      ['', 'f'],
    ])
  })
})
