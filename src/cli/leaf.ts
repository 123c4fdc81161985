import { type Command, InvalidArgumentError } from 'commander'
import { type Context, createContext, type SharedOptions } from './context.ts'
import type { Io } from './io.ts'

/** What every command of the tree has in common. */

/** Called once a command was chosen (`next`: what to run when it is refused) and once it ended (`exitCode`). */
export type Report = (outcome: { next?: string; exitCode?: number }) => void

type Leaf<Options extends SharedOptions> = {
  readonly summary: string
  readonly examples: readonly string[]
  /** The command to run after a refusal by the server. */
  readonly next: string
  /** Loads the command only when it runs, so that `--help` costs nothing. Returns its exit code. */
  readonly run: (context: Context, args: readonly string[], options: Options) => Promise<number>
}

export function addSharedOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document on stdout')
    .option('--home <folder>', 'the data folder of the server (or TALLYSTICK_HOME)')
    .option('--no-color', 'no colours (or NO_COLOR)')
    .helpOption('-h, --help', 'show this help')
}

/** Instead of ending the process: names the help of the command whose usage was wrong, and throws. */
export function answerUsageErrors(command: Command, report: Report): Command {
  return command.exitOverride((error) => {
    report({ next: `npx tallystick ${[...pathOf(command), '--help'].join(' ')}` })
    throw error
  })
}

const pathOf = (command: Command): string[] =>
  command.parent === null ? [] : [...pathOf(command.parent), command.name()]

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent))

export type AddGroup = (name: string, description: string) => Command

export type AddLeaf = <Options extends SharedOptions>(command: Command, leaf: Leaf<Options>) => Command

export function createLeaf(io: Io, report: Report): AddLeaf {
  return (command, leaf) =>
    answerUsageErrors(addSharedOptions(command), report)
      .summary(leaf.summary)
      .description(leaf.summary)
      .addHelpText('before', `${leaf.examples.map((example) => `$ npx tallystick ${example}`).join('\n')}\n`)
      .action(async () => {
        report({ next: leaf.next })
        const global = rootOf(command).opts<SharedOptions>()
        const local = command.opts<Parameters<typeof leaf.run>[2]>()
        const options = { ...global, ...local, color: global.color !== false && local.color !== false }
        const context = createContext(io, options)
        try {
          report({ exitCode: await leaf.run(context, command.args, options) })
        } finally {
          await context.close()
        }
      })
}

/** Reads an option that is a number. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`)
  }
  return value
}
