import { minorOf } from './check.ts'
import type { Golden } from './golden.ts'

/** The `.pydata` of OCA/bank-statement-import: a Python literal of currency, account and statements. */
export function readPydata(text: string): Golden {
  const [currency, account, statements] = readLiteral(text) as [string, string, readonly Statement[]]
  return {
    lines: statements.flatMap(({ transactions }) =>
      transactions.map(({ amount, date, ref }) => ({
        amount: minorOf(amount, currency),
        currency,
        date,
        references: typeof ref === 'string' ? [ref] : [],
      })),
    ),
    openings: statements.map(({ balance_start }) => ({ amount: minorOf(balance_start, currency), currency })),
    closings: statements.map(({ balance_end_real }) => ({ amount: minorOf(balance_end_real, currency), currency })),
    accounts: [account],
  }
}

type Statement = {
  readonly balance_start: string
  readonly balance_end_real: string
  readonly transactions: readonly { readonly amount: string; readonly date: string; readonly ref?: unknown }[]
}

const TOKEN = /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(-?\d[\d.e+-]*)|(True|False|None)|([()[\]{},:]))/y

/** Lists and tuples as arrays, dictionaries as objects, numbers as they are written. Strings side by side are one. */
export function readLiteral(text: string): unknown {
  const tokens: RegExpExecArray[] = []
  TOKEN.lastIndex = 0
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) tokens.push(token)
  let at = 0
  const sign = (): string | undefined => tokens[at]?.[4]
  const value = (): unknown => {
    const [whole = '', string, number, word, open] = tokens[at] ?? []
    at++
    if (string !== undefined) return unquoted(string) + (tokens[at]?.[1] === undefined ? '' : String(value()))
    if (number !== undefined) return number
    if (word !== undefined) return word === 'None' ? null : word === 'True'
    if (open === '{') return Object.fromEntries(until('}', pair))
    if (open === '[' || open === '(') return until(open === '[' ? ']' : ')', value)
    throw new Error(`"${whole}" begins nothing`)
  }
  const pair = (): [string, unknown] => {
    const key = String(value())
    at++
    return [key, value()]
  }
  const until = <T>(end: string, item: () => T): T[] => {
    const items: T[] = []
    while (sign() !== end) {
      items.push(item())
      if (sign() === ',') at++
    }
    at++
    return items
  }
  return value()
}

const unquoted = (string: string): string =>
  string.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
