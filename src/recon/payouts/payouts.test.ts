import { describe, expect, it } from 'vitest'
import { aRow, COLUMNS } from '../../settlement/formats/stripe/testing.ts'
import { formatSaved, parseSaved } from '../mapping/saved.ts'
import { briefly, type CompareOptions, csv, done, type Files } from '../testing.ts'

type Line = readonly [kind: string, gross: number, fee: number]

/** Payouts of a PSP, three rows or more each; their days are from the second of March on. */
const PAYOUTS: readonly { readonly id: string; readonly lines: readonly Line[] }[] = Array.from({ length: 6 }, (_, place) => ({
  id: `po_1Nx${place}Q7${place * 91}z`,
  lines: [
    ['charge', 10_000 + place * 37, 320],
    ['charge', 2_550 + place, 104],
    ['refund', -1_200, 0],
    ...(place === 1 ? ([['dispute', -900, 150]] as const) : []),
    ...(place === 2 ? ([['reserve', -2_000, 0], ['adjustment', 45, 0]] as const) : []),
    ...(place === 3 ? ([['fee', -75, 0]] as const) : []),
  ],
})) // biome-ignore format: rows

const day = (place: number): string => `2026-03-0${2 + place}`
const major = (cents: number): string => (cents / 100).toFixed(2)
const netOf = (lines: readonly Line[]): number => lines.reduce((sum, [, gross, fee]) => sum + gross - fee, 0)

const report = (more: readonly (readonly string[])[] = []): string =>
  csv([
    ['charge_id', 'type', 'gross', 'fee', 'net', 'currency', 'created', 'payout_id', 'payout_date'],
    ...PAYOUTS.flatMap(({ id, lines }, place) =>
      lines.map(([kind, gross, fee], row) => [
        `ch_${place}x${row}`, kind, major(gross), major(fee), major(gross - fee), 'EUR', `2026-02-2${place}T10:00:00Z`, id, day(place),
      ]),
    ),
    ...more,
  ]) // biome-ignore format: rows

/** A line for each payout, some days later: `change` gives another amount, or none. */
const bank = (
  text: (id: string) => string = (id) => `SEPA CREDIT ${id} PSP LTD`,
  change: (cents: number, place: number) => number | undefined = (cents) => cents,
): string =>
  csv([
    ['booked on', 'text', 'value', 'currency'],
    ['2026-03-02', 'OFFICE RENT 2026', '-1500.00', 'EUR'],
    ...PAYOUTS.flatMap(({ id, lines }, place) => {
      const cents = change(netOf(lines), place)
      return cents === undefined ? [] : [[`2026-03-0${3 + place}`, text(id), major(cents), 'EUR']]
    }),
  ])

const stripeRow = (name: string, [kind, gross, fee]: Line, id: string) =>
  aRow({
    balance_transaction_id: `txn_${name}`,
    source_id: kind === 'payout' ? id : `src_${name}`,
    charge_id: kind === 'charge' ? `src_${name}` : '',
    payment_intent_id: '',
    'payment_metadata[order_id]': kind === 'charge' ? `order-${name}` : '',
    reporting_category: kind,
    gross: major(gross),
    fee: major(fee),
    net: major(gross - fee),
    automatic_payout_id: id,
  })

const compare = async (files: Files, options: CompareOptions = {}) => {
  const { items, summary } = await done(files, options)
  expect(summary.proof.every(({ unexplained }) => unexplained === 0n)).toBe(true)
  return { found: briefly(items).toSorted(), items, summary, payouts: summary.payouts ?? [] }
}

const RENT = 'missing_internal nothing 150000'
const upTo = (place: number): { asOf: string } => ({ asOf: day(place) })

describe('payouts of a report and the lines of a bank', () => {
  it('are compared sum by line: an id alone, within a text, without its marks and its case, or in pieces', async () => {
    const forms: readonly ((id: string) => string)[] = [
      (id) => id,
      (id) => `SEPA CREDIT ${id} PSP LTD`,
      (id) => `/REF/${id.replace('_', '').toUpperCase()}/`,
      (id) => `PAYOUT ${id.replace('_', '-')}`,
    ]
    const text = (id: string): string => forms[PAYOUTS.findIndex((each) => each.id === id) % forms.length]?.(id) ?? id

    const { found, payouts, summary } = await compare({ ours: report(), theirs: bank(text) })

    expect(found).toEqual([RENT])
    expect(payouts.map(({ state }) => state)).toEqual(PAYOUTS.map(() => 'at_bank'))
    expect(summary).toMatchObject({ pairs: PAYOUTS.length, inputs: [{ rows: 22 }, { rows: 7 }] })
    expect(summary.mapping.fields.key).toMatchObject({ ours: 'payout_id', confidence: 'sure' })
  })

  it('are compared the other way round as well', async () => {
    const { found, payouts } = await compare({ ours: bank(), theirs: report() })

    expect(found).toEqual(['missing_external nothing -150000'])
    expect(payouts.map(({ state }) => state)).toEqual(PAYOUTS.map(() => 'at_bank'))
  })

  it('are compared the same when DuckDB reads both files at once', async () => {
    const files = { ours: report(), theirs: bank(undefined, (cents, place) => cents - (place === 4 ? 30 : 0)) }

    const [once, byRow] = [await compare(files, { plainBytes: 0 }), await compare(files)]

    expect(once.found).toEqual(byRow.found)
    expect(once.payouts).toEqual(byRow.payouts)
  })

  it('have a waterfall that adds up', async () => {
    const { payouts } = await compare({ ours: report(), theirs: bank() })

    expect(payouts[2]).toMatchObject({
      reference: PAYOUTS[2]?.id, currency: 'EUR', day: '2026-03-04', rows: 5,
      gross: 12_626n, fees: 424n, refunds: 1_200n, disputes: 0n, reserve: 2_000n, other: 45n, payout: 9_047n, bank: 9_047n, difference: 0n,
    })
    expect(payouts[1]).toMatchObject({ disputes: 900n, fees: 574n })
    expect(payouts[3]).toMatchObject({ fees: 499n })
    for (const { gross, fees, refunds, disputes, reserve, other, payout } of payouts)
      expect(gross - fees - refunds - disputes - reserve + other).toBe(payout)
  }) // biome-ignore format: documents

  it('that differ are a break', async () => {
    const { found, items, payouts } = await compare({ ours: report(), theirs: bank(undefined, (cents, place) => cents - (place === 4 ? 30 : 0)) })

    expect(found).toEqual([RENT, `payout_mismatch ${PAYOUTS[4]?.id} 30`])
    expect(items.find(({ code }) => code === 'payout_mismatch')?.reasons).toEqual(['the payout and its line differ by 0.30'])
    expect(payouts[4]).toMatchObject({ state: 'payout_mismatch', difference: 30n })
  }) // biome-ignore format: documents

  it('that are not at the bank yet are on their way, and missing when the delay is over', async () => {
    const files = { ours: report(), theirs: bank(undefined, (cents, place) => (place === 5 ? undefined : cents)) }

    const near = await compare(files)
    const late = await compare(files, { asOf: '2026-03-20' })
    const turned = await compare({ ours: files.theirs, theirs: files.ours })

    expect(near.items).toMatchObject([{ code: 'missing_internal' }, { code: 'payout_in_transit', class: 'temporary', dueOn: '2026-03-11' }])
    expect(near.payouts[5]).toMatchObject({ state: 'payout_in_transit', bank: undefined, difference: undefined })
    expect(late.items.map(({ code }) => code).toSorted()).toEqual(['missing_external', 'missing_internal'])
    expect(turned.items.map(({ code }) => code).toSorted()).toEqual(['missing_external', 'payout_in_transit'])
  }) // biome-ignore format: documents

  it('are on their way where the report spells the days of payouts', async () => {
    const spelled = (text: string): string => text.replaceAll(/,2026-03-0(\d)\n/g, ',Mar $1 2026\n')
    const files = { ours: spelled(report()), theirs: bank(undefined, (cents, place) => (place === 5 ? undefined : cents)) }

    const { items, payouts } = await compare(files)

    expect(payouts.map((payout) => payout.day)).toEqual(PAYOUTS.map((_, place) => day(place)))
    expect(items).toMatchObject([{ code: 'missing_internal' }, { code: 'payout_in_transit', dueOn: '2026-03-11' }])
  }) // biome-ignore format: one line

  it('are added up with the decimal mark by which they come to their lines, where the report alone proves none', async () => {
    const grouped = (yen: number): string => String(yen).replace(/\B(?=(\d{3})+$)/g, '.')
    const rows = PAYOUTS.flatMap(({ id, lines }, place) => lines.map(([, gross], row) => [`ch_${place}x${row}`, id, grouped(gross)]))
    const theirs = csv([['text', 'value', 'currency'], ...PAYOUTS.map(({ id, lines }) => [id, lines.reduce((sum, [, gross]) => sum + gross, 0), 'JPY'])])
    const files = { ours: csv([['charge_id', 'payout_id', 'amount'], ...rows], ';'), theirs }

    const { found, payouts, summary } = await compare(files)
    const { specs } = summary.mapping
    const again = await compare(files, specs === undefined ? {} : { saved: parseSaved(formatSaved(specs)) })

    expect(found).toEqual([])
    expect(payouts.map(({ state }) => state)).toEqual(PAYOUTS.map(() => 'at_bank'))
    expect(again.payouts).toEqual(payouts)
  }) // biome-ignore format: rows

  it('are never confirmed by their amount: another id, or none, is no match', async () => {
    const { found, payouts } = await compare(
      { ours: report(), theirs: bank((id) => (id === PAYOUTS[0]?.id ? 'PSP LTD PAYOUT' : id)) },
      { asOf: '2026-03-20' },
    )

    expect(found).toEqual([
      `missing_external ${PAYOUTS[0]?.id} ${netOf(PAYOUTS[0]?.lines ?? [])}`,
      `missing_internal nothing -${netOf(PAYOUTS[0]?.lines ?? [])}`,
      RENT,
    ])
    expect(payouts[0]?.state).toBe('missing_external')
  })

  it('are suggested where the id was cut in the text, or has a typo, and are not matched by that', async () => {
    const cut = (id: string): string => {
      if (id === PAYOUTS[1]?.id) return `SEPA ${id.slice(0, -2)} PSP LTD`
      return id === PAYOUTS[2]?.id ? `SEPA ${id.replace('Nx', 'Nz')} PSP LTD` : id
    }

    const { items, payouts } = await compare({ ours: report(), theirs: bank(cut) }, { asOf: '2026-03-20' })

    const lone = items.filter(({ code }) => code === 'missing_external')
    expect(payouts.filter(({ state }) => state !== 'at_bank').map(({ reference }) => reference)).toEqual([PAYOUTS[1]?.id, PAYOUTS[2]?.id])
    expect(lone.map(({ ours, suggestions }) => [ours?.reference, suggestions[0]?.rows[0]?.row, suggestions[0]?.reasons[1]?.name]).toSorted()).toEqual([
      [PAYOUTS[1]?.id, 4, 'near_reference'],
      [PAYOUTS[2]?.id, 5, 'near_reference'],
    ])
  }) // biome-ignore format: rows

  it('leave out rows that are in none yet, and rows of the payouts themselves, and say so', async () => {
    const unpaid = ['ch_new', 'charge', '50.00', '1.75', '48.25', 'EUR', '2026-03-08', '', '']
    const own = ['tr_1', 'payout', major(-netOf(PAYOUTS[0]?.lines ?? [])), '0.00', '0.00', 'EUR', '2026-03-02', PAYOUTS[0]?.id ?? '', day(0)]

    const { found, summary, payouts } = await compare({ ours: report([unpaid, own]), theirs: bank() })

    expect(found).toEqual([RENT])
    expect(summary.apart).toEqual([{ side: 'ours', kind: 'unpaid', currency: 'EUR', rows: 1, amount: 4_825n }])
    expect(payouts[0]).toMatchObject({ rows: 3, stated: BigInt(netOf(PAYOUTS[0]?.lines ?? [])) })
  }) // biome-ignore format: rows

  it('may come in two lines, and in one line twice', async () => {
    const [first, second] = [PAYOUTS[0], PAYOUTS[1]]
    const more = csv([
      ['2026-03-04', `REST ${first?.id}`, '10.00', 'EUR'],
      ['2026-03-04', `AGAIN ${second?.id}`, major(netOf(second?.lines ?? [])), 'EUR'],
    ])
    const theirs = bank(undefined, (cents, place) => cents - (place === 0 ? 1_000 : 0)) + more

    const { found, payouts } = await compare({ ours: report(), theirs })

    expect(found).toEqual([`duplicate_external ${second?.id} -${netOf(second?.lines ?? [])}`, RENT])
    expect(payouts[0]).toMatchObject({ state: 'at_bank', bank: payouts[0]?.payout })
  })

  it('that arrived are named again by a line over another amount, which says so', async () => {
    const more = csv([['2026-03-04', `MORE OF ${PAYOUTS[1]?.id}`, '10.00', 'EUR']])

    const { items } = await compare({ ours: report(), theirs: bank() + more })

    const [, line] = items
    expect(line).toMatchObject({ code: 'missing_internal', difference: -1_000n, theirs: { reference: PAYOUTS[1]?.id } })
    expect(line?.reasons[0]).toBe('a line of a payout of ours that it is no part of')
  })

  it('are compared by the column that is given, and each currency has a payout of its own', async () => {
    const rows = (currency: string): string =>
      PAYOUTS.flatMap(({ id, lines }, place) => lines.map(([kind, gross, fee], row) => `${currency}${place}x${row},${kind},${major(gross)},${major(fee)},${currency},${id}\n`)).join('')
    const ours = `id,type,gross,fee,currency,payout_id\n${rows('EUR')}${rows('USD')}`
    const lines = ['EUR', 'USD'].flatMap((currency) => PAYOUTS.map(({ id, lines: own }) => [id, major(own.reduce((sum, [, gross]) => sum + gross, 0)), currency]))

    const { found, payouts } = await compare(
      { ours, theirs: csv([['text', 'value', 'currency'], ...lines]) },
      { given: { amount: { ours: 'gross:major', theirs: 'value' }, currency: { ours: 'currency', theirs: 'currency' } } },
    )

    expect(found).toEqual([])
    expect(payouts.map(({ state, currency }) => `${state} ${currency}`)).toEqual([...PAYOUTS.map(() => 'at_bank EUR'), ...PAYOUTS.map(() => 'at_bank USD')])
  }) // biome-ignore format: rows

  it('have rows that cannot be read, each a break of its own', async () => {
    const bad = ['ch_bad', 'charge', 'ten', '0', '0', 'EUR', '2026-03-02', PAYOUTS[0]?.id ?? '', day(0)]

    const { items } = await compare({ ours: report([bad]), theirs: bank() })

    expect(items.map(({ code, reasons }) => [code, reasons[0]])).toContainEqual([
      'unparsed_line',
      'line 24, column 3 of ours: "ten" is no amount',
    ])
  })

  it('are found in a report in a published format, whose own rows of payouts are no part of them', async () => {
    const rows = PAYOUTS.flatMap(({ id, lines }, place) => [
      ...lines.map(([kind, gross, fee], row) => stripeRow(`${place}x${row}`, [kind === 'reserve' ? 'reserve_transaction' : kind, gross, fee], id)),
      stripeRow(`${place}p`, ['payout', -netOf(lines), 0], id),
    ])

    const { found, payouts } = await compare({ ours: csv([COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name] ?? ''))]), theirs: bank() })

    expect(found).toEqual([RENT])
    expect(payouts.map(({ state, payout, stated }) => [state, payout === stated])).toEqual(PAYOUTS.map(() => ['at_bank', true]))
  }) // biome-ignore format: rows

  it('are compared the same by the mapping that was saved', async () => {
    const files = { ours: report(), theirs: bank() }
    const first = await compare(files)

    const specs = first.summary.mapping.specs
    const again = await compare(files, specs === undefined ? {} : { saved: parseSaved(formatSaved(specs)) })

    expect(specs?.ours.payout).toBe('payout_id')
    expect(again.found).toEqual(first.found)
    expect(again.payouts).toEqual(first.payouts)
    await expect(compare({ ...files, theirs: bank(() => 'nothing') }, again.summary.mapping.specs === undefined ? {} : { saved: again.summary.mapping })).rejects.toThrow(/no line of the other side names one/)
  }) // biome-ignore format: one line
})

describe('a mapping of payouts whose amount was given', () => {
  it('is compared the same when it was saved', async () => {
    const files = { ours: report(), theirs: bank() }
    const given = { amount: { ours: 'gross:major', theirs: 'value' } }
    const first = await compare(files, { given })

    const specs = first.summary.mapping.specs
    const again = await compare(files, specs === undefined ? {} : { saved: parseSaved(formatSaved(specs)) })

    expect(specs?.ours.amount).toEqual({ rule: 'signed', column: 'gross' })
    expect(again.found).toEqual(first.found)
    expect(again.payouts).toEqual(first.payouts)
  })
})

describe('a report that names payouts', () => {
  it('is compared row by row with a file that has its rows', async () => {
    const { summary } = await done({ ours: report(), theirs: report() }, upTo(7))

    expect(summary).toMatchObject({ payouts: undefined, pairs: 22, verdict: 'clean' })
  })

  it('is compared row by row with a ledger that knows its rows', async () => {
    const ledger = csv([
      ['charge_id', 'gross', 'currency'],
      ...PAYOUTS.flatMap(({ lines }, place) =>
        lines.map(([, gross], row) => [`ch_${place}x${row}`, major(gross), 'EUR']),
      ),
    ])

    const { summary } = await done({ ours: ledger, theirs: report() }, upTo(7))

    expect(summary).toMatchObject({ payouts: undefined, pairs: 22 })
  })
})

describe('files of the same orders, one of which names batches', () => {
  /** Every order is in both; `remarks` of their lines name the batch of ours. */
  const files = (remarks: number, share = 1): Files => {
    const orders = Array.from({ length: 120 }, (_, place) => ({ place, amount: `${(place * 37) % 90}.5${place % 10}` }))
    return {
      ours: csv([
        ['order_id', 'amount', 'currency', 'batch_id'],
        ...orders.map(({ place, amount }) => [`ord-${place * 3}x`, amount, 'EUR', `BATCH-${100 + Math.floor(place / 12)}`]),
      ]),
      theirs: csv([
        ['order_id', 'amount', 'currency', 'memo'],
        ...orders.map(({ place, amount }) => [
          `ord-${place * 3 + (place < share * 120 ? 0 : 1)}x`,
          amount,
          'EUR',
          place % 12 === 0 && place < remarks * 12 ? `late for BATCH-${100 + place / 12}` : 'on time',
        ]),
      ]),
    }
  } // biome-ignore format: rows

  it('are compared row by row, however few remarks name one', async () => {
    for (const remarks of [1, 2])
      expect((await done(files(remarks))).summary).toMatchObject({ payouts: undefined, pairs: 120, verdict: 'clean' })
  })

  it('are compared row by row when DuckDB reads them at once and fewer orders are in both', async () => {
    const { summary } = await done(files(3, 0.4), { plainBytes: 0 })

    expect(summary).toMatchObject({ payouts: undefined, pairs: 48 })
  })
})
