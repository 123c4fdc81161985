/**
 * The beginning of a file as text, for telling a format by its content: without a byte order mark, blanks and empty lines
 * before it. Only ASCII is right in it. The zero bytes of UTF-16 are left out, so that it reads like any other.
 */
export const asciiBeginning = (bytes: Uint8Array, length = 4_096): string =>
  Buffer.from(bytes.subarray(0, length))
    .toString('latin1')
    .replaceAll('\0', '')
    .replace(/^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)?\s*/, '')
