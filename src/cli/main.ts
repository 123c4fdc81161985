import type { Io } from './io.ts'
import { runCli } from './run.ts'

/** The command line of this process: runs it and leaves its exit code in `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  closeQuietlyWhenTheReaderIsGone(process.stdout)
  closeQuietlyWhenTheReaderIsGone(process.stderr)
  const io: Io = {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
  }
  process.exitCode = await runCli(argv, io)
}

/** `tallystick payments list | head -1` closes our output early, which is no error. */
function closeQuietlyWhenTheReaderIsGone(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

if (import.meta.main) await main(process.argv.slice(2))
