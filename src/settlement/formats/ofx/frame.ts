import type { Diagnostic } from '../format.ts'
import type { Reading } from '../reading.ts'
import { createSeen, type Seen } from './seen.ts'
import type { Aggregate } from './tags.ts'
import { createWhenReader, type When } from './when.ts'

/** A text with the place where it begins. `number` is one of `TEXT`, or one that a transaction gives it. */
export type Text = {
  readonly number: number
  readonly value: string
  readonly line: number
  readonly column: number
}

/** An aggregate that is open, and the texts in it, of which there are few. */
export type Frame = {
  readonly name: string
  readonly aggregate: Aggregate
  readonly line: number
  readonly column: number
  readonly texts: Text[]
  /** A text that is there twice and differs. */
  conflict: Text | undefined
}

export function textIn({ texts }: Frame, number: number): Text | undefined {
  for (const text of texts) if (text.number === number) return text
  return undefined
}

/** The value of a text, or undefined when it is empty or not there. */
export function valueIn(frame: Frame, number: number): string | undefined {
  const value = textIn(frame, number)?.value
  return value === '' ? undefined : value
}

type Place = { readonly line: number; readonly column: number }

/** What the parts of the reader share. */
export type Context = {
  readonly reading: Reading
  readonly seen: Seen
  readonly error: (code: string, place: Place, message: string) => void
  readonly warn: (code: string, place: Place, message: string) => void
  /** A warning that is told at its first place only. */
  readonly warnOnce: (code: string, place: Place, message: string) => void
  /** Reads a date; what is doubtful about it is a warning. */
  readonly when: (text: Text) => When
  /** Says how many more warnings there were. */
  readonly finish: () => void
}

/** Of one kind; the rest is counted, so that what is wrong as well is not lost among them. */
const MAX_WARNINGS = 100

export function createContext(reading: Reading, zone: string | undefined): Context {
  const readWhen = createWhenReader(zone)
  const counts = new Map<string, { count: number; line: number }>()

  const add = (severity: Diagnostic['severity'], code: string, { line, column }: Place, message: string): void =>
    reading.diagnostics.add({ severity, code, line, column, message })

  function warnUpTo(max: number, code: string, place: Place, message: string): void {
    const known = counts.get(code) ?? { count: 0, line: 0 }
    counts.set(code, known)
    known.count++
    known.line = place.line
    if (known.count <= max) add('warning', code, place, message)
  }

  const warn: Context['warn'] = (code, place, message) => warnUpTo(MAX_WARNINGS, code, place, message)
  const warnOnce: Context['warnOnce'] = (code, place, message) => warnUpTo(1, code, place, message)

  return {
    reading,
    seen: createSeen(),
    error: (code, place, message) => add('error', code, place, message),
    warn,
    warnOnce,
    when(text) {
      const when = readWhen(text.value)
      if (when.doubt !== undefined) warn('date', text, when.doubt)
      return when
    },
    finish() {
      for (const [code, { count, line }] of counts) {
        if (count <= MAX_WARNINGS) continue
        const message = `${count - MAX_WARNINGS} more like the ${MAX_WARNINGS} warnings "${code}" before`
        reading.diagnostics.add({ severity: 'warning', code, line, message })
      }
    },
  }
}

/** What the work gives, or undefined when it throws `UnreadableRow`, which becomes a diagnostic of the line. */
export function attempt<T>(reading: Reading, line: number, work: () => T): T | undefined {
  let result: T | undefined
  reading.row(line, () => {
    result = work()
  })
  return result
}
