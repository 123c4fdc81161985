import { type Io, isLive } from './io.ts'

/** Without a terminal: often enough to see that it lives, rarely enough not to fill a log. */
const PLAIN_INTERVAL_MS = 10_000
const SPINNER_INTERVAL_MS = 100
const SPINNER_FRAMES = ['|', '/', '-', '\\'] as const
const CLEAR_LINE = '\r\u001b[K'

export type Progress = {
  readonly update: (done: number) => void
  /** A line that stays, above the bar. */
  readonly note: (text: string) => void
  readonly stop: () => void
}

/** Progress of countable work, on stderr: a bar on a terminal, else one line every 10 seconds. */
export async function createProgress(io: Io, what: string, total: number): Promise<Progress> {
  return isLive(io, io.stderr) ? await createBar(io, what, total) : createLines(io, what, total)
}

async function createBar(io: Io, what: string, total: number): Promise<Progress> {
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: `${what} [{bar}] {percentage}% | {value}/{total} | {duration_formatted} | ETA {eta_formatted}`,
    stream: io.stderr,
    barsize: 30,
    gracefulExit: false,
    forceRedraw: true,
  })
  bar.start(total, 0)
  return {
    update: (done) => bar.update(done),
    note: (text) => void io.stderr.write(`${CLEAR_LINE}${text}\n`),
    stop: () => bar.stop(),
  }
}

function createLines(io: Io, what: string, total: number): Progress {
  const startedAt = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const percent = total === 0 ? 100 : Math.floor((done / total) * 100)
    io.stderr.write(`${what}: ${done} of ${total} (${percent} %), ${secondsSince(startedAt)} s\n`)
  }, PLAIN_INTERVAL_MS)
  timer.unref()
  return {
    update: (value) => {
      done = value
    },
    note: (text) => void io.stderr.write(`${text}\n`),
    stop: () => clearInterval(timer),
  }
}

const secondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) / 1000)

export type Waiting = {
  /** Says what it is at. */
  readonly at: (what: string) => void
  readonly stop: () => void
}

/** For work whose end nobody knows: a spinner with the time passed on a terminal, else one line every 10 seconds. */
export function createWaiting(io: Io, what: string): Waiting {
  let at = ''
  const startedAt = performance.now()
  const live = isLive(io, io.stderr)
  let frame = 0
  const timer = setInterval(
    () => {
      if (!live) io.stderr.write(`${what}${at}, ${secondsSince(startedAt)} s\n`)
      else
        io.stderr.write(
          `${CLEAR_LINE}${SPINNER_FRAMES[frame++ % SPINNER_FRAMES.length]} ${what}${at}, ${secondsSince(startedAt)} s`,
        )
    },
    live ? SPINNER_INTERVAL_MS : PLAIN_INTERVAL_MS,
  )
  timer.unref()
  let stopped = false
  return {
    at: (text) => {
      at = `: ${text}`
    },
    stop: () => {
      if (stopped) return
      stopped = true
      clearInterval(timer)
      if (live) io.stderr.write(CLEAR_LINE)
    },
  }
}
