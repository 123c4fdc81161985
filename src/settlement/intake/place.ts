import { holdsCardNumber } from '../../platform/card-number.ts'
import type { Saved } from './unpacked.ts'

/** A file as the place lists it. */
export type Found = { readonly name: string; readonly byteCount: number; readonly modifiedAt: Date }

/** Where a source leaves its files. Nothing in it is ever changed, moved or removed by us. */
export type Place = {
  /** Plain files of one folder; what is below it, and links that lead out of it, are none. Throws when it cannot be read. */
  readonly list: () => Promise<readonly Found[]>
  /** Copies a file. Throws `Unsettled` when it is no longer what was listed. */
  readonly fetch: (found: Found, path: string) => Promise<Saved>
  readonly close: () => Promise<void>
}

/** Somebody still writes to the file: it is looked at again the next time. */
export class Unsettled extends Error {
  override readonly name = 'Unsettled'
}

/** As much as an upload may have: about eight million lines. */
export const FILE_BYTES_MAX = 1024 ** 3

const MARKER = '.done'

/** A glob over names as a regular expression: `*` is any characters, `?` is one. Case counts. */
function globOf(pattern: string): RegExp {
  const text = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${text}$`, 'su')
}

/**
 * The files that match the pattern, in order of name, each with whether its sender says that it is whole, by a file of the
 * same name with `.done` behind it. Hidden files, which many programs write to before they rename, and the markers are none.
 */
export function candidates(
  listed: readonly Found[],
  pattern: string,
): readonly (Found & { readonly isDone: boolean })[] {
  const glob = globOf(pattern)
  const names = new Set(listed.map(({ name }) => name))
  return listed
    .filter(({ name }) => glob.test(name) && !name.startsWith('.') && !name.endsWith(MARKER))
    .map((found) => ({ ...found, isDone: names.has(`${found.name}${MARKER}`) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const NAME_MAX = 255
// Control characters, halves of surrogate pairs, and the marks that make a name read otherwise than it is.
const UNFIT = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** The name as it may be shown and stored; undefined when it may not. */
export const labelOf = (name: string): string | undefined =>
  name.length > NAME_MAX || UNFIT.test(name) || holdsCardNumber(name) ? undefined : name
