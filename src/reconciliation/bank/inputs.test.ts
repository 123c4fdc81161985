import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeJson } from '../../platform/exact-json.ts'
import { type BankInputs, keepInputs, keptInputs } from './inputs.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-inputs-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const INPUTS: BankInputs = {
  payouts: [
    {
      ...{ id: 'p', psp: 'acme', pspReference: 'po_1', reference: null, amount: 2n ** 60n, currency: 'EUR' },
      ...{ businessDate: '2026-03-02', occurredAt: new Date('2026-03-02T10:00:00.123Z'), arrived: true },
    },
  ],
  open: [
    {
      ...{ id: 'b', code: 'payout_in_transit', class: 'temporary', dueOn: '2026-03-03', businessDate: '2026-03-02' },
      ...{ payoutId: 'p', fileId: null, line: null, difference: -3n, currency: 'EUR' },
    },
  ],
  files: [{ id: 'f', linesBlobId: 'l', returned: [4] }],
  claimed: [{ fileId: 'f', line: 2 }],
  apart: [{ payoutId: 'p', fileId: 'f', line: 5 }],
}

describe('what a run of a bank read', () => {
  it('is kept and read as it was', async () => {
    const path = join(folder, 'inputs.gz')

    await keepInputs(path, INPUTS)

    expect(await keptInputs(path)).toEqual(INPUTS)
  })

  it('has nothing apart when an earlier version kept it', async () => {
    const path = join(folder, 'earlier.gz')
    const { apart: _, ...earlier } = INPUTS
    writeFileSync(path, gzipSync(writeJson(earlier)))

    expect(await keptInputs(path)).toEqual({ ...INPUTS, apart: [] })
  })
})
