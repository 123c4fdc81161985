import { describe, expect, it } from 'vitest'
import { aRow, COLUMNS } from '../settlement/formats/stripe/testing.ts'
import { briefly, csv, done, type Files } from './testing.ts'

type OursRow = readonly [reference: string, amount: string, at?: string, currency?: string]
type TheirsRow = readonly [reference: string, amount: string, at?: string, currency?: string, type?: string]

const NOON = '2026-03-03T12:00:00Z'

/** Pairs that agree, so that nothing about the mapping is open. */
const AGREED = Array.from(
  { length: 8 },
  (_, place) => [`agreed-${place}x${place * 37}`, `${10 + place}.${place}5`] as const,
)

const filesOf = (ours: readonly OursRow[], theirs: readonly TheirsRow[], day = NOON): Files => ({
  ours: csv([
    ['reference', 'amount', 'currency', 'created_at'],
    ...[...AGREED, ...ours].map(([reference, amount, at = day, currency = 'EUR']: OursRow) => [
      reference,
      amount,
      currency,
      at,
    ]),
  ]),
  theirs: csv([
    ['reference', 'gross', 'currency', 'created', 'type'],
    ...[...AGREED, ...theirs].map(([reference, amount, at = day, currency = 'EUR', type = 'charge']: TheirsRow) => [
      reference,
      amount,
      currency,
      at,
      type,
    ]),
  ]),
})

const isProven = (proof: readonly { readonly unexplained: bigint }[]): boolean =>
  proof.every(({ unexplained }) => unexplained === 0n)

async function found(ours: readonly OursRow[], theirs: readonly TheirsRow[], options?: Parameters<typeof done>[1]) {
  const { items, summary } = await done(filesOf(ours, theirs), options)
  expect(isProven(summary.proof)).toBe(true)
  return briefly(items).toSorted()
}

const SETTLED = { asOf: '2026-03-31' }

describe('rows of one reference', () => {
  it.each<readonly [string, readonly OursRow[], readonly TheirsRow[], readonly string[]]>([
    ['of equal amounts are a match', [['a', '5.00']], [['a', '5.00']], []],
    ['of other amounts are one break', [['a', '5.00']], [['a', '4.70']], ['amount_mismatch a 30']],
    ['of other currencies are one break, whatever their amounts', [['a', '5.00']], [['a', '4.70', NOON, 'USD']], ['currency_mismatch a']],
    ['are one match and one break when ours has two equal ones', [['a', '5.00'], ['a', '5.00']], [['a', '5.00']], ['duplicate_internal a 500']],
    ['are one match and one break when theirs has two', [['a', '5.00']], [['a', '5.00'], ['a', '5.00']], ['duplicate_external a -500']],
    ['are summed when several of ours are one of theirs', [['a', '2.00'], ['a', '3.00']], [['a', '5.00']], []],
    ['are summed when one of ours is several of theirs', [['a', '5.00']], [['a', '2.00'], ['a', '3.00']], []],
    ['are one break when the parts do not add up', [['a', '2.00'], ['a', '3.00']], [['a', '4.00']], ['split_mismatch a 100']],
    ['go by pairs when both sides have as many', [['a', '2.00'], ['a', '3.00']], [['a', '3.00'], ['a', '2.00']], []],
    ['are a sale and its refund', [['a', '5.00'], ['a', '-2.00']], [['a', '5.00'], ['a', '-2.00']], []],
    ['are a sale and a refund that ours does not have', [['a', '5.00']], [['a', '5.00'], ['a', '-2.00']], ['missing_internal a 200']],
    ['differ in their writing only', [['order-0077', '5.00']], [['77', '5.00']], []],
    ['are no match when their prefixes say two things', [['CH-77', '5.00']], [['RF-77', '5.00']], ['missing_external CH-77 500', 'missing_internal RF-77 -500']],
    ['are missing and twice when theirs alone has two', [], [['a', '5.00'], ['a', '5.00']], ['duplicate_external a -500', 'missing_internal a -500']],
    ['are two captures when their amounts differ, and ours lacks one', [['a', '5.00']], [['a', '5.00'], ['a', '3.00']], ['missing_internal a -300']],
    ['that differ in their writing do not match with other amounts', [['order-0077', '5.00']], [['77', '4.00']], ['missing_external order-0077 500', 'missing_internal 77 -400']],
  ])('%s', async (_what, ours, theirs, expected) => {
    expect(await found(ours, theirs, SETTLED)).toEqual(expected)
  }) // biome-ignore format: a table

  it('of one time are joined alike in whatever order they stand', async () => {
    const ours: readonly OursRow[] = [['a', '5.00']]
    const theirs: readonly TheirsRow[] = [['a', '0.50'], ['a', '4.60'], ['a', '-1.00']]

    for (const rows of [theirs, theirs.toReversed()])
      expect((await found(ours, rows, SETTLED)).toSorted()).toEqual(['amount_mismatch a 40', 'missing_internal a -50', 'missing_internal a 100'])
  }) // biome-ignore format: rows

  it('match within the tolerance, and the proof has the difference', async () => {
    const { items, summary } = await done(filesOf([['a', '5.00']], [['a', '4.99']]), {
      ...SETTLED,
      tolerance: { kind: 'absolute', text: '0.01' },
    })

    expect(items).toEqual([])
    expect(summary.tolerated).toEqual(new Map([['EUR', 1n]]))
    expect(summary.proof).toMatchObject([{ difference: 1n, explained: 1n, unexplained: 0n }])
  })

  it('are no group when their sum is beyond 64 bits', async () => {
    const large = (cents: string): string => `40000000000000000.${cents}`
    const files = filesOf([['a', large('11')], ['a', large('12')], ['a', large('13')]], [['a', large('17')]]) // biome-ignore format: rows

    const { items, summary } = await done(files, SETTLED)

    expect(briefly(items).toSorted()).toEqual([
      'amount_mismatch a -4',
      'missing_external a 4000000000000000011',
      'missing_external a 4000000000000000012',
    ])
    expect(isProven(summary.proof)).toBe(true)
  })

  it('match within a share of ours', async () => {
    const tolerance = { kind: 'relative', millionths: 10_000n } as const

    expect(await found([['a', '5.00'], ['b', '5.00']], [['a', '4.95'], ['b', '4.94']], { ...SETTLED, tolerance })).toEqual(['amount_mismatch b 6'])
  }) // biome-ignore format: one line

  it('match only inside the window of days, each with the one that is near', async () => {
    const ours: readonly OursRow[] = [['a', '5.00', '2026-03-02T12:00:00Z'], ['a', '5.00', '2026-03-20T12:00:00Z']]
    const theirs: readonly TheirsRow[] = [['a', '5.00', '2026-03-21T12:00:00Z']]

    const names = await found(ours, theirs, { ...SETTLED, dateWindow: { count: 2, isBusiness: false } })
    const { items } = await done(filesOf(ours, theirs), { ...SETTLED, dateWindow: { count: 2, isBusiness: false } })

    expect(names).toEqual(['duplicate_internal a 500'])
    expect(items[0]?.ours?.row).toBe(10)
  }) // biome-ignore format: rows
})

describe('a row that one side has', () => {
  const late = '2026-03-03T23:59:55Z'
  const early = '2026-03-04T00:00:30Z'

  it('waits on the day on which it straddles the cut-off, and is gone with the next day', async () => {
    const { items, summary } = await done(filesOf([['a', '5.00', late]], []))
    const later = await done(filesOf([['a', '5.00', late]], [['a', '5.00', early]]))

    expect(items).toMatchObject([{ code: 'cutoff_straddle', class: 'temporary', dueOn: '2026-03-04' }])
    expect(summary.verdict).toBe('clean')
    expect(later.items).toEqual([])
  })

  it('waits on their side just after the cut-off with which our file begins', async () => {
    const { items } = await done(filesOf([], [['a', '5.00', early]], '2026-03-04T12:00:00Z'))

    expect(items).toMatchObject([{ code: 'awaiting_internal', class: 'temporary', dueOn: '2026-03-05' }])
  })

  it('is missing on our side at once when its time says nothing', async () => {
    expect(await found([], [['a', '5.00']])).toEqual(['missing_internal a -500'])
  })

  it('waits for the normal delay, over a weekend, and then is missing', async () => {
    const friday: OursRow = ['a', '5.00', '2026-03-06T12:00:00Z']

    const { items } = await done(filesOf([friday], []), { asOf: '2026-03-08' })

    expect(items).toMatchObject([{ code: 'awaiting_settlement', dueOn: '2026-03-09' }])
    expect(await found([friday], [], { asOf: '2026-03-09' })).toEqual(['missing_external a 500'])
  })

  it('is missing at once without a delay', async () => {
    expect(await found([['a', '5.00']], [], { lag: { count: 0, isBusiness: true } })).toEqual([
      'missing_external a 500',
    ])
  })

  it('belongs to the day of the wall clock of its zone', async () => {
    // 18:30 in New York, after a cut-off of 18:00, on the evening before clocks go forward.
    const theirs = { zone: 'America/New_York', cutOff: '18:00' }

    const { items } = await done(filesOf([['a', '5.00', '2026-03-07T23:30:00Z']], []), { theirs, asOf: '2026-03-08' })

    expect(items).toMatchObject([{ code: 'awaiting_settlement', dueOn: '2026-03-09' }])
  })

  it('waits on our side when our day ends before theirs', async () => {
    const ours = { zone: 'UTC', cutOff: '18:00' }

    const { items } = await done(filesOf([], [['a', '5.00', '2026-03-03T20:00:00Z']]), { ours })

    expect(items).toMatchObject([{ code: 'awaiting_internal', dueOn: '2026-03-04' }])
  })

  it('is real when it has no reference, and matches nothing by its amount', async () => {
    expect(await found([['', '5.00']], [['', '5.00']], SETTLED)).toEqual(['missing_external nothing 500', 'missing_internal nothing -500'])
  }) // biome-ignore format: one line
})

describe('a row that is no sale', () => {
  it('stands apart with its sum, and the proof is about the others', async () => {
    const { items, summary } = await done(filesOf([], [['po_1', '-90.00', NOON, 'EUR', 'payout']]))

    expect(items).toEqual([])
    expect(summary.apart).toEqual([{ side: 'theirs', kind: 'payout', currency: 'EUR', rows: 1, amount: -9_000n }])
    expect(isProven(summary.proof)).toBe(true)
  })

  it('is a sum when it says so in any of its cells, and nothing of a reference or a day', async () => {
    const rows: readonly TheirsRow[] = [
      ['', '134.25', 'Grand total:'],
      ['', '2.00', NOON, 'EUR', 'total'],
      ['', '3.00', 'Totally lost'],
    ]

    const { items, summary } = await done(filesOf([], rows), SETTLED)

    expect(briefly(items)).toEqual(['missing_internal nothing -300', 'missing_internal nothing -200'])
    expect(summary.apart).toEqual([{ side: 'theirs', kind: 'total', currency: 'EUR', rows: 1, amount: 13_425n }])
  })

  it.each(['SUM-1042', 'TOTAL 1042', 'Suma_2026-17', 'total/7'])(
    'is none where %s is a reference, and is missing like any other',
    async (reference) => {
      const { items, summary } = await done(filesOf([], [[reference, '3.00']]), SETTLED)

      expect(briefly(items)).toEqual([`missing_internal ${reference} -300`])
      expect(summary.apart).toEqual([])
    },
  )

  it.each(['Total', 'Subtotal:', 'Total (12 rows)', 'Summe 31.03.2026', 'Total EUR'])(
    'is the sum that %s says it is',
    async (reference) => {
      const { items, summary } = await done(filesOf([], [[reference, '3.00']]), SETTLED)

      expect(items).toEqual([])
      expect(summary.apart).toMatchObject([{ kind: 'total', rows: 1 }])
    },
  )

  it('is matched when the other side has the very same', async () => {
    const { summary } = await done(filesOf([['po_1', '-90.00']], [['po_1', '-90.00', NOON, 'EUR', 'payout']]))

    expect(summary).toMatchObject({ pairs: AGREED.length + 1, apart: [] })
  })
})

describe('a row that cannot be read', () => {
  it('is a real break with its place', async () => {
    const { items, summary } = await done(filesOf([['a', 'five']], []))

    expect(summary.inputs[0]).toMatchObject({ rows: AGREED.length + 1, unparsed: 1 })
    expect(items).toMatchObject([{ code: 'unparsed_line', class: 'real', reasons: ['line 10, column 2 of ours: "five" is no amount'], ours: { row: 10 } }])
  }) // biome-ignore format: one line
})

describe('a file', () => {
  it('may have no rows, and then everything is on the other side', async () => {
    const { ours } = filesOf([], [])

    const { items } = await done({ ours, theirs: csv([['reference', 'gross', 'currency', 'created']]) }, SETTLED)

    expect(items.map(({ code }) => code)).toEqual(AGREED.map(() => 'missing_external'))
  })

  it('in a published format is read by its reader, and the reference that ours has is the key', async () => {
    const rows = AGREED.map(([reference, amount], place) =>
      aRow({
        balance_transaction_id: `txn_${place}`,
        source_id: `ch_${place}`,
        charge_id: `ch_${place}`,
        gross: amount,
        net: '1',
        fee: '0',
        'payment_metadata[order_id]': reference,
      }),
    )
    const theirs = csv([COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name] ?? ''))])

    const { summary } = await done({ ours: filesOf([], []).ours, theirs })

    expect(summary).toMatchObject({
      pairs: AGREED.length,
      inputs: [{ format: 'csv' }, { format: 'stripe' }],
      mapping: { fields: { key: { theirs: 'reference', confidence: 'sure' } } },
    })
  })

  it('may have rows that are wider and narrower than its header', async () => {
    const { ours, theirs } = filesOf([], [])

    const { summary } = await done(
      { ours, theirs: `${String(theirs).trimEnd()}\nx,1.00,EUR\ny,2.00,EUR,,charge,more\n` },
      SETTLED,
    )

    expect(summary).toMatchObject({ pairs: AGREED.length, real: 2 })
  })
})

describe('a fee', () => {
  it('that differs is a break that adds nothing to the difference', async () => {
    const rows = (fee: string): string =>
      csv([['reference', 'amount', 'fee', 'currency'], ...AGREED.map(([reference, amount]) => [reference, amount, '0.10', 'EUR']), ['a', '5.00', fee, 'EUR']])

    const { items, summary } = await done({ ours: rows('0.30'), theirs: rows('0.40') })

    expect(briefly(items)).toEqual(['fee_mismatch a -10'])
    expect(summary.proof).toMatchObject([{ difference: 0n, explained: 0n, unexplained: 0n }])
  }) // biome-ignore format: rows
})

describe('a state', () => {
  const files = (
    ours: readonly (readonly string[])[],
    theirs: readonly (readonly string[])[],
    has = { ours: true, theirs: true },
  ): Files => {
    const write = (rows: readonly (readonly string[])[], isTold: boolean): string =>
      csv([
        ['reference', 'amount', 'currency', ...(isTold ? ['status'] : [])],
        ...[...AGREED.map(([reference, amount]) => [reference, amount, 'EUR', 'paid']), ...rows].map((row) =>
          row.slice(0, isTold ? 4 : 3),
        ),
      ])
    return { ours: write(ours, has.ours), theirs: write(theirs, has.theirs) }
  }
  const paid = ['a', '5.00', 'EUR', 'captured'] as const

  it.each<readonly [string, Files, readonly string[]]>([
    ['that both sides tell in other words is one', files([paid], [['a', '5.00', 'EUR', 'Succeeded']]), []],
    ['that differs is a break', files([paid], [['a', '5.00', 'EUR', 'refunded']]), ['status_mismatch a 0']],
    ['that differs comes before the amount', files([paid], [['a', '4.00', 'EUR', 'refunded']]), ['status_mismatch a 100']],
    ['that is a failure needs no row of the other side', files([['a', '5.00', 'EUR', 'declined']], []), []],
    ['that is a failure is at odds with a row of a side that tells none', files([['a', '5.00', 'EUR', 'failed']], [paid], { ours: true, theirs: false }), ['status_mismatch a 0']],
    ['that is a refund is at odds with a sale and no refund', files([['a', '5.00', 'EUR', 'refunded']], [paid], { ours: true, theirs: false }), ['status_mismatch a 0']],
    ['of a failed attempt leaves the row to the one that was paid', files([['a', '5.00', 'EUR', 'failed'], paid], [paid]), []],
    ['in a word that is not known says nothing', files([paid], [['a', '5.00', 'EUR', 'T53']]), []],
  ])('%s', async (_what, both, expected) => {
    const { items, summary } = await done(both, SETTLED)

    expect(briefly(items)).toEqual(expected)
    expect(isProven(summary.proof)).toBe(true)
  }) // biome-ignore format: a table
})

describe('a second reference', () => {
  const rows = (own: readonly (readonly string[])[]): string =>
    csv([
      ['order', 'psp_id', 'amount', 'currency'],
      ...AGREED.map(([reference, amount], place) => [reference, `ch_${place * 7_919}q`, amount, 'EUR']),
      ...own,
    ])
  const compare = async (ours: readonly string[], theirs: readonly string[]) => {
    const given = { key: { ours: 'order', theirs: 'order' } }
    const { items, summary } = await done({ ours: rows([ours]), theirs: rows([theirs]) }, { ...SETTLED, given })
    return { found: briefly(items), rules: summary.byRule.map(({ rule }) => rule) }
  }

  it('finds the row that has no first one', async () => {
    expect(await compare(['a', 'ch_1x', '5.00', 'EUR'], ['', 'CH_1x', '5.00', 'EUR'])).toEqual({
      found: [],
      rules: ['exact', 'second'],
    })
  })

  it('shows that its amount differs', async () => {
    const { found: named } = await compare(['a', 'ch_1x', '5.00', 'EUR'], ['', 'ch_1x', '4.00', 'EUR'])

    expect(named).toEqual(['amount_mismatch a 100'])
  })

  it('does not join two orders of other amounts', async () => {
    const { found: named } = await compare(['a', 'ch_1x', '5.00', 'EUR'], ['b', 'ch_1x', '4.00', 'EUR'])

    expect(named).toEqual(['missing_external a 500', 'missing_internal b -400'])
  })
})

describe('amounts', () => {
  it('of pairs that differ may be beyond 64 bits in all', async () => {
    const [large, smaller] = ['46116860184273879.04', '46116860184273879.03']

    const { items, summary } = await done(filesOf([['a', large], ['b', large], ['c', large]], [['a', smaller], ['b', smaller], ['c', smaller]]), SETTLED)

    expect(items.map(({ code, difference }) => [code, difference])).toEqual(Array.from({ length: 3 }, () => ['amount_mismatch', 1n]))
    expect(isProven(summary.proof)).toBe(true)
  }) // biome-ignore format: rows
})

describe('a former result', () => {
  it('says what is new, gone and still there', async () => {
    const before = await done(filesOf([['a', '5.00'], ['b', '6.00']], []), SETTLED)
    const former = before.items.map(({ id }) => id)

    const { baseline, items } = await done(filesOf([['b', '6.00'], ['c', '7.00']], []), { ...SETTLED, former })

    expect(baseline).toMatchObject({ added: 1, aged: 1, clearedCount: 1 })
    expect(items.map(({ baseline: state }) => state)).toEqual(['new', 'aged'])
  }) // biome-ignore format: rows
})

describe('a hidden text', () => {
  it('is the same hash on both sides', async () => {
    const { items } = await done(filesOf([['a', '5.00']], [['a', '4.00']]), { ...SETTLED, anonymise: true })

    const [item] = items
    expect(item?.ours?.reference).toMatch(/^x[0-9a-f]{12}$/)
    expect(item?.theirs?.reference).toBe(item?.ours?.reference)
    expect(JSON.stringify(item?.ours?.cells)).toContain('["amount","5.00"]')
  })

  it('is a card number, always', async () => {
    const { items } = await done(filesOf([['4242424242424242', '5.00']], []), SETTLED)

    expect(JSON.stringify(items, (_key, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(
      '4242424242424242',
    )
  })
})
