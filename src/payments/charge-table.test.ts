import { describe, expect, it } from 'vitest'
import type { LookUp } from '../psp/psp.ts'
import { apply, type Report } from './charge.ts'
import {
  aChargeInFlight,
  aFollowUp,
  aReport,
  around,
  at,
  DECLINE,
  OUTCOMES,
  type Standing,
} from './testing/charge-state.ts'

/** Everything that can be said about a charge, in every state it can be in, written down to be read by eye. */

const done = { status: 'succeeded', pspReference: 'psp_1' } as const
const held = { ...done, capture: 'manual' } as const
const url = 'https://psp.example/3ds'

const STANDINGS: Readonly<Record<string, Standing>> = {
  'sent, no answer yet': { orders: 'executing' },
  'not executed, to be sent again': { orders: 'executing', charge: { status: 'retry_wait' } },
  'answer lost': { orders: 'unknown', charge: { status: 'unknown', ambiguous: true } },
  'in progress at the PSP': { orders: 'executing', charge: { status: 'pending', pspReference: 'psp_1' } },
  'waits for the buyer': {
    orders: 'requires_action',
    charge: { status: 'pending', pspReference: 'psp_1', actionUrl: url },
  },
  'sent, to be captured by hand': { orders: 'executing', charge: { capture: 'manual' } },
  authorised: { orders: 'authorised', charge: held },
  'authorised, being captured': { orders: 'executing', charge: held, followUps: [aFollowUp('capture')] },
  'authorised, answer to the capture lost': {
    orders: 'unknown',
    charge: held,
    followUps: [aFollowUp('capture', { status: 'unknown', ambiguous: true })],
  },
  'authorised, a second answer to the capture declined it': {
    orders: 'executing',
    charge: held,
    followUps: [aFollowUp('capture', { status: 'unknown', ambiguous: true, decline: DECLINE })],
  },
  'authorised, being voided': { orders: 'executing', charge: held, followUps: [aFollowUp('void')] },
  'authorised, an earlier capture declined': {
    orders: 'authorised',
    charge: held,
    followUps: [aFollowUp('capture', { status: 'declined' })],
  },
  'waits for the buyer, being voided': {
    orders: 'executing',
    charge: { status: 'pending', pspReference: 'psp_1', actionUrl: url },
    followUps: [aFollowUp('void')],
  },
  captured: { orders: 'captured', charge: done },
  failed: { orders: 'failed', charge: { status: 'declined' } },
  'failed, late authorisation being voided': {
    orders: 'failed',
    charge: { status: 'declined', pspReference: 'psp_1' },
    followUps: [aFollowUp('void')],
  },
  'failed, late authorisation was voided': {
    orders: 'failed',
    charge: { status: 'declined', pspReference: 'psp_1' },
    followUps: [aFollowUp('void', { status: 'succeeded' })],
  },
  'failed, late success booked': { orders: 'failed', charge: done, lateSuccessBooked: true },
  voided: { orders: 'voided', charge: held, followUps: [aFollowUp('void', { status: 'succeeded' })] },
  'superseded by a later charge': { orders: 'superseded', charge: { status: 'declined' } },
}

const IN_SEND_WINDOW = at(5_000)
const AFTER_ALL_WINDOWS = at(25 * 3_600_000)

/** What one report changes: orders, attempts, effects; `=` nothing, `~` only when it is looked at again. */
function change(standing: Standing, report: Report, now: Date, capture: 'automatic' | 'manual'): string {
  const state = aChargeInFlight(standing)
  apply(state, report, around({ now, capture }))
  const attempts = [state.charge, ...state.followUps]
  const parts = [
    ...(state.orders === standing.orders ? [] : [state.orders]),
    ...attempts
      .filter((attempt) => attempt.status !== attempt.before.status)
      .map((attempt) => `${attempt.before.operation}:${attempt.status}`),
    ...state.effects.map((effect) => `+${effect.effect}`),
  ]
  if (parts.length > 0) return parts.join(' ')
  return attempts.some((attempt) => attempt.changed) ? '~' : '='
}

function section(name: string, standing: Standing, now: Date): string {
  const followUps = standing.followUps ?? []
  const asked: [Report['via'], string][] = [
    ['answer', 'charge'],
    ['look_up', 'charge'],
    ['webhook', 'charge'],
    ...followUps.map(({ id }): [Report['via'], string] => ['answer', id]),
    ...followUps.map(({ id }): [Report['via'], string] => ['look_up', id]),
  ]
  const capture = standing.charge?.capture ?? 'automatic'
  const rows = Object.entries<LookUp>(OUTCOMES).map(([word, outcome]) => [
    word,
    ...asked.map(([via, id]) => change(standing, aReport(via, outcome, id), now, capture)),
  ])
  const table = [['', ...asked.map(([via, id]) => `${via} to ${id}`)], ...rows]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd(),
  )
  return [`${name} (orders ${standing.orders})`, ...lines.map((line) => `  ${line}`)].join('\n')
}

describe('charge', () => {
  it('changes as the table says, whatever is reported', async () => {
    const sections = Object.entries(STANDINGS).map(([name, standing]) => section(name, standing, IN_SEND_WINDOW))
    const later = Object.entries(STANDINGS).flatMap(([name, standing]) => {
      const text = section(name, standing, AFTER_ALL_WINDOWS)
      return sections.includes(text) ? [] : [text]
    })
    const text = `${[...sections, 'AFTER ALL WINDOWS, WHERE IT DIFFERS', ...later].join('\n\n')}\n`

    await expect(text).toMatchFileSnapshot('./charge-table.txt')
  })
})
