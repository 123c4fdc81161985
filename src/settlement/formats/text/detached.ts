/**
 * A copy that shares no memory with what it was cut out of, for what is kept longer than its piece of a file: of a part of a
 * text V8 keeps the whole text alive. Half a character, where a cut left one, becomes U+FFFD.
 */
export const detached = (text: string): string => Buffer.from(text).toString()
