import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { audit } from './audit.ts'
import { factsOf } from './facts.ts'
import { allHeld, renderReport } from './report.ts'
import { soundSnapshot } from './sound-snapshot.ts'

const run = {
  kills: { server: 3, simulator: 1, postgres: 0, backend: 0 },
  nightKills: { collecting: 1, matching: 2, posting: 0, between: 0 },
  starts: 4,
}

describe('report', () => {
  it('lists every check with how much it looked at', () => {
    const snapshot = soundSnapshot()
    const checks = audit(snapshot)

    const text = stripVTControlCharacters(renderReport({ checks, facts: factsOf(snapshot, run) }, 12))

    expect(allHeld(checks)).toBe(true)
    for (const check of checks) expect(text).toContain(`✓ ${check.name}`)
    expect(text).toContain('3 server, 1 simulator')
    expect(text).toContain('1 collecting, 2 matching, 0 posting, 0 between')
    expect(text).toMatch(/captured +\d+ EUR/)
  })

  it('names each violation', () => {
    const snapshot = soundSnapshot()
    snapshot.book.length = 0
    const checks = audit(snapshot)

    const text = stripVTControlCharacters(renderReport({ checks, facts: factsOf(snapshot, run) }, 12))

    expect(allHeld(checks)).toBe(false)
    expect(text).toContain('po_paid_0 is captured and the book has 0 captured charges for it')
  })
})
