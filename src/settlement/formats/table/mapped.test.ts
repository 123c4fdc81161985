import { describe, expect, it } from 'vitest'
import type { SettlementLine } from '../format.ts'
import { type Profile, parseProfile } from './profile.ts'
import { mappedFormat } from './table.ts'

const MAPPING = {
  schema: 'tallystick.mapping/1',
  table: { kind: 'csv', separator: ',' },
  header: 1,
  amount: { rule: 'signed', column: 'Amount' },
  decimal: '.',
  minor: false,
  currency: { column: 'Cur' },
  fee: { column: 'Fee', sign: 'cost' },
  references: ['Id'],
}

async function read(file: string, change: object) {
  const profile: Profile = parseProfile(JSON.stringify({ ...MAPPING, ...change }))
  const lines: SettlementLine[] = []
  const bytes = async function* () {
    yield Buffer.from(file)
  }
  const summary = await mappedFormat('csv', profile).read(bytes(), async (some) => void lines.push(...some))
  return {
    shown: lines.map(({ amount, fee, currency }) => `${amount} fee ${fee} ${currency}`),
    controls: summary.statements.map(({ opening, closing, control }) => [opening, closing, control.status]),
    errors: summary.diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message),
  }
}

describe('a table with a mapping', () => {
  it('that turns the sign reads amounts and balances as we see them, and fees as they are', async () => {
    const file = 'Id,Amount,Fee,Cur,Balance\na,-10.00,0.50,EUR,-9.50\nb,4.00,0,EUR,-5.50\n'

    const { shown, controls, errors } = await read(file, { sign: -1, balance: 'Balance' })

    expect(shown).toEqual(['1000 fee 50 EUR', '-400 fee 0 EUR'])
    expect(controls).toEqual([[0n, 550n, 'pass']])
    expect(errors).toEqual([])
  })

  it('knows currencies by the names that it gives them, in any case, and by their codes', async () => {
    const currency = { column: 'Cur', aliases: { '€': 'EUR', 'Swiss Franc': 'CHF' } }
    const file = 'Id,Amount,Fee,Cur\na,1.00,0,€\nb,2.00,0,SWISS FRANC\nc,3.00,0,usd\nd,4.00,0,Taler\n'

    const { shown, errors } = await read(file, { currency })

    expect(shown).toEqual(['100 fee 0 EUR', '200 fee 0 CHF', '300 fee 0 USD'])
    expect(errors).toEqual(['"Taler" is not a currency'])
  })
})
