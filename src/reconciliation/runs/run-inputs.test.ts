import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readInputs, writeInputs } from './run-inputs.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-inputs-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('inputs of a run are read as they were written, whatever their amounts and texts', async () => {
  const ours = {
    attemptId: 'a',
    paymentId: 'p',
    pspReference: null,
    amount: 9_007_199_254_740_993n,
    currency: 'CLF',
    occurredAt: new Date('2026-03-01T23:59:59.999Z'),
    businessDate: '2026-03-01',
  }
  const theirs = {
    fileId: 'f',
    line: 7,
    kind: 'charge',
    status: null,
    reference: 'a "quoted"\nline \u2028 break',
    pspReference: 'ch_1',
    amount: -5n,
    fee: 0n,
    currency: 'JPY',
    occurredAt: null,
  }
  const inputs = {
    open: [
      { id: '1', code: 'awaiting_settlement', class: 'temporary', dueOn: '2026-03-02', ours, theirs: undefined },
      { id: '2', code: 'missing_internal', class: 'real', dueOn: null, ours: undefined, theirs },
    ],
    unknown: [ours],
    settled: new Set(['f:7']),
  } as const

  await writeInputs(join(folder, 'inputs'), inputs)

  expect(await readInputs(join(folder, 'inputs'))).toEqual(inputs)
})

it('inputs of a run that are larger than a piece of the file are read as they were written', async () => {
  const settled = new Set(Array.from({ length: 20_000 }, (_, n) => `f:${n}`))

  await writeInputs(join(folder, 'many'), { open: [], unknown: [], settled })

  expect(await readInputs(join(folder, 'many'))).toEqual({ open: [], unknown: [], settled })
})
