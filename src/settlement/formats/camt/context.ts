import type { Reading } from '../reading.ts'
import type { ZoneReader } from '../zone.ts'
import { type Element, UnreadableElement } from './element.ts'

/** What every part of the reader is given. */
export type Context = {
  readonly reading: Reading
  /** For times without an offset. */
  readonly zone: ZoneReader | undefined
  /** The last day that was found to exist: nearly all dates of a file are the same few. */
  knownDay: string
}

export function warn({ reading }: Context, { line, column }: Element, code: string, message: string): void {
  reading.diagnostics.add({ severity: 'warning', code, line, column, message })
}

/** Does one entry or balance. What makes it unreadable becomes a diagnostic, and the result is undefined. */
export function isolated<T>({ reading }: Context, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof UnreadableElement)) throw error
    const { line, column } = error.element
    reading.diagnostics.add({ severity: 'error', code: error.code, line, column, message: error.message })
    return undefined
  }
}
