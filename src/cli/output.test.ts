import { describe, expect, it } from 'vitest'
import { createTestIo } from '../../test/support/cli.ts'
import { createOutput } from './output.ts'
import { createStyle, wantsColour } from './style.ts'

const COLUMNS = [{ title: 'name' }, { title: 'amount', align: 'right' }] as const

function printed(tty: boolean, rows: readonly (readonly string[])[]): string {
  const { io, stdout } = createTestIo({ tty })
  createOutput(io, createStyle(false)).table(COLUMNS, rows)
  return stdout()
}

describe('a table', () => {
  it('is aligned under a heading on a terminal', () => {
    expect(
      printed(true, [
        ['acme', '12.50'],
        ['bo', '1250.00'],
      ]),
    ).toBe('name   amount\nacme    12.50\nbo    1250.00\n')
  })

  it('is tab-separated without a heading in a pipe', () => {
    expect(printed(false, [['acme', '12.50']])).toBe('acme\t12.50\n')
  })

  it('never lets a value steer the terminal or break a column', () => {
    expect(printed(false, [['a\tb\u001b[2Jc\nd', '1']])).toBe('a b [2Jc d\t1\n')
  })
})

describe('colour', () => {
  const wanted = (tty: boolean, env: Record<string, string>, flag = true) => {
    const { io } = createTestIo({ tty, env })
    return wantsColour(io, io.stdout, flag)
  }

  it('is on for a terminal and off for a pipe, a dumb terminal, NO_COLOR and --no-color', () => {
    expect(wanted(true, {})).toBe(true)
    expect(wanted(false, {})).toBe(false)
    expect(wanted(true, { TERM: 'dumb' })).toBe(false)
    expect(wanted(true, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false)
    expect(wanted(true, {}, false)).toBe(false)
  })

  it('is forced by FORCE_COLOR and CLICOLOR_FORCE', () => {
    expect(wanted(false, { FORCE_COLOR: '1' })).toBe(true)
    expect(wanted(false, { CLICOLOR_FORCE: '1' })).toBe(true)
    expect(wanted(true, { FORCE_COLOR: '0' })).toBe(false)
  })
})
