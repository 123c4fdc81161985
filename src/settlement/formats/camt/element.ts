/** A part of a message that is small enough to be looked at as a whole. */
export type Element = {
  readonly name: string
  /** Where its tag is. */
  readonly line: number
  readonly column: number
  /** Its text without the white space around it, and empty when it has children. */
  text: string
  /** The attribute `Ccy`. */
  currency: string | undefined
  children: Element[] | undefined
}

export function child(element: Element | undefined, name: string): Element | undefined {
  const children = element?.children
  if (children === undefined) return undefined
  for (const each of children) if (each.name === name) return each
  return undefined
}

/** The first element on a path. */
export function at(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  let found = element
  for (const name of path) found = child(found, name)
  return found
}

export const childrenNamed = (element: Element | undefined, name: string): Element[] =>
  element?.children?.filter((each) => each.name === name) ?? []

/** The text at a path, undefined when there is none. */
export function textAt(element: Element | undefined, ...path: readonly string[]): string | undefined {
  const text = at(element, ...path)?.text
  return text === '' ? undefined : text
}

/** An element that cannot be read, and with it the entry or the balance that it belongs to. */
export class UnreadableElement extends Error {
  override readonly name = 'UnreadableElement'
  readonly element: Element
  readonly code: string

  constructor(element: Element, code: string, message: string) {
    super(message)
    this.element = element
    this.code = code
  }
}

/** As much of a text as a message needs to be understood. */
export const quoted = (text: string): string => `"${text.slice(0, 40)}"`
