import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { inMajorUnits } from './amounts.ts'
import type { ApiClient } from './api-client.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import { shellWord } from './import/mapping.ts'
import { createPatience, type Patience, ServerStayedAway } from './import/patience.ts'
import { type ReadFile, readCheckouts } from './import/read-file.ts'
import { sendCheckouts } from './import/send.ts'
import { settlePayments } from './import/settle.ts'
import { createTally, type Tally } from './import/tally.ts'
import { createProgress } from './progress.ts'

export type ImportOptions = {
  readonly map?: string
  readonly minor?: boolean
  readonly decimalComma?: boolean
  readonly paymentMethod: string
  readonly batch: number
  readonly concurrency: number
}

export type ImportTiming = {
  /** How long a lost server is asked again before the import gives up. */
  readonly patienceMs: number
  /** How long no payment may become final before the import stops waiting for the rest. */
  readonly idleMs: number
}

const TIMING: ImportTiming = { patienceMs: 10_000, idleMs: 30_000 }
/** Smaller files are read before a bar could be seen. */
const READING_BAR_BYTES = 5_000_000
const MEGABYTE = 1_000_000

/**
 * Replays a CSV of checkout lines, one payment event per checkout. The whole file is read and checked
 * before the first request. Every request may be sent again, so that a second or interrupted run
 * creates nothing twice.
 */
export async function checkoutsImport(
  context: Context,
  file: string,
  options: ImportOptions,
  timing: ImportTiming = TIMING,
): Promise<number> {
  const read = await readFile(context, file, options)
  const { checkouts, orders, sellers } = read.book.size()
  context.output.note(`${file}: ${read.lines} lines, ${checkouts} checkouts, ${orders} orders, ${sellers} sellers`)

  const client = await context.client()
  const tally = createTally()
  try {
    const job = { context, client, tally, options, timing }
    await send(job, read)
    await settle(job)
  } catch (error) {
    throw error instanceof ServerStayedAway ? lostServer(error, context, file, options, tally, checkouts) : error
  }
  report(context, read, tally)
  return tally.failed > 0 || tally.open.length > 0 ? EXIT.negative : EXIT.ok
}

async function readFile(context: Context, file: string, options: ImportOptions): Promise<ReadFile> {
  const path = resolve(context.io.cwd, file)
  const bytes = await stat(path).then(
    (found) => found.size,
    // A file that is not there is reported by the reading itself.
    () => 0,
  )
  const megabytes = Math.ceil(bytes / MEGABYTE)
  const progress = bytes > READING_BAR_BYTES ? await createProgress(context.io, 'reading, MB', megabytes) : undefined
  try {
    return await readCheckouts({
      file,
      path,
      map: options.map,
      minor: options.minor === true,
      decimalComma: options.decimalComma === true,
      onBytes: (done) => progress?.update(Math.ceil(done / MEGABYTE)),
    })
  } finally {
    progress?.stop()
  }
}

type Job = {
  readonly context: Context
  readonly client: ApiClient
  readonly tally: Tally
  readonly options: ImportOptions
  readonly timing: ImportTiming
}

async function send(job: Job, { book }: ReadFile): Promise<void> {
  const { paymentMethod, batch, concurrency } = job.options
  const { client, tally } = job
  await withProgress(job, 'checkouts accepted', book.size().checkouts, (onProgress, patience) =>
    sendCheckouts({ client, book, tally, patience, paymentMethod, batch, concurrency, onProgress }),
  )
}

async function settle(job: Job): Promise<void> {
  const { client, tally, timing } = job
  if (tally.open.length === 0) return
  const { concurrency } = job.options
  await withProgress(job, 'payments final', tally.open.length, (onProgress, patience) =>
    settlePayments({ client, tally, patience, concurrency, idleMs: timing.idleMs, onProgress }),
  )
}

async function withProgress(
  job: Job,
  what: string,
  total: number,
  work: (onProgress: (done: number) => void, patience: Patience) => Promise<void>,
): Promise<void> {
  const progress = await createProgress(job.context.io, what, total)
  try {
    await work(progress.update, createPatience({ patienceMs: job.timing.patienceMs, mention: progress.note }))
  } finally {
    progress.stop()
  }
}

/** The command that goes on where this one stopped: the same one, because it creates nothing twice. */
function resumeCommand(context: Context, file: string, options: ImportOptions): string {
  const words = ['npx tallystick checkouts import', shellWord(file)]
  if (options.map !== undefined) words.push('--map', shellWord(options.map))
  if (options.minor === true) words.push('--minor')
  if (options.decimalComma === true) words.push('--decimal-comma')
  words.push('--payment-method', shellWord(options.paymentMethod))
  words.push('--batch', String(options.batch), '--concurrency', String(options.concurrency))
  if (context.home !== undefined) words.push('--home', shellWord(context.home))
  if (context.json) words.push('--json')
  return words.join(' ')
}

function lostServer(
  error: ServerStayedAway,
  context: Context,
  file: string,
  options: ImportOptions,
  tally: Tally,
  checkouts: number,
): CliFailure {
  const { created, existing, failed } = tally
  const done = created + existing + failed
  return new CliFailure({
    message: `${error.message}, for ${error.seconds} s; ${done} of ${checkouts} checkouts are in and none will be created twice`,
    next: resumeCommand(context, file, options),
    code: 'server_lost',
    facts: { created, existing, failed },
    cause: error,
  })
}

function report(context: Context, { book, lines }: ReadFile, tally: Tally): void {
  const { checkouts, orders, sellers } = book.size()
  const { created, existing, failed, failures, open } = tally
  const document = {
    created,
    existing,
    failed,
    file: { lines, checkouts, orders, sellers, amount_by_currency: Object.fromEntries(book.totals()) },
    payments: { ...Object.fromEntries(tally.byStatus), ...(open.length > 0 ? { processing: open.length } : {}) },
    amount_by_currency: Object.fromEntries(tally.captured),
    failures_by_code: Object.fromEntries(tally.failuresByCode),
    failures,
  }
  context.show(document, () =>
    context.output.fields([
      ['created', String(created)],
      ['existing', String(existing)],
      ['failed', String(failed)],
      ...Object.entries(document.payments).map(([status, count]) => [status, String(count)] as const),
      ...[...tally.captured].map(
        ([currency, sum]) => ['captured', `${inMajorUnits(sum, currency)} ${currency}`] as const,
      ),
    ]),
  )
  for (const failure of failures.slice(0, 10)) {
    context.output.note(`line ${failure.line}, checkout ${failure.checkout}: ${failure.detail} (${failure.code})`)
  }
  if (failed > 10) context.output.note(`and ${failed - 10} more; --json names the first ${failures.length}`)
  if (open.length > 0) {
    context.output.note(
      `${open.length} payments are not final yet; run: npx tallystick payments list --status processing`,
    )
  }
}
