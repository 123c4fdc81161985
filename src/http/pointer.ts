/** RFC 6901: `/` between segments, `~0` for `~` and `~1` for `/`. */
export const pointerTo = (path: readonly (string | number)[]): string =>
  path.map((segment) => `/${escapeSegment(String(segment))}`).join('')

export const escapeSegment = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1')

const unescapeSegment = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~')

/** The segments of a pointer; none for the empty one. */
export const segmentsOf = (pointer: string): string[] => pointer.split('/').slice(1).map(unescapeSegment)

/** The values on the way from the root to the pointer, root first; shorter when the way ends early. */
export function valuesAlong(root: unknown, pointer: string): unknown[] {
  const values = [root]
  for (const segment of segmentsOf(pointer)) {
    const parent = values.at(-1)
    if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, segment)) break
    values.push(Reflect.get(parent, segment))
  }
  return values
}
