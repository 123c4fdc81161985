import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from './api-client.ts'
import type { ApiBreak, ApiRun } from './api-night-types.ts'
import type { ApiPage } from './api-types.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT, withoutPeriod } from './failure.ts'
import { createWaiting } from './progress.ts'
import { printRun, progressText } from './runs-get.ts'

export type StartOptions = { readonly source: string; readonly date: string; readonly wait: boolean }

/** `fileMs`: until a file that was handed in a moment ago is found; `endMs`: a night of millions of records takes minutes. */
export type Patience = { readonly pollMs: number; readonly fileMs: number; readonly endMs: number }
const PATIENCE: Patience = { pollMs: 250, fileMs: 5_000, endMs: 30 * 60_000 }

/** Asks for the run of a day and waits for its end. Sent again, it is the same run. */
export async function runsStart(
  context: Context,
  { source, date, wait }: StartOptions,
  patience: Patience = PATIENCE,
): Promise<number> {
  const client = await context.client()
  const { body } = await client.post<ApiRun>('/v1/recon_runs', { source, business_date: date })
  const run = wait ? await waitedFor(context, client, body, patience) : body
  context.show(run, () => printRun(context.output, run))
  return wait ? verdict(context, client, run) : EXIT.ok
}

async function waitedFor(
  context: Context,
  client: ApiClient,
  asked: ApiRun,
  { pollMs, fileMs, endMs }: Patience,
): Promise<ApiRun> {
  const waiting = createWaiting(context.io, `reconciling ${asked.source} of ${asked.business_date}`)
  const from = performance.now()
  try {
    for (let run = asked; ; run = await client.get<ApiRun>(`/v1/recon_runs/${run.id}`)) {
      const passedMs = performance.now() - from
      const progress = progressText(run)
      if (progress !== undefined) waiting.at(progress)
      if (run.status === 'completed' || run.status === 'failed') return run
      if (run.status === 'waiting_for_file' && passedMs > fileMs) return run
      if (run.status === 'queued' && passedMs > fileMs) await refuseBehindAnother(client, run)
      if (passedMs > endMs) throw unfinished(run)
      await delay(pollMs)
    }
  } finally {
    waiting.stop()
  }
}

const unfinished = (run: ApiRun): CliFailure =>
  new CliFailure({
    message: `The run of ${run.business_date} is still ${run.status}`,
    next: `npx tallystick runs get ${run.id}`,
    exitCode: EXIT.negative,
    code: 'run_unfinished',
    facts: { run },
  })

/** Days are done in order: behind one that waits or failed, a run stays queued however long it is waited for. */
async function refuseBehindAnother(client: ApiClient, run: ApiRun): Promise<void> {
  for (const status of ['waiting_for_file', 'failed'] as const) {
    const query = { source: run.source, status, limit: 200 }
    const { data } = await client.get<ApiPage<ApiRun>>('/v1/recon_runs', query)
    const earlier = data.findLast(({ business_date }) => business_date < run.business_date)
    if (earlier === undefined) continue
    throw new CliFailure({
      message: `The run of ${run.business_date} is queued behind that of ${earlier.business_date}, which is ${status}`,
      next: `npx tallystick runs get ${earlier.id}`,
      exitCode: EXIT.negative,
      code: 'run_queued',
      facts: { run },
    })
  }
}

async function verdict({ output }: Context, client: ApiClient, run: ApiRun): Promise<number> {
  if (run.status === 'waiting_for_file') {
    output.note(`there is no accepted file of ${run.business_date} yet; run: npx tallystick files list`)
    return EXIT.negative
  }
  if (run.status === 'failed') {
    output.note(`it failed: ${withoutPeriod(run.failure ?? 'no reason is known')}; run: npx tallystick doctor`)
    return EXIT.negative
  }
  const query = { run: run.id, class: 'real', state: 'open', limit: 1 }
  const real = await client.get<ApiPage<ApiBreak>>('/v1/breaks', query)
  const explained = run.proof.every(({ unexplained }) => BigInt(unexplained) === 0n)
  if (real.data.length === 0 && explained) return EXIT.ok
  output.note(
    `${explained ? 'real breaks stand' : 'money is unexplained'}; run: npx tallystick breaks list --run ${run.id} --class real`,
  )
  return EXIT.negative
}
