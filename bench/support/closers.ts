/** What has to be ended or removed, the last first, whether the benchmark ends, fails or is interrupted. */
export type Closers = {
  readonly add: (close: () => Promise<void>) => void
  readonly closeAll: () => Promise<void>
}

export function createClosers(): Closers {
  const closers: (() => Promise<void>)[] = []
  return {
    add: (close) => void closers.push(close),
    async closeAll() {
      for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
        // Everything else has to be ended all the same.
        await close().catch((error: unknown) => console.error(error instanceof Error ? error.message : error))
      }
    },
  }
}

/** Runs the work; at Ctrl-C or SIGTERM everything is ended first, and then this process with the signal's exit code. */
export async function closingAfter<T>(work: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = createClosers()
  let interrupted = false
  const interrupt = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (interrupted) return
    interrupted = true
    console.error('Interrupted: ending what was started …')
    void closers.closeAll().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await work(closers)
  } catch (error) {
    // What fails because everything was ended is no failure of its own.
    if (interrupted) await new Promise(() => undefined)
    throw error
  } finally {
    if (!interrupted) await closers.closeAll()
  }
}
