import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Closers } from './closers.ts'
import type { Job, Load } from './load.ts'
import { cpuMs } from './usage.ts'

/** The load generator, a process that lives as long as the benchmark. */
export type LoadGenerator = {
  readonly run: (job: Job) => Promise<Load>
  /** Processor time that it has used, in milliseconds. */
  readonly cpuMs: () => number
}

export function startLoadGenerator(closers: Closers): LoadGenerator {
  const child = fork(fileURLToPath(new URL('load.ts', import.meta.url)), { stdio: ['ignore', 2, 2, 'ipc'] })
  closers.add(async () => void child.kill())
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const ended = (code: number | null): void => reject(new Error(`the load generator ended with ${code}`))
        child.once('exit', ended)
        child.once('message', (answer: { readonly load?: Load; readonly error?: string }) => {
          child.off('exit', ended)
          if (answer.load === undefined) reject(new Error(answer.error))
          else resolve(answer.load)
        })
        child.send(job)
      }),
    cpuMs: () => (child.pid === undefined ? 0 : cpuMs(child.pid)),
  }
}
