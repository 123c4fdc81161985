// Runs the product under the project's Node, whatever Node started this. Plain JavaScript for Node 20.20.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isClone, isProjectNode, projectNode, ROOT, SetupFailure, setUp } from './setup.js'

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP']

/** The command line's module: TypeScript in a clone, built JavaScript in the packed product. */
const mainModule = () => (isClone() ? join(ROOT, 'src', 'cli', 'main.ts') : join(ROOT, 'dist', 'cli', 'main.js'))

/**
 * What Node needs to be started with. Reading a file makes much that lives for a moment: with a smaller place for it a
 * process needs up to a third less memory and no more time. It cannot be set later.
 */
const flagsFor = (argv) => (argv.find((word) => !word.startsWith('-')) === 'parse' ? ['--max-semi-space-size=8'] : [])

/** Runs `tallystick <argv>`: in this process when its Node is new enough and has the flags, else in a child. */
export async function tallystick(argv) {
  await orExplain(async () => {
    setUp()
    const module = mainModule()
    if (!existsSync(module)) throw new SetupFailure(`The package is not complete: ${module} is missing.`)
    const flags = flagsFor(argv)
    if (isProjectNode() && flags.every((flag) => process.execArgv.includes(flag))) {
      // Keeps the compiled modules, which takes a third off a start. In the clone, where no other user can put any.
      if (isClone()) nodeModule.enableCompileCache(join(ROOT, 'node_modules', '.cache', 'node'))
      const { main } = await import(pathToFileURL(module).href)
      await main(argv)
    } else {
      const entry = join(ROOT, 'bin', 'tallystick.js')
      endAs(await runChild(toolNode(), [...flags, entry, ...argv]))
    }
  })
}

/** Prints the sentence of a set-up that failed; every other error is a bug and keeps its stack. */
export async function orExplain(work) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}

/** The Node to run tools with. */
export const toolNode = () => (isProjectNode() ? process.execPath : projectNode())

/** Runs a program to its end, passes signals on to it, and gives how it ended. */
export function runChild(program, args) {
  const bin = join(ROOT, 'node_modules', '.bin')
  const child = spawn(program, args, {
    stdio: 'inherit',
    // What the child starts by name is the project's own: its Node, its tools.
    env: { ...process.env, PATH: existsSync(bin) ? `${bin}${delimiter}${process.env.PATH ?? ''}` : process.env.PATH },
  })
  const forward = (name) => child.kill(name)
  for (const name of SIGNALS) process.on(name, forward)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      for (const name of SIGNALS) process.off(name, forward)
      resolve({ code, signal })
    })
  })
}

/** Ends this process the way the child ended. */
export function endAs({ code, signal }) {
  if (signal !== null) process.kill(process.pid, signal)
  process.exitCode = code ?? 1
}
