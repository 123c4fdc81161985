import { CommanderError } from 'commander'
import { CliFailure, EXIT, type ExitCode, withoutPeriod } from './failure.ts'
import type { Io } from './io.ts'
import { printable } from './output.ts'
import { createProgram } from './program.ts'

/** Runs one command line and returns its exit code. Nothing is thrown and the process is not ended. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const invocation: { exitCode: number; next: string } = { exitCode: EXIT.ok, next: 'npx tallystick --help' }
  const program = createProgram(io, (outcome) => Object.assign(invocation, outcome))
  try {
    await program.parseAsync(withVersionCommand(argv), { from: 'user' })
    return invocation.exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    const failure =
      error instanceof CommanderError ? usageFailure(error, invocation.next) : await failureOf(error, invocation.next)
    report(failure, argv, io)
    return failure.exitCode
  }
}

/** `--version` alone is the command `version`. */
const withVersionCommand = (argv: readonly string[]): string[] =>
  argv[0] === '--version' || argv[0] === '-V' ? ['version', ...argv.slice(1)] : [...argv]

/** Commander says `error: unknown option '--foo'\n(Did you mean --for?)`: one sentence, then the help of that command. */
function usageFailure(error: CommanderError, next: string): CliFailure {
  const text = error.code === 'commander.help' ? 'A command is missing' : error.message.replace(/^error: /, '')
  const sentence = text.charAt(0).toUpperCase() + text.slice(1).replace(/\s*\n\s*/g, ' ')
  return new CliFailure({ message: withoutPeriod(sentence), next, code: 'usage' })
}

async function failureOf(error: unknown, next: string): Promise<CliFailure> {
  if (error instanceof CliFailure) return error
  const { ApiProblem, ServerLost } = await import('./api-client.ts')
  if (error instanceof ServerLost) {
    return new CliFailure({ message: error.message, next: 'npx tallystick doctor', code: 'server_lost', cause: error })
  }
  if (error instanceof ApiProblem) {
    return new CliFailure({
      message: withoutPeriod(error.message),
      next: error.status === 401 || error.status === 403 || error.status >= 500 ? 'npx tallystick doctor' : next,
      exitCode: exitCodeOf(error.status),
      code: error.code,
      cause: error,
    })
  }
  return new CliFailure({
    message: `Tallystick has a bug here: ${withoutPeriod(error instanceof Error ? error.message : String(error))}`,
    next: 'npx tallystick doctor',
    code: 'bug',
    cause: error,
  })
}

/** "There is no such payment" and "the checkout is paid already" are answers; the rest is a request that was not right. */
const exitCodeOf = (status: number): ExitCode => (status === 404 || status === 409 ? EXIT.negative : EXIT.unusable)

function report(failure: CliFailure, argv: readonly string[], io: Io): void {
  io.stderr.write(`${printable(failure.message)}; run: ${failure.next}\n`)
  if (argv.includes('--json')) {
    const { code, message, next, facts } = failure
    const document = { error: { code, message, next }, ...facts }
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }
}
