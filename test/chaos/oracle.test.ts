import { describe, expect, it } from 'vitest'
import { workOut } from './oracle.ts'
import { soundSnapshot } from './sound-snapshot.ts'

/** The sound nights with the strange line of one day stamped at another time. */
function strangeLine(day: string, occurredAt: string) {
  const snapshot = soundSnapshot()
  const [first] = snapshot.nights.pspFiles
  const file = snapshot.nights.pspFiles.find((one) => one.day === day)
  const line = first?.lines.find(({ pspReference }) => pspReference === 'ch_foreign')
  if (first === undefined || file === undefined || line === undefined) throw new Error('there is no strange line')
  first.lines = first.lines.filter((one) => one !== line)
  file.lines.push({ ...line, line: 90, occurredAt })
  return workOut(snapshot).breaks.find(({ at }) => at?.line === 90)
}

describe('the oracle', () => {
  it.each([
    ['2026-03-02', '2026-03-02T00:15:00.000Z', 'missing_internal', 'real', false],
    ['2026-03-02', '2026-03-02T00:14:59.999Z', 'missing_internal', 'real', true],
    ['2026-03-04', '2026-03-04T00:14:59.999Z', 'awaiting_internal', 'temporary', false],
  ])('gives a strange line of %s stamped %s the code %s', (day, stamp, code, kind, isPromoted) => {
    expect(strangeLine(day, stamp)).toMatchObject({ code, class: kind, state: 'open', isPromoted })
  })

  it('lets a charge wait that was captured on the last day, and not one of the day before', () => {
    const snapshot = soundSnapshot()
    const breaks = workOut(snapshot).breaks

    expect(breaks.find(({ chargeId }) => chargeId === 'att_tonight_0')).toMatchObject({ code: 'awaiting_settlement' })
    expect(breaks.find(({ chargeId }) => chargeId === 'att_n51_0')).toMatchObject({ code: 'missing_external' })
  })

  it('expects no break of a charge that was booked after the run of its day and came in the next file', () => {
    const snapshot = soundSnapshot()
    for (const booking of snapshot.nights.bookings) if (booking.chargeId === 'att_n60_0') booking.batch = 2n

    const { breaks, lateKnown } = workOut(snapshot)

    expect(breaks.filter(({ chargeId }) => chargeId === 'att_n60_0')).toEqual([])
    expect(lateKnown.has('att_n60_0')).toBe(true)
  })

  it('shares a line among the charges that it names, when it comes to their sum, and else among none', () => {
    const snapshot = soundSnapshot()
    const pairsOf = () => workOut(snapshot).pairs.filter(({ line }) => line.part !== undefined)
    const before = pairsOf()
    for (const { lines } of snapshot.nights.pspFiles)
      for (const line of lines) if (line.pspReference.includes(' ')) line.gross -= 1n

    expect(before.map(({ line: { part, gross } }) => [part, gross])).toEqual([
      [1, 20_059n],
      [2, 20_059n],
    ])
    expect(pairsOf()).toEqual([])
  })

  it('expects nothing of a charge that no run had to know of', () => {
    const snapshot = soundSnapshot()
    for (const charge of snapshot.book)
      if (charge.attemptId === 'att_tonight_0') charge.occurredAt = '2026-03-05T12:00:00.000Z'

    const { later, breaks } = workOut(snapshot)

    expect(later.map(({ attemptId }) => attemptId)).toEqual(['att_tonight_0'])
    expect(breaks.some(({ chargeId }) => chargeId === 'att_tonight_0')).toBe(false)
  })
})
