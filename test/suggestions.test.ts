import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../src/http/testing/fake-services.ts'
import { caller, createTestServer } from '../src/http/testing/test-server.ts'
import { newId, publicId } from '../src/platform/ids.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { anOrder } from './support/money-path.ts'
import { dayAt, feeOf, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { openResolving, type Resolving } from './support/resolving.ts'
import { type FileLine, settlementText } from './support/settlement-text.ts'

/**
 * A PSP that garbles references and ids: what no run may put together is suggested to people with its reasons, and resolved by
 * the verb that the suggestion names.
 */

let database: TestDatabase
let nights: Nights
let people: Resolving
let call: ReturnType<typeof caller>
let close: () => Promise<unknown>

const AT = new Date(`${dayAt(0)}T10:00:00Z`)

async function sold(amount: bigint): Promise<FileLine> {
  return lineOf(await sell(nights, AT, { orders: [anOrder('seller-1', amount)] }), AT)
}

const strange = (line: FileLine, name: string, more: Partial<FileLine> = {}): FileLine => ({
  ...line,
  reference: name,
  pspReference: `strange_${name}`,
  ...more,
})

type Found = Awaited<ReturnType<Resolving['breaks']>>[number]

let open: readonly (Found & { amount: bigint })[]
/** The open break of one side over this amount. */
const breakOf = (side: 'ours' | 'theirs', amount: bigint): string => {
  const found = open.filter((each) => (each.line === null) === (side === 'ours') && each.amount === amount)
  expect(found, `${side} ${amount}`).toHaveLength(1)
  return found[0]?.id ?? ''
}

const suggestions = async (id: string) => (await call('GET', `/v1/breaks/${publicId('brk', id)}/suggestions`)).json()

beforeAll(async () => {
  database = await createTestDatabase()
  nights = openNights(database)
  people = await openResolving(nights)
  const fakes = createFakeServices()
  const { app } = await createTestServer({
    services: { ...fakes, reconciliation: { ...fakes.reconciliation, ...nights.reconciliation } },
    level: 'silent',
  })
  call = caller(app)
  close = () => app.close()
  const [garbled, net, whole] = [await sold(10_000n), await sold(20_000n), await sold(7_000n)]
  await sold(55_555n)
  const lines = [
    // One digit of our reference is wrong.
    strange(
      garbled,
      garbled.reference.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    ),
    strange(net, 'net', { amount: net.amount - feeOf(net.amount), fee: 0n }),
    strange(whole, 'first', { amount: 3_000n }),
    strange(whole, 'second', { amount: 4_000n }),
    strange(garbled, 'elsewhere', { amount: 33_333n, currency: 'USD' }),
  ]
  for (const n of [0, 1]) {
    nights.endDay(n)
    await nights.upload(settlementText(dayAt(n), n === 0 ? lines : []))
    await nights.night()
  }
  open = await nights.db.query(
    `select id, code, line, coalesce(ours_amount, theirs_amount) as amount from recon_break where state = 'open'`,
  )
})
afterAll(async () => {
  await close()
  await nights.close()
  await database.drop()
})

describe('what is suggested for a break', () => {
  it('is the line with the garbled reference, and why', async () => {
    const theirs = breakOf('theirs', 10_000n)

    const { data } = await suggestions(breakOf('ours', 10_000n))

    expect(data).toEqual([
      {
        score: 0.84,
        reasons: [
          { name: 'same_amount', weight: 0.45, sentence: 'the amount is the same' },
          { name: 'near_reference', weight: 0.5, sentence: 'the references differ in one place' },
          { name: 'same_day', weight: 0.3, sentence: 'the day is the same' },
          { name: 'only_one', weight: 0.15, sentence: 'no other open record has this amount' },
        ],
        records: [
          {
            break: publicId('brk', theirs),
            references: [expect.stringMatching(/^att_/), expect.stringMatching(/^strange_/)],
            amount: 10_000,
            currency: 'EUR',
            business_date: dayAt(0),
          },
        ],
        difference: 0,
        resolution: { verb: 'match', with: [publicId('brk', theirs)] },
      },
    ])
  })

  it('is the record from the side of the line as well', async () => {
    const { data } = await suggestions(breakOf('theirs', 10_000n))

    expect(data).toMatchObject([{ score: 0.84, resolution: { with: [publicId('brk', breakOf('ours', 10_000n))] } }])
  })

  it('is a line that is less the fee, whose difference would be booked as a fee', async () => {
    const { data } = await suggestions(breakOf('ours', 20_000n))

    expect(data).toMatchObject([
      {
        reasons: [
          { name: 'amount_less_fee', sentence: 'the amounts differ by the fee, 6.10 EUR' },
          { name: 'same_day' },
        ],
        difference: 610,
        resolution: { verb: 'book_difference', as: 'fee' },
      },
    ])
  })

  it('is several lines that come to the amount', async () => {
    const { data } = await suggestions(breakOf('ours', 7_000n))

    expect(data).toMatchObject([{ reasons: [{ name: 'sum_of_amounts' }, { name: 'same_day' }], difference: 0 }])
    expect(data[0].resolution.with.toSorted()).toEqual(
      [breakOf('theirs', 3_000n), breakOf('theirs', 4_000n)].map((id) => publicId('brk', id)).toSorted(),
    )
  })

  it('is nothing when nothing is like it, and for a break that does not exist an error', async () => {
    expect(await suggestions(breakOf('ours', 55_555n))).toEqual({
      object: 'break_suggestions',
      break: publicId('brk', breakOf('ours', 55_555n)),
      data: [],
    })
    expect(await suggestions(newId())).toMatchObject({ status: 404, code: 'not_found' })
  })
})

describe('a suggestion', () => {
  it('has matched nothing by itself', async () => {
    const states = await nights.db.query(`select distinct state from recon_break`)

    expect(states).toEqual([{ state: 'open' }])
  })

  it.each([
    ['of one line', 10_000n],
    ['less the fee', 20_000n],
    ['of several lines', 7_000n],
  ])('%s is shown and applied by the verb that it names', async (_, amount) => {
    const id = breakOf('ours', amount)
    const [first] = await nights.reconciliation.suggest(id)
    const { resolution } = first ?? expect.fail('nothing is suggested')
    const preview = await people.look({ breakId: id, ...resolution })

    const resolved = await people.resolve({ breakId: id, ...resolution })

    expect(preview.entry.postings.length).toBeGreaterThan(0)
    expect(resolved.state).toBe('applied')
    expect(await nights.reconciliation.suggest(id)).toEqual([])
    expect(await nights.findings()).toEqual([])
  })
})
