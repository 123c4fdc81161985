import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DUPLICATES_MAX, scanJson } from './json-scan.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('a scan of JSON', () => {
  it('takes what JSON.parse takes', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(4), (text, indent) => {
        const written = JSON.stringify(JSON.parse(text), null, indent)
        return scanJson(text).ok && scanJson(written).ok
      }),
    )
  })

  it('refuses what JSON.parse refuses, and nothing else', () => {
    const token = fc.constantFrom(
      ...'{}[]:,"\\ \n\t',
      'true',
      'nul',
      'null',
      '-',
      '0',
      '1',
      '.5',
      'e9',
      '"a"',
      '\\u00e9',
      '\u0001',
      'é',
      '\ufeff',
    )
    fc.assert(
      fc.property(fc.string({ unit: token, maxLength: 12 }), (text) => scanJson(text).ok === isJson(text)),
      { numRuns: 5_000 },
    )
  })

  it('agrees with JSON.parse about JSON that one character was put into', () => {
    const broken = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[]:,"x\u0001'))
    fc.assert(
      fc.property(broken, ([text, at, character]) => {
        const offset = at % (text.length + 1)
        const changed = text.slice(0, offset) + character + text.slice(offset)
        return scanJson(changed).ok === isJson(changed)
      }),
    )
  })

  it.each([
    ['{"a":1,"a":2}', ['/a']],
    ['{"a":[{"b":1},{"b":1,"\\u0062":2}]}', ['/a/1/b']],
    ['{"a/b":{"~":1,"~":1}}', ['/a~1b/~0']],
    ['{"a":{"a":1},"b":{"a":1}}', []],
    ['{"a":"\\"a\\":1"}', []],
    ['{"__proto__":1,"__proto__":2}', ['/__proto__']],
  ])('names what is given twice in %s', (text, duplicates) => {
    expect(scanJson(text)).toEqual({ ok: true, duplicates })
  })

  it('stops naming when there are too many', () => {
    const scan = scanJson(`{${'"a":1,'.repeat(50_000)}"a":1}`)

    expect(scan).toMatchObject({ ok: true, duplicates: { length: DUPLICATES_MAX + 1 } })
  })
})
