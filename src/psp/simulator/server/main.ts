import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describe, StartRefusal } from './errors.ts'
import { type HttpServer, serve } from './http.ts'
import { lockBook } from './lock.ts'
import { createHandler } from './routes.ts'
import { createSimulator } from './simulator.ts'

/**
 * The PSP simulator: a payment service provider that is a program of its own, with real HTTP and its
 * own durable book, for development and tests.
 *
 *   node main.ts --book FILE [--port N] [--host ADDRESS] [--bank-folder FOLDER]
 *
 * Prints one JSON line `{"url","pid"}` once it listens. SIGTERM lets requests in flight finish and
 * exits 0. Exits 2 with one sentence when it cannot start, 1 when the book cannot be written any more.
 */
async function main(): Promise<void> {
  const options = readOptions()
  const lock = lockBook(options.book)
  let server: HttpServer | undefined
  const simulator = createSimulator({
    bookFile: lock.file,
    bankFolder: options.bankFolder,
    baseUrl: () => `http://${urlHost(options.host)}:${server?.port ?? options.port}`,
    onFailure: (error) => fail(1, `The book ${lock.file} cannot be written any more: ${describe(error)}.`),
  })
  await simulator.durable()
  server = await serve(options, createHandler(simulator))
  const listening = server
  simulator.catchUp()
  simulator.sender.wake()
  const stop = async (): Promise<void> => {
    await listening.stop()
    await simulator.stop()
    lock.release()
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop().catch(failUnforeseen))
  process.once('SIGINT', () => void stop().catch(failUnforeseen))
  // Whoever started the program may be gone; its pipes must not end it. Nothing depends on what is printed.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  process.stdout.write(`${JSON.stringify({ url: simulator.baseUrl(), pid: process.pid })}\n`)
}

function readOptions(): {
  readonly book: string
  readonly host: string
  readonly port: number
  readonly bankFolder: string | undefined
} {
  const { book, host, port, 'bank-folder': bankFolder } = readArguments()
  if (book === undefined || book === '') throw new StartRefusal('Say where the book is: --book FILE.')
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new StartRefusal(`--port must be a number from 0 to 65535, not "${port}".`)
  return { book, host, port: Number(port), bankFolder }
}

function readArguments(): {
  readonly book?: string | undefined
  readonly 'bank-folder'?: string | undefined
  readonly host: string
  readonly port: string
} {
  try {
    return parseArgs({
      options: {
        book: { type: 'string' },
        'bank-folder': { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
      },
    }).values
  } catch (error) {
    throw new StartRefusal(`${describe(error)}.`, error)
  }
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Ends the program at once: after a failed write nothing may be answered any more. */
function fail(code: number, sentence: string): never {
  try {
    writeSync(2, `${sentence}\n`)
  } catch {
    // Nobody reads stderr; the exit code still tells.
  }
  process.exit(code)
}

function failUnforeseen(error: unknown): never {
  return error instanceof StartRefusal
    ? fail(2, error.message)
    : fail(1, error instanceof Error ? String(error.stack) : describe(error))
}

main().catch(failUnforeseen)
