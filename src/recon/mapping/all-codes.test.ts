import { describe, expect, it } from 'vitest'
import { compareFiles, csv, done, type Files } from '../testing.ts'

/** More rows than are counted of a column. */
const ROWS = 2_400
const LATE = 2_200

type Shape = {
  readonly isNamed: boolean
  readonly codes: readonly [early: string, late: string]
  readonly amount: (place: number) => string
}

const fileOf = ({ isNamed, codes: [early, late], amount }: Shape, column: string): string =>
  csv([
    ['reference', column, ...(isNamed ? ['currency'] : [])],
    ...Array.from({ length: ROWS }, (_, place) => [
      `pay-${place * 31}x`,
      amount(place),
      ...(isNamed ? [place < LATE ? early : late] : []),
    ]),
  ])

const major = (place: number): string => `${place + 3}.50`

describe.each([
  ['row by row', Number.POSITIVE_INFINITY],
  ['at once', 0],
])('a currency that comes late in a file that is read %s', (_how, plainBytes) => {
  const codes = ['EUR', 'USD'] as const

  it('is no other than the one that the other side lacks: nothing is compared', async () => {
    const files: Files = {
      ours: fileOf({ isNamed: false, codes, amount: major }, 'amount'),
      theirs: fileOf({ isNamed: true, codes, amount: major }, 'amount'),
    }

    const compared = await compareFiles(files, { plainBytes })

    expect(compared).toMatchObject({
      kind: 'unsure',
      mapping: { fields: { currency: { confidence: 'none', reason: 'ours names no currency, and the other file has several' } } },
    })
  }) // biome-ignore format: one shape

  it('is asked for where it is the first with decimals, and one side does not say its unit', async () => {
    // The few late rows are in no sample of a long file; here they are in it, and say nothing as they have no partner.
    const whole = (place: number): string => String(place + 100)
    const files: Files = {
      ours: fileOf({ isNamed: true, codes: ['JPY', 'EUR'], amount: whole }, 'amount_minor'),
      theirs: fileOf({ isNamed: true, codes: ['JPY', 'EUR'], amount: whole }, 'amount').replaceAll(/pay-(.*),EUR/g, 'none-$1,EUR'),
    }

    const compared = await compareFiles(files, { plainBytes })

    expect(compared).toMatchObject({ kind: 'unsure', mapping: { fields: { amount: { confidence: 'guess' } } } })
  }) // biome-ignore format: one shape

  it('is as good as any where both sides name it', async () => {
    const files: Files = {
      ours: fileOf({ isNamed: true, codes, amount: major }, 'amount'),
      theirs: fileOf({ isNamed: true, codes, amount: major }, 'amount'),
    }

    const { summary } = await done(files, { plainBytes })

    expect(summary).toMatchObject({ pairs: ROWS, verdict: 'clean' })
  })
})
