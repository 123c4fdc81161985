import { describe, expect, it } from 'vitest'
import { MAX_SUM } from '../../money/index.ts'
import type { SettlementLine } from './format.ts'
import { readFile } from './reading.ts'

const aLine = (line: number, amount: bigint, fee = 0n): SettlementLine => ({
  line,
  statement: 0,
  kind: 'charge',
  status: undefined,
  pspReference: undefined,
  reference: undefined,
  amount,
  fee,
  currency: 'EUR',
  occurredAt: undefined,
})

describe('a line', () => {
  it('whose amounts add up to more than a database keeps is told, and never handed on', async () => {
    const lines: SettlementLine[] = []

    const { diagnostics } = await readFile(
      'a',
      async (piece) => void lines.push(...piece),
      async ({ push }) => {
        for (const line of [aLine(1, MAX_SUM), aLine(2, MAX_SUM + 1n), aLine(3, -MAX_SUM, -MAX_SUM - 1n)]) push(line)
      },
    )

    expect(lines.map(({ line }) => line)).toEqual([1])
    expect(diagnostics).toMatchObject([2, 3].map((line) => ({ severity: 'error', code: 'amount', line })))
  })
})
