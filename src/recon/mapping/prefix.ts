import { cellOf, type Side, type SideName } from '../side.ts'
import type { Group, KeyPair } from './probe.ts'

const MANY_KEYS = 20
const LONG_ID = 6

/**
 * Whether references that are equal without their prefixes name one thing. `INV-000123` and `000123` do, for one of them
 * has no prefix to differ. `a1` and `b1` do not, unless each side has one prefix throughout, and there are many long numbers.
 */
export function areOneNumber(
  sides: Readonly<Record<SideName, Side>>,
  pair: KeyPair,
  groups: readonly Group[],
): boolean {
  const prefixes = { ours: new Set<string>(), theirs: new Set<string>() }
  let [isLong, differ] = [true, false]
  for (const group of groups) {
    const of = (name: SideName) =>
      group[name].map((row) => split((row[cellOf(sides[name], pair[name])] ?? '').trim().toUpperCase()))
    const [ours, theirs] = [of('ours'), of('theirs')]
    for (const { prefix } of ours) prefixes.ours.add(prefix)
    for (const { prefix } of theirs) prefixes.theirs.add(prefix)
    if ([...ours, ...theirs].some(({ rest }) => rest.length < LONG_ID)) isLong = false
    if (ours.some((a) => theirs.some((b) => a.prefix !== '' && b.prefix !== '' && a.prefix !== b.prefix))) differ = true
  }
  if (!differ) return true
  return prefixes.ours.size === 1 && prefixes.theirs.size === 1 && groups.length >= MANY_KEYS && isLong
}

/** What the loose form takes off in front, without its marks, and what is left. */
function split(text: string): { readonly prefix: string; readonly rest: string } {
  const [front = ''] = /^[^\p{L}\p{N}]*(?:(?:\p{L}+[^\p{L}\p{N}]+)+(?=.)|\p{L}+(?=\d+$))/u.exec(text) ?? []
  return { prefix: front.replace(/[^\p{L}]/gu, ''), rest: text.slice(front.length) }
}
