import { Refusal } from '../platform/errors.ts'

/** Longest wait that `Prefer: wait=N` may ask for, in seconds; proxies cut connections that are silent for longer. */
const WAIT_MAX_SECONDS = 60

/**
 * Seconds to hold the answer for a final status, of a header such as `Prefer: wait=5` (RFC 7240), or undefined when
 * the header asks for no wait. Preferences that we do not know are ignored; a wait that is not one is refused.
 */
export function waitOf(prefer: string | string[] | undefined): number | undefined {
  if (prefer === undefined) return undefined
  const preferences = (Array.isArray(prefer) ? prefer.join(',') : prefer).split(/[,;]/)
  const wait = preferences.map((each) => each.trim()).find((each) => /^wait\s*(=|$)/i.test(each))
  if (wait === undefined) return undefined
  const seconds = /^wait\s*=\s*"?(\d{1,2})"?$/i.exec(wait)?.[1]
  if (seconds !== undefined && Number(seconds) <= WAIT_MAX_SECONDS) return Number(seconds)
  const detail = `wait must be 0 to ${WAIT_MAX_SECONDS} seconds, e.g. "wait=5".`
  throw new Refusal('invalid_parameter', `Prefer: ${detail}`, { errors: [{ pointer: 'Prefer', detail }] })
}
