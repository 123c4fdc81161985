import { constants } from 'node:os'
import { OPTIONS_HELP, readConfig } from '../config.ts'
import { keepHeapSmall } from '../platform/heap.ts'
import { StartRefusal } from '../platform/start-refusal.ts'
import type { RunFile } from '../supervisor/home.ts'
import { startServer } from '../supervisor/server.ts'
import { stopSignal } from '../supervisor/stop-signal.ts'

const HELP = `Usage: tallystick start [options]        in a clone: npm start -- [options]

Runs PostgreSQL, the migrations, the PSP simulator, the API and the workers, and prints where they are.

${OPTIONS_HELP}
`

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** A terminal that was closed must not end the server: nothing depends on what it prints. */
function outliveTheTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error')
    stream.on('error', () => {})
  }
}

/** One sentence for what the caller can act on; a stack for a bug. Gives the exit code. */
function explain(error: unknown, json: boolean): number {
  const refused = error instanceof StartRefusal
  const message = error instanceof Error ? error.message : String(error)
  say(refused || !(error instanceof Error) ? message : `Tallystick has a bug here: ${error.stack ?? message}`)
  if (json)
    process.stdout.write(
      `${JSON.stringify({ error: { code: refused ? 'start_refused' : 'bug', message } }, null, 2)}\n`,
    )
  return refused ? 2 : 1
}

async function serve(argv: readonly string[]): Promise<number> {
  const config = readConfig(argv, process.env, process.cwd())
  outliveTheTerminal()
  keepHeapSmall()
  const stop = stopSignal(() => process.exit(128 + constants.signals.SIGTERM))
  // A stop during the start waits for the start, so that everything that was begun is also ended in order.
  const server = await startServer(config, say, () => import('../app.ts'))
  if (config.demo) await seed(server.run)
  const failure = await Promise.race([stop.then(() => undefined), server.failed])
  say(failure ?? 'Stopping: finishing what is under way …')
  await server.stop()
  say('Stopped.')
  return failure === undefined ? 0 : 1
}

/** The server serves whether or not the demo can be seeded. */
async function seed(run: RunFile): Promise<void> {
  const [{ createApiClient }, { seedDemo }] = await Promise.all([import('./api-client.ts'), import('./demo-seed.ts')])
  const client = createApiClient({ url: run.url, apiKey: run.api_key ?? '' })
  try {
    const { created, existing, refused } = await seedDemo(client)
    say(`Demo data: ${created} payments made, ${existing} were there, ${refused.length} refused.`)
  } catch (error) {
    say(`The demo data could not be seeded: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await client.close()
  }
}

/** Runs the server until it is told to stop, and then ends the process: 0 stopped, 1 a failure, 2 it cannot start. */
export async function runStart(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(HELP)
    return
  }
  let exitCode: number
  try {
    exitCode = await serve(argv)
  } catch (error) {
    exitCode = explain(error, argv.includes('--json'))
  }
  process.exit(exitCode)
}
