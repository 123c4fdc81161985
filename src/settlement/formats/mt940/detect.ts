/** Which of the two a file is. */
export type MessageType = 'mt940' | 'mt942'

const TAG_AT_START = /(?:^|[\r\n]|\{4:)[ \t]*:([0-9A-Z]{2,3}):/g
/** Fields that no statement has, and other messages of SWIFT begin with. */
const FOREIGN =
  /^(?:23[A-Z]|3[0-35-9][A-Z]?|50[A-Z]|5[1-9][A-Z]?|7[0-9][A-Z]?|16[A-Z]|98[A-Z]|97[A-Z]|15[A-Z]|22[A-Z])$/
const BALANCE = /^6[02][FM]?$/
const OWN = /^(?:20|21|25P?|28C?|61|86|NS|940)$/

/** What the beginning of a file is: by its header, else by its first fields. Undefined when it is neither. */
export function messageType(beginning: Uint8Array): MessageType | undefined {
  const text = Buffer.from(beginning)
    .toString('latin1')
    .replace(/[^\t\n\r -~]/g, '')
  const header = /\{2:[IO](\d{3})/.exec(text)?.[1]
  if (header !== undefined)
    return header === '942' ? 'mt942' : header === '940' || header === '950' ? 'mt940' : undefined
  const tags = Array.from(text.matchAll(TAG_AT_START), ([, tag = '']) => tag)
  const firstBalance = tags.findIndex((tag) => BALANCE.test(tag))
  const before = firstBalance === -1 ? tags : tags.slice(0, firstBalance)
  if (before.some((tag) => FOREIGN.test(tag) && tag !== '34F')) return undefined
  if (before.includes('34F') || before.includes('942')) return 'mt942'
  if (firstBalance !== -1) return 'mt940'
  if (tags.some((tag) => tag === '13D' || tag === '90D' || tag === '90C')) return 'mt942'
  return tags.some((tag) => OWN.test(tag)) ? 'mt940' : undefined
}
