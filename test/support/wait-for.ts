import { setTimeout as delay } from 'node:timers/promises'

/**
 * Polls until `condition` gives something other than undefined, null or false, and returns it.
 * Fails with `what` when the time is up, so that a hung test says what it was waiting for.
 */
export async function waitFor<T>(
  condition: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  options: { readonly timeoutMs?: number; readonly what: string },
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? 10_000
  const end = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== null && value !== false) return value
    if (performance.now() > end) throw new Error(`after ${timeoutMs} ms still waiting for: ${options.what}`)
    await delay(10)
  }
}
