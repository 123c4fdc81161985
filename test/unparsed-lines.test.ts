import { describe, expect, it } from 'vitest'
import { right, useCharges } from './support/corrections.ts'
import { booksOf, dayAt, type Nights, openNights } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

const database = useCharges()

/** The file of a day with a row that is of no kind, as its fourth line. */
const withNote = (day: number): string =>
  settlementText(dayAt(day), right(day)).replace(/^((?:.*\n){3})/, '$1note,,,,,,,,,,,\n')

const breaksOf = async ({ reconciliation }: Nights) =>
  (await reconciliation.listBreaks({ code: 'unparsed_line', limit: 10 })).data

describe('a row that cannot be read, in a file that adds up without it', () => {
  it('is a break of its own, and the rest of the file is reconciled', async () => {
    const [own, other] = [await database.clone(), await database.clone()]
    const [nights, clean] = [openNights(own), openNights(other)]
    for (const each of [nights, clean]) each.endDay(0)
    const file = await nights.upload(withNote(0))
    await clean.upload(settlementText(dayAt(0), right(0)))
    await nights.night()
    await clean.night()

    expect(file).toMatchObject({ status: 'accepted', control: 'pass' })
    expect(await breaksOf(nights)).toMatchObject([
      {
        class: 'real',
        state: 'open',
        fileId: file.id,
        unparsed: { line: 4, column: 1 },
        explanation: `Line 4 of a file of simulator cannot be read (column 1): "note" is no kind of row. The file adds up without it.`,
      },
    ])
    const [books, expected] = [await booksOf(nights), await booksOf(clean)]
    expect({ ...books, breaks: [] }).toEqual({ ...expected, breaks: [] })
    expect(books['breaks']).toHaveLength((expected['breaks']?.length ?? 0) + 1)
    expect(await nights.findings()).toEqual([])
    const [run] = (await nights.reconciliation.listRuns({ limit: 1 })).data
    const [same] = (await clean.reconciliation.listRuns({ limit: 1 })).data
    expect([run?.status, run?.breaks]).toEqual(['completed', (same?.breaks ?? 0n) + 1n])

    // It stays until another version counts, and every run touches it once.
    for (const day of [1, 2]) {
      nights.endDay(day)
      if (day === 2) await nights.upload(settlementText(dayAt(0), right(0)))
      await nights.upload(settlementText(dayAt(day), right(day)))
      await nights.night()
    }
    const [found] = await breaksOf(nights)
    const { events } = (await nights.reconciliation.getBreak(found?.id ?? '')) ?? { events: [] }
    expect(events.map(({ kind, businessDate }) => [kind, businessDate])).toEqual([
      ['opened', dayAt(0)],
      ['carried', dayAt(1)],
      ['cleared', dayAt(2)],
    ])
    expect(await nights.findings()).toEqual([])
    for (const each of [nights, clean]) await each.close()
    for (const each of [own, other]) await each.drop()
  })

  it('rejects the file when it does not add up without it', async () => {
    const own = await database.clone()
    const nights = openNights(own)
    nights.endDay(0)

    const file = await nights.upload(settlementText(dayAt(0), right(0)).replace('line,,EUR', 'lime,,EUR'))

    expect(file).toMatchObject({ status: 'rejected', control: 'fail' })
    await nights.close()
    await own.drop()
  })
})
