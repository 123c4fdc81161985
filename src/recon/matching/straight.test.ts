import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSeeded, type Seeded } from '../../../test/support/seeded.ts'
import { type CellValue, type DuckDb, openDuckDb } from '../../platform/duckdb.ts'
import { createKeyForms } from '../rows/key-form.ts'
import { SIDES, type SideName } from '../side.ts'
import { leaveStraight } from './straight.ts'

type Row = {
  readonly key: string | null
  readonly currency: string
  readonly amount: bigint
  readonly fee: bigint | null
  readonly apart: string | null
  readonly isUnpaid: boolean
}
type Rows = Readonly<Record<SideName, readonly Row[]>>

/** What is left of both sides, found row by row. */
function leftOf(rows: Rows): Readonly<Record<SideName, readonly number[]>> {
  const withKey = (side: SideName, key: string | null): readonly Row[] => rows[side].filter((row) => row.key === key)
  const isStraight = (key: string | null): boolean => {
    const [[o, ...moreOurs], [t, ...moreTheirs]] = [withKey('ours', key), withKey('theirs', key)]
    if (key === null || o === undefined || t === undefined || moreOurs.length + moreTheirs.length > 0) return false
    const isFee = o.fee === null || t.fee === null || o.fee === t.fee
    const isPlain = [o, t].every(({ apart, isUnpaid }) => apart === null && !isUnpaid)
    return isPlain && isFee && o.currency === t.currency && o.amount === t.amount
  }
  const places = (side: SideName): number[] => rows[side].flatMap(({ key }, n) => (isStraight(key) ? [] : [n]))
  return { ours: places('ours'), theirs: places('theirs') }
}

describe('rows that are not matched straight', () => {
  let duckdb: DuckDb
  beforeAll(async () => {
    duckdb = await openDuckDb(tmpdir())
    await createKeyForms(duckdb, 'any')
    for (const side of SIDES)
      await duckdb.run(`
        create table ${side} (n integer, ref varchar, key varchar, currency varchar, amount bigint, fee bigint, apart varchar, day date);
        create table ${side}_state (n integer, state varchar)`)
  })
  afterAll(() => duckdb.close())

  async function found(rows: Rows): Promise<Readonly<Record<SideName, readonly number[]>>> {
    for (const side of SIDES) {
      await duckdb.run(`delete from ${side}; delete from ${side}_state; drop table if exists ${side}_left`)
      const cells = rows[side].map(({ key, currency, amount, fee, apart }, n): CellValue[] => [n, key, key, currency, amount, fee, apart, null]) // biome-ignore format: one line
      await duckdb.append(side, ['integer', 'varchar', 'varchar', 'varchar', 'bigint', 'bigint', 'varchar', 'integer'], cells) // biome-ignore format: one line
      const unpaid = rows[side].flatMap(({ isUnpaid }, n) => (isUnpaid ? [[n, 'failed']] : []))
      await duckdb.append(`${side}_state`, ['integer', 'varchar'], unpaid)
    }
    await leaveStraight(duckdb, false)
    const left = async (side: SideName): Promise<number[]> =>
      (await duckdb.query<{ n: number }>(`select n from ${side}_left order by n`)).map(({ n }) => n)
    return { ours: await left('ours'), theirs: await left('theirs') }
  }

  it.each(['all', 'some', 'none', 'none of ours'])('are the same as row by row, where %s have fees', async (fees) => {
    const random = createSeeded(20_261_127)
    for (let round = 0; round < 20; round += 1) {
      const rows = { ours: rowsOf(random, fees === 'none of ours' ? 'none' : fees), theirs: rowsOf(random, fees) }

      expect(await found(rows), `seed 20261127, round ${round}`).toEqual(leftOf(rows))
    }
  })

  it('are all of a key that one side has twice, and the other not at all', async () => {
    const row = { key: 'a-1', currency: 'EUR', amount: 100n, fee: 3n, apart: null, isUnpaid: false }

    expect(await found({ ours: [row, row], theirs: [] })).toEqual({ ours: [0, 1], theirs: [] })
    expect(await found({ ours: [], theirs: [row, { ...row, amount: -100n }] })).toEqual({ ours: [], theirs: [0, 1] })
  })

  it('are those of another amount whose fee was chosen for both rows to have one hash', async () => {
    const row = { key: 'a-1', currency: 'EUR', amount: 100n, fee: 3n, apart: null, isUnpaid: false }
    const hashOf = async (amount: bigint, fee: bigint): Promise<bigint> => {
      const sql = `select hash(reverse('a-1'), 'EUR', ${amount}::bigint, ${fee}::bigint) as hash`
      return (await duckdb.query<{ hash: bigint }>(sql))[0]?.hash ?? 0n
    }
    const chosen = { ...row, amount: 200n, fee: numberOfHash((await hashOf(100n, 3n)) ^ (await hashOf(200n, 0n))) }
    expect(await hashOf(200n, chosen.fee)).toBe(await hashOf(100n, 3n))

    expect(await found({ ours: [row], theirs: [chosen] })).toEqual({ ours: [0], theirs: [0] })
  })
})

/** The number of which DuckDB makes this hash: each of its steps can be taken back. The hash of nought is nought. */
function numberOfHash(hash: bigint): bigint {
  const back = 0xcfee444d8b59a89bn // times 0xd6e8feb86659fd93 it is one
  const unmixed = (mixed: bigint): bigint => BigInt.asUintN(64, (mixed ^ (mixed >> 32n)) * back)
  const number = unmixed(unmixed(hash))
  return BigInt.asIntN(64, number ^ (number >> 32n))
}

function rowsOf(random: Seeded, fees: string): readonly Row[] {
  return Array.from({ length: random.integer(0, 30) }, () => ({
    key: random.chance(0.05) ? null : `é-${random.integer(0, 30)}`,
    currency: random.chance(0.9) ? 'EUR' : 'KWD',
    amount: BigInt(random.pick([100, 100, 100, 0, -100, 2 ** 53 + 2])),
    fee: fees === 'none' || (fees === 'some' && random.chance(0.3)) ? null : BigInt(random.chance(0.9) ? 3 : 4),
    apart: random.chance(0.05) ? 'payout' : null,
    isUnpaid: random.chance(0.05),
  }))
}
