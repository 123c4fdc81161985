import { createInterface } from 'node:readline'
import { type FieldName, type Mapping, type Overrides, openFields, type Side, type SideName } from '../recon/index.ts'
import type { Context } from './context.ts'
import { isLive } from './io.ts'

type Sides = Readonly<Record<SideName, Side>>

/** Whether somebody sits there who can answer: a terminal at both ends, and no document asked for. */
export const canAsk = ({ io, json }: Context): boolean =>
  !json && (io.stdin as { isTTY?: boolean }).isTTY === true && isLive(io, io.stderr)

/**
 * Asks what the files do not prove, field by field, with examples of what stands in the columns. Enter takes the best where
 * the files speak for it; where they do not, nothing is suggested. Undefined when there is no answer.
 */
export async function askMapping({ io }: Context, mapping: Mapping, sides: Sides): Promise<Overrides | undefined> {
  const lines = createInterface({ input: io.stdin })
  const typed = lines[Symbol.asyncIterator]()
  try {
    const answers: Partial<Record<FieldName, Readonly<Record<SideName, string>>>> = {}
    for (const field of openFields(mapping)) {
      io.stderr.write(`\nThe files do not prove the ${field}: ${mapping.fields[field].reason}.\n`)
      const ours = await askSide(typed, { field, mapping, side: sides.ours, io })
      const theirs = ours === undefined ? undefined : await askSide(typed, { field, mapping, side: sides.theirs, io })
      if (ours === undefined || theirs === undefined) return undefined
      answers[field] = { ours, theirs }
    }
    return answers
  } finally {
    lines.close()
  }
}

type Question = {
  readonly field: FieldName
  readonly mapping: Mapping
  readonly side: Side
  readonly io: Context['io']
}

/** Undefined when the input ends. */
async function askSide(lines: AsyncIterator<string>, question: Question): Promise<string | undefined> {
  const { field, mapping, side, io } = question
  const choices = choicesOf(question)
  for (const [place, { text, examples }] of choices.entries())
    io.stderr.write(`  ${String(place + 1).padStart(2)}  ${text.padEnd(28)} ${examples}\n`)
  const best = field === 'key' || field === 'amount' ? mapping.fields[field][side.name] : undefined
  const usual = choices.findIndex(({ value }) => value === best)
  const what = `${WHAT[field]} of ${side.name}, 1 to ${choices.length}${usual === -1 ? '' : ` [${usual + 1}]`}: `
  for (;;) {
    io.stderr.write(what)
    const line = await lines.next()
    if (line.done === true) return undefined
    const answer = line.value.trim()
    const chosen = answer === '' ? choices[usual] : choices[Number(answer) - 1]
    const typed = field === 'currency' && /^[a-z]{3}$/i.test(answer) ? answer.toUpperCase() : undefined
    const value = chosen?.value ?? typed ?? choices.find((each) => each.value === answer)?.value
    if (value !== undefined) return value
    io.stderr.write(`  a number from 1 to ${choices.length}${field === 'currency' ? ', or a code such as EUR' : ''}\n`)
  }
}

const WHAT: Readonly<Record<FieldName, string>> = {
  key: 'which column is the reference',
  amount: 'which column is the amount',
  currency: 'which column, or which code, is the currency',
  date: 'which comes first in the dates',
}

type Choice = { readonly value: string; readonly text: string; readonly examples: string }

const EXAMPLES = 3
const MOST_EXAMPLE = 24 // characters: enough to know a value by

function choicesOf({ field, mapping, side }: Question): readonly Choice[] {
  const examplesOf = (name: string): string =>
    [...(side.columns.find((column) => column.name === name)?.values ?? [])]
      .slice(0, EXAMPLES)
      .map((text) => text.slice(0, MOST_EXAMPLE))
      .join('  ')
  const date = mapping.fields.date[side.name]
  if (field === 'date' && date !== undefined)
    return [
      { value: `${date}:dmy`, text: 'the day', examples: examplesOf(date) },
      { value: `${date}:mdy`, text: 'the month', examples: '' },
    ]
  return side.columns
    .filter(({ filled }) => filled > 0)
    .map(({ name }) => ({ value: name, text: name, examples: examplesOf(name) }))
}
