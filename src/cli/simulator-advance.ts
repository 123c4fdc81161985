import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import { createWaiting } from './progress.ts'

/** A long jump does the captures, webhooks and look-ups of many days before it answers. */
const TIMEOUT_MS = 60 * 60_000

/** Moves the test clock forward. Sent once: after a lost answer the clock may have moved. */
export async function simulatorAdvance(context: Context, duration: string): Promise<number> {
  const step = parseDuration(duration)
  const client = await context.client()
  const waiting = createWaiting(context.io, `advancing the test clock by ${duration}`)
  try {
    const { body } = await client.post<{ now: string }>('/v1/test/clock/advance', step, { timeoutMs: TIMEOUT_MS })
    waiting.stop()
    context.show(body, () => context.output.fields([['now', body.now]]))
    return EXIT.ok
  } finally {
    waiting.stop()
  }
}

function parseDuration(text: string): { days: number } | { hours: number } {
  const [, digits, unit] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? []
  if (digits === undefined) {
    throw new CliFailure({
      message: `"${text}" is not a duration: write days as 1d or hours as 12h`,
      next: 'npx tallystick simulator advance 1d',
      code: 'usage',
    })
  }
  return unit === 'd' ? { days: Number(digits) } : { hours: Number(digits) }
}
