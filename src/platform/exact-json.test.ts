import { describe, expect, it } from 'vitest'
import { parseJson, writeJson } from './exact-json.ts'

describe('exact JSON', () => {
  it('keeps integers beyond 2^53 to the last digit', () => {
    const parsed = parseJson('{"sum": 9007199254740993, "list":[-90071992547409931], "small": 1250}')

    expect(parsed).toEqual({ sum: 9007199254740993n, list: [-90071992547409931n], small: 1250 })
  })

  it('writes a bigint as plain digits', () => {
    expect(writeJson({ sum: 9007199254740993n, text: '9007199254740993' })).toBe(
      '{"sum":9007199254740993,"text":"9007199254740993"}',
    )
  })

  it('leaves long digits inside strings and fractions alone', () => {
    const text = '{"id":"12345678901234567890","rate":1234567890123456.5}'

    expect(parseJson(text)).toEqual({ id: '12345678901234567890', rate: 1234567890123456.5 })
  })
})
