import { readFile } from 'node:fs/promises'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'

export async function version(context: Context): Promise<number> {
  const document = { version: await ownVersion(), node: process.versions.node }
  context.show(document, () =>
    context.output.fields([
      ['tallystick', document.version],
      ['node', document.node],
    ]),
  )
  return EXIT.ok
}

/** The version of this program. */
export async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
