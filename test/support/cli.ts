import { PassThrough } from 'node:stream'
import { createContext, type SharedOptions } from '../../src/cli/context.ts'
import type { Io, Sink } from '../../src/cli/io.ts'
import { runCli } from '../../src/cli/run.ts'
import type { FakeApi } from './fake-api.ts'

export type Surroundings = {
  readonly api?: Pick<FakeApi, 'url' | 'apiKey'>
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly tty?: boolean
  readonly stdin?: string
}

export type CliResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** Collects what is written; `isTTY` as asked. */
function createSink(tty: boolean): { sink: Sink; text: () => string } {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A terminal has a width and takes cursor movements; the bar asks for both.
  const terminal = { isTTY: tty, columns: 120, cursorTo: () => true, clearLine: () => true, moveCursor: () => true }
  return { sink: Object.assign(stream, terminal), text: () => Buffer.concat(chunks).toString('utf8') }
}

/** An `Io` of a test, and what was written to it. */
export function createTestIo(around: Surroundings = {}) {
  const stdout = createSink(around.tty === true)
  const stderr = createSink(around.tty === true)
  const server =
    around.api === undefined ? {} : { TALLYSTICK_URL: around.api.url, TALLYSTICK_API_KEY: around.api.apiKey }
  const stdin = Object.assign(new PassThrough(), { isTTY: around.tty === true })
  stdin.end(around.stdin ?? '')
  const io: Io = {
    stdout: stdout.sink,
    stderr: stderr.sink,
    stdin,
    env: { ...server, ...around.env },
    cwd: around.cwd ?? '/nonexistent',
  }
  return { io, stdout: stdout.text, stderr: stderr.text }
}

/** Runs one command line in this process. */
export async function runTestCli(argv: readonly string[], around: Surroundings = {}): Promise<CliResult> {
  const { io, stdout, stderr } = createTestIo(around)
  const exitCode = await runCli(argv, io)
  return { exitCode, stdout: stdout(), stderr: stderr() }
}

/** A context for a command that a test calls itself. */
export function createTestContext(around: Surroundings, options: SharedOptions = {}) {
  const { io, stdout, stderr } = createTestIo(around)
  return { context: createContext(io, options), stdout, stderr }
}
