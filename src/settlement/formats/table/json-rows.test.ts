import { describe, expect, it } from 'vitest'
import { type HowRead, readTableFile, told } from './testing/reading.ts'

async function read(text: string, how?: HowRead) {
  const { summary, lines } = await readTableFile(text, how)
  return {
    summary,
    told: told(summary),
    lines: lines.map(({ line, amount, currency, reference }) => `${line} ${amount} ${currency} ${reference}`),
  }
}

const record = (id: string, amount: string): string =>
  `{"id": "${id}", "created": "2026-03-04T10:00:00Z", "amount": ${amount}, "currency": "eur"}`

describe('JSON', () => {
  it.each([
    ['a list', `[\n${record('a', '1.50')},\n${record('b', '-2.25')}\n]`],
    [
      'a member of an object',
      `{"object": "list",\n"data": [\n${record('a', '1.50')},${record('b', '-2.25')}], "has_more": false}`,
    ],
    [
      'a member behind other lists',
      `{"errors": [], "tags": ["x", 1, [2]],\n"data": [${record('a', '1.50')},${record('b', '-2.25')}]}`,
    ],
  ])('with its records in %s is read, in pieces of any size', async (_what, text) => {
    for (const chunkBytes of [1, 13, 65_536]) {
      const { lines, told: diagnostics } = await read(text, { chunkBytes })
      expect(lines.map((line) => line.replace(/^\d+ /, ''))).toEqual(['150 EUR a', '-225 EUR b'])
      expect(diagnostics).toEqual([])
    }
  })

  it('keeps every digit of a number', async () => {
    const { lines, told: diagnostics } = await read(
      `[${['9007199254740993', '0.1', '0.30', '1.5E+2', '12345678901234567.89'].map((text, index) => record(`r${index}`, text)).join()}]`,
    )

    expect(lines.map((line) => line.split(' ')[1])).toEqual([
      '900719925474099300',
      '10',
      '30',
      '15000',
      '1234567890123456789',
    ])
    expect(diagnostics).toEqual([])
  })

  it('reads a number by its type: 1.234 is one and a fraction, whatever the texts beside it have', async () => {
    const { lines, told: diagnostics } = await read('[{"id": "a", "amount": 1.234, "fee": "0,50", "currency": "KWD"}]')

    expect(lines).toEqual(['1 1234 KWD a'])
    expect(diagnostics).toEqual(['warning no_date 1'])
  })

  it('names members of members by their path, and keys that come late', async () => {
    const { lines, summary } = await read(
      '[{"order": {"id": "o-1"}, "amount": {"value": "1.50", "currency": "EUR"}},\n{"amount": {"value": "2.50", "currency": "EUR"}, "order": {"id": "o-2"}, "fee": {"value": "0.10"}}]',
    )

    expect(lines).toEqual(['1 150 EUR o-1', '2 250 EUR o-2'])
    expect(summary.mapping?.amount).toEqual({ rule: 'signed', column: 'amount.value' })
  })

  it('tells what in the list is no record, and a second list that is not read', async () => {
    const { lines, told: diagnostics } = await read(
      `{"data": [${record('a', '1.50')},\n7,\n"x",\n${record('b', '2.50')},\nnull],\n"refunds": [${record('c', '-1.00')}]}`,
    )

    expect(lines).toEqual(['1 150 EUR a', '4 250 EUR b'])
    expect(diagnostics).toEqual(['error json 2', 'error json 3', 'error json 5', 'error json 6'])
  })

  it.each([
    ['that ends in a record', `[${record('a', '1.50')}, {"id": "b`, 'cut_off'],
    ['without a list', '{"id": "a",\n"amount": 1}', 'no_records'],
    ['that closes what is not open', `[${record('a', '1.50')}}]`, 'json'],
    ['with more behind its end', `[${record('a', '1.50')}]\n[1]`, 'json'],
    ['that is nested too deeply', `[${record('a', '1.50')},${'{"a":'.repeat(50_000)}`, 'too_deep'],
    ['with a record without an end', `[{"id": "${'x'.repeat(400_000)}"}]`, 'record_too_long'],
  ])('%s is unreadable', async (_what, text, code) => {
    const { summary, told: diagnostics } = await read(text, { kind: 'json' })

    expect([summary.readable, diagnostics.at(-1)?.split(' ')[1]]).toEqual([false, code])
  })

  it('with a text that no database can hold has no such line', async () => {
    const { lines, told: diagnostics } = await read(
      `[${record('a', '1.50')},\n${record('b\\u0000', '1.50')},\n${record('c\\ud800', '1.50')}]`,
    )

    expect(lines).toEqual(['1 150 EUR a', '3 150 EUR c\ufffd'])
    expect(diagnostics).toEqual(['error nul 2:1'])
  })

  it('with names that are special in JavaScript is read like any other', async () => {
    const { lines } = await read(
      '[{"__proto__": "x", "constructor": "y", "toString": 1, "id": "a", "amount": 1.5, "currency": "EUR"}]',
    )

    expect(lines).toEqual(['1 150 EUR a'])
  })
})

describe('JSON Lines', () => {
  it('has a record in each line; a broken line is told and no other', async () => {
    const text = [
      record('a', '1.50'),
      '{"id": "b", "amount": ',
      '',
      record('c', '2.50'),
      '[1]',
      '7',
      `${record('d', '3.50')}}`,
      record('e', '4.50'),
    ].join('\n')

    for (const chunkBytes of [1, 65_536]) {
      const { lines, told: diagnostics } = await read(text, { chunkBytes })
      expect(lines).toEqual(['1 150 EUR a', '4 250 EUR c', '8 450 EUR e'])
      expect(diagnostics).toEqual(['error json 2', 'error json 5', 'error json 6', 'error json 7'])
    }
  })

  it('is recognised when its first record is longer than what formats are told by', async () => {
    const long = record('a', '1.50').replace('{', `{"text": "${'x'.repeat(5_000)}", "list": [{"n": 1}], `)

    expect((await read(`${long}\n${record('b', '2.50')}\n`)).lines).toEqual(['1 150 EUR a', '2 250 EUR b'])
  })

  it('nested too deeply is told in its line', async () => {
    const deep = `{"a": ${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`
    const lists = `{"a": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`

    const { lines, told: diagnostics } = await read([record('a', '1.50'), deep, lists].join('\n'))

    expect(lines).toEqual(['1 150 EUR a'])
    expect(diagnostics).toEqual(['error too_deep 2', 'error too_deep 3'])
  })
})
