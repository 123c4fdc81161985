import type { Context } from './context.ts'
import { type Check, checkEverything } from './doctor-checks.ts'
import { EXIT } from './failure.ts'
import { createWaiting } from './progress.ts'

/** Checks what the command line, the server and its books need. Exit 1 when something is wrong, with a fix for each. */
export async function doctor(context: Context): Promise<number> {
  const waiting = createWaiting(context.io, 'checking')
  let checks: readonly Check[]
  try {
    checks = await checkEverything(context)
  } finally {
    waiting.stop()
  }
  const ok = checks.every((check) => check.state !== 'failed')
  const { output, style } = context
  const paint = (padded: string, text: string) =>
    text === 'ok' ? style.good(padded) : text === 'failed' ? style.bad(padded) : style.dim(padded)
  context.show({ ok, checks }, () => {
    output.table(
      [{ title: 'check' }, { title: 'state', paint }, { title: 'detail' }],
      checks.map((check) => [check.name, check.state, check.detail]),
    )
    for (const check of checks) {
      if (check.fix !== undefined) output.note(`${check.name} failed; run: ${check.fix}`)
    }
  })
  return ok ? EXIT.ok : EXIT.negative
}
