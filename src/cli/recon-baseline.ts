import { parseJson } from '../platform/exact-json.ts'
import { CliFailure } from './failure.ts'
import { NEXT } from './recon-options.ts'

/** Ids of the breaks of a former `recon --json`. */
export function formerIds(text: string, path: string): readonly string[] {
  const bad = (what: string, cause?: unknown): CliFailure =>
    new CliFailure({ message: `${path} is no result of recon --json: ${what}`, next: NEXT, code: 'baseline', cause })
  let document: unknown
  try {
    document = parseJson(text)
  } catch (cause) {
    throw bad('it is no JSON', cause)
  }
  const { schema, items, breaks } = (document ?? {}) as {
    schema?: unknown
    items?: unknown
    breaks?: Record<string, unknown>
  }
  if (schema !== 'tallystick.recon/1' || !Array.isArray(items)) throw bad('its schema is not tallystick.recon/1')
  if (Number(breaks?.['real']) + Number(breaks?.['temporary']) !== items.length)
    throw bad('it does not have all of its breaks; write it with --all')
  return items.map((item: { id?: unknown }) => {
    if (typeof item?.id !== 'string') throw bad('a break has no id')
    return item.id
  })
}
