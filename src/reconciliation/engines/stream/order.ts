import type { LineItem, OursItem, ToldItem } from './record.ts'

/** Ranks within a key: by time, and at the same time by name. */

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What has no time or no name comes last. */
export const byValue = <V extends bigint | string>(a: V | null, b: V | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}

export const compareOurs = (a: OursItem, b: OursItem): number =>
  byValue(a.ours_ms, b.ours_ms) || byText(a.attempt_id, b.attempt_id) || byValue(a.ours_break, b.ours_break)

export const compareLines = (a: LineItem, b: LineItem): number =>
  byValue(a.theirs_ms, b.theirs_ms) || byText(a.file_id, b.file_id) || a.line - b.line

export const compareTold = (a: ToldItem, b: ToldItem): number =>
  byValue(a.theirs_ms, b.theirs_ms) || byText(a.name, b.name)
