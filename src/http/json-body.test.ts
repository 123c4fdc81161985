import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../platform/errors.ts'
import { readJsonBody } from './json-body.ts'

const read = (text: string) => readJsonBody(Buffer.from(text))

function refusalOf(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a JSON body', () => {
  it('is what JSON.parse reads when its numbers are plain integers', () => {
    const integers = fc
      .jsonValue({ maxDepth: 4 })
      .map((value) =>
        JSON.stringify(value, (_, each) => (typeof each === 'number' ? Math.trunc(each % 2 ** 40) : each)),
      )
    fc.assert(
      fc.property(integers, (text) => {
        expect(read(text).value).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each(['12.50', '12.0', '1e3', '-1.5', '1E-2', '9007199254740992', '-9007199254740993', '0.0'])(
    'keeps the literal %s, which no schema takes',
    (literal) => {
      const { value } = read(`{"amount":${literal}}`)

      expect(value).toEqual({ amount: expect.any(Symbol) })
      expect(String(Reflect.get(Object(value), 'amount'))).toBe(`Symbol(${literal})`)
    },
  )

  it.each(['0', '-1', '9007199254740991', '1250'])('reads the plain integer %s', (literal) => {
    expect(read(`{"amount":${literal}}`).value).toEqual({ amount: Number(literal) })
  })

  it('sees every name that is given twice, however it is written', () => {
    const name = fc.string({ minLength: 1, maxLength: 5 })
    const spaces = fc.constantFrom('', ' ', '\n\t')
    fc.assert(
      fc.property(name, fc.jsonValue(), spaces, (twice, value, space) => {
        const escaped = [...JSON.stringify(twice)].join('')
        const text = `{${escaped}${space}:${JSON.stringify(value)},"z":":",${escaped}:1}`
        return read(text).faults.length > 0
      }),
    )
  })

  it.each([
    ['4242424242424242', ''],
    ['{"a":{"b":["x","4242 4242 4242 4242"]}}', '/a/b/1'],
    ['{"a":{"4242424242424242":{"b":1}}}', '/a'],
    ['{"4242424242424242":"4242424242424242"}', ''],
    ['{"a":4242424242424242}', '/a'],
    ['{"a":4242424242424242.50}', '/a'],
    ['{"amount":"4242424242424242"}', '/amount'],
    ['{"amount":[4242424242424242]}', '/amount/0'],
    ['{"a":"\\u0034242424242424242"}', '/a'],
    ['{"a":"4242\\u002d4242-4242-4242"}', '/a'],
  ])('tells where it holds a card number: %s', (text, pointer) => {
    expect(read(text).cards).toEqual([pointer])
  })

  it.each(['{"amount":4242424242424242}', '{"a":"e481f51cbdc54678b7cc49136f2d6af7"}', '{"a":"1763827200000"}'])(
    'does not take %s for a card number',
    (text) => {
      expect(read(text).cards).toEqual([])
    },
  )

  it('is refused when it is not UTF-8', () => {
    const bytes = Buffer.from([0x22, 0xff, 0xfe, 0x22])

    expect(refusalOf(() => readJsonBody(bytes)).message).toBe('The body is not UTF-8.')
  })

  it('is refused with the place where it stops being JSON, and none of its text', () => {
    const refusal = refusalOf(() => read('{\n  "pan": "4242424242424242",\n  secret\n}'))

    expect(refusal.code).toBe('malformed_json')
    expect(refusal.message).toBe('The body is not JSON: at line 3, column 3, a name in double quotes was expected.')
  })

  it('is refused when it has more values than any request, or is nested deeper', () => {
    expect(refusalOf(() => read(`[${'1,'.repeat(300_000)}1]`)).message).toContain('more than 300000 values')
    expect(refusalOf(() => read(`${'['.repeat(33)}${']'.repeat(33)}`)).message).toContain('deeper than 32')
    expect(refusalOf(() => read(`{"a":1.5,"b":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).message).toContain(
      'deeper',
    )
    expect(refusalOf(() => read(`{${'"a":1,'.repeat(200_000)}"a":1}`)).message).toContain('twice')
  })

  it('gives a name that only looks like a prototype no power', () => {
    const { value, faults } = read('{"__proto__":{"admin":true}}')

    expect(faults).toEqual([{ pointer: '/__proto__', detail: expect.stringContaining('__proto__') }])
    expect(Reflect.get({}, 'admin')).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
})
