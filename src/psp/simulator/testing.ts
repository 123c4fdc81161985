import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { simulatorProgram } from './program.ts'

/** A simulator that runs as a process of its own, for tests. */
export type RunningSimulator = {
  readonly url: string
  readonly pid: number
  readonly bookFile: string
  /** SIGKILL; resolves when it is gone. The book stays. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves with the exit code. Removes the book's folder when `startSimulator` made it. */
  readonly stop: () => Promise<number | null>
}

/** Starts the real program and resolves once it listens. Rejects with what it said when it does not start. */
export async function startSimulator(
  options: { readonly bookFile?: string; readonly port?: number; readonly bankFolder?: string } = {},
): Promise<RunningSimulator> {
  const folder = options.bookFile === undefined ? await mkdtemp(join(tmpdir(), 'psp-simulator-')) : undefined
  const bookFile = options.bookFile ?? join(folder ?? '', 'book.ndjson')
  const child = spawn(
    process.execPath,
    [
      ...[simulatorProgram(), '--book', bookFile, '--port', String(options.port ?? 0), '--host', '127.0.0.1'],
      ...(options.bankFolder === undefined ? [] : ['--bank-folder', options.bankFolder]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const exited = once(child, 'exit')
  // A test that fails before it stops the simulator must not leave it behind.
  const killAtEnd = (): void => void child.kill('SIGKILL')
  process.once('exit', killAtEnd)
  child.once('exit', () => process.off('exit', killAtEnd))
  const { url, pid } = await readyLine(child)
  return {
    url,
    pid,
    bookFile,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      await exited
      if (folder !== undefined) await rm(folder, { recursive: true })
      return child.exitCode
    },
  }
}

async function readyLine(child: ChildProcess): Promise<{ readonly url: string; readonly pid: number }> {
  let complaint = ''
  child.stderr?.on('data', (piece: Buffer) => {
    complaint = (complaint + piece.toString()).slice(-10_000)
  })
  const { stdout } = child
  if (stdout === null) throw new Error('the simulator was started without a pipe')
  for await (const line of createInterface({ input: stdout })) {
    return JSON.parse(line)
  }
  if (child.exitCode === null) await once(child, 'exit')
  throw new Error(`the simulator ended with ${child.exitCode}: ${complaint.trim()}`)
}

/** A charge as `GET /book` shows it. */
export type BookCharge = {
  readonly id: string
  readonly reference: string
  readonly idempotency_key: string
  readonly amount: number
  readonly amount_captured: number
  readonly currency: string
  readonly status: 'captured' | 'authorised' | 'declined' | 'pending' | 'voided' | 'requires_action'
  readonly created_at: string
  readonly occurred_at: string
}

/** Every charge in the simulator's book. */
export async function readBook(url: string): Promise<readonly BookCharge[]> {
  const { charges }: { charges: BookCharge[] } = JSON.parse(await (await fetch(`${url}/book`)).text())
  return charges
}

/** One call of the simulator's own API. */
export async function callSimulator(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> }> {
  const answer = await fetch(url + path, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  })
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) }
}
