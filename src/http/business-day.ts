import { Refusal } from '../platform/errors.ts'
import { parseInstant } from './query.ts'

/** Refuses a day of a body that does not exist. The form is right by then; 30 February has it too. */
export function refuseNoDay(pointer: string, text: string): void {
  if (parseInstant(text) !== undefined) return
  const detail = 'There is no such day. Send one such as 2026-03-03.'
  throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}
