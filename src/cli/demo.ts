import type { Context } from './context.ts'
import { type DemoResult, seedDemo } from './demo-seed.ts'
import { EXIT } from './failure.ts'
import { createWaiting } from './progress.ts'

export async function demo(context: Context): Promise<number> {
  const client = await context.client()
  const waiting = createWaiting(context.io, 'seeding demo data')
  let result: DemoResult
  try {
    result = await seedDemo(client)
  } finally {
    waiting.stop()
  }
  const { created, existing, refused } = result
  context.show(result, () =>
    context.output.fields([
      ['created', String(created)],
      ['existing', String(existing)],
      ['refused', String(refused.length)],
    ]),
  )
  for (const { name, code, detail } of refused) context.output.note(`${name} was refused: ${detail} (${code})`)
  return refused.length === 0 ? EXIT.ok : EXIT.negative
}
