import { inMajorUnits } from './amounts.ts'
import type { ApiRun, ApiTolerated } from './api-night-types.ts'
import type { Integer } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import type { Output } from './output.ts'

export async function runsGet(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const run = await client.get<ApiRun>(`/v1/recon_runs/${encodeURIComponent(id)}`)
  context.show(run, () => printRun(context.output, run))
  return EXIT.ok
}

/** A count of records; empty until they were compared. */
export const countText = (count: number | null): string => (count === null ? '' : String(count))

/** How far a running run has come, such as `booking, 3000 of 12480 records`. */
export function progressText({ progress }: ApiRun): string | undefined {
  if (progress === undefined) return undefined
  const { step, records_read: read, posted, total } = progress
  if (total !== undefined) return `${step ?? 'booking'}, ${posted} of ${total} records`
  return read === undefined ? step : `${step ?? 'reading'}, ${read} records read`
}

/** The facts of a run, then the equation of each currency. */
export function printRun(output: Output, run: ApiRun): void {
  const optional = (name: string, value: string | undefined) => (value === undefined ? [] : [[name, value] as const])
  output.fields([
    ['run', run.id],
    ['source', run.source],
    ['business date', run.business_date],
    ['status', run.phase === undefined ? run.status : `${run.status}: ${run.phase}`],
    ...optional('progress', progressText(run)),
    ...optional('failed because', run.failure),
    ...optional('late since', run.late_since),
    ...optional('file', run.file),
    ['ours', countText(run.ours)],
    ['theirs', countText(run.theirs)],
    ['matched', countText(run.matched)],
    ['breaks', countText(run.breaks)],
    ...optional('completed', run.completed_at),
  ])
  if (run.proof.length === 0) return
  output.line('')
  for (const line of run.proof) output.line(equation(line, run.tolerated))
}

/** Ours − theirs of a currency, and what explains it. */
export function equation(line: ApiRun['proof'][number], tolerated: readonly ApiTolerated[] = []): string {
  const { currency } = line
  const money = (amount: Integer | bigint): string => inMajorUnits(amount, currency)
  const within = tolerated.find((each) => each.currency === currency)
  const byBreaks = BigInt(line.explained) - BigInt(within?.amount ?? 0)
  const extra = within === undefined ? '' : ` and ${money(within.amount)} within tolerance (${within.pairs} pairs)`
  const rest =
    BigInt(line.unexplained) === 0n ? 'to the cent' : `and ${money(line.unexplained)} ${currency} is UNEXPLAINED`
  return `${currency}: ours ${money(line.ours)} − theirs ${money(line.theirs)} = ${money(line.difference)}, explained by breaks: ${money(byBreaks)}${extra}, ${rest}`
}
