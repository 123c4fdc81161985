// What the npm scripts run: the set-up first, then a tool under the project's Node.
import { join } from 'node:path'
import { endAs, orExplain, runChild, toolNode } from './launch.js'
import { ROOT, SetupFailure, setUp } from './setup.js'

const tool = (...path) => join(ROOT, 'node_modules', ...path)

/** Each name: the programs it runs, in order. Arguments from the command line go to a program that stands alone. */
const TOOLS = {
  vitest: [[tool('vitest', 'vitest.mjs')]],
  check: [
    [tool('@biomejs', 'biome', 'bin', 'biome'), 'check'],
    [tool('typescript', 'bin', 'tsc'), '-p', '.', '--noEmit'],
  ],
  build: [[tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']],
  'test:long': [[tool('vitest', 'vitest.mjs'), 'run', '--config', 'vitest.long.config.ts']],
  'test:samples': [[join(ROOT, 'test', 'samples', 'main.ts')]],
  chaos: [[join(ROOT, 'test', 'chaos', 'main.ts')]],
  truth: [[join(ROOT, 'test', 'truth', 'main.ts')]],
  'bench:payments': [[join(ROOT, 'bench', 'payments.ts')]],
  'bench:ledger': [[join(ROOT, 'bench', 'ledger.ts')]],
  'bench:live': [[join(ROOT, 'bench', 'live.ts')]],
  'bench:nightly': [[join(ROOT, 'bench', 'nightly.ts')]],
  'bench:parse': [[join(ROOT, 'bench', 'parse.ts')]],
  'bench:recon': [[join(ROOT, 'bench', 'recon.ts')]],
}

await orExplain(async () => {
  const [name, ...args] = process.argv.slice(2)
  const programs = Object.hasOwn(TOOLS, name ?? '') ? TOOLS[name] : undefined
  if (programs === undefined)
    throw new SetupFailure(`There is no tool "${name ?? ''}"; there are ${Object.keys(TOOLS).join(', ')}.`)
  setUp()
  let worst = { code: 0, signal: null }
  for (const program of programs) {
    // All of them run, so that one look shows everything that is wrong.
    const ended = await runChild(toolNode(), programs.length === 1 ? [...program, ...args] : program)
    if (ended.signal !== null || ended.code !== 0) worst = ended
    if (ended.signal !== null) break
  }
  endAs(worst)
})
