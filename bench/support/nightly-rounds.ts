import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createAccountDirectory } from '../../src/ledger/index.ts'
import { wallClock } from '../../src/platform/clock.ts'
import { createDb } from '../../src/platform/db.ts'
import { matchRun } from '../../src/reconciliation/runs/match-run.ts'
import { postRun } from '../../src/reconciliation/runs/post-run.ts'
import { ensureRun, getRun, type RunInProgress, startRun } from '../../src/reconciliation/runs/run.ts'
import { receiveFile, simulatorCsv } from '../../src/settlement/index.ts'
import type { Closers } from './closers.ts'
import { type Deployment, requireSound, startDeployment } from './deployment.ts'
import type { Place } from './machine.ts'
import { joinInPostgres } from './nightly-baseline.ts'
import type { Options } from './options.ts'
import { ratioOf, say } from './report.ts'
import { storePayments } from './seed.ts'
import { writeSettlementFile } from './settlement-file.ts'
import { SOURCE } from './source.ts'
import { type Round, round, roundOf, type Spread, spreadOf } from './statistics.ts'

export type NightRun = {
  readonly settings: Readonly<Record<string, string | number>> & { readonly data: string; readonly lines: number }
  /** Seconds. A ratio below 1 means that our run is the faster one. */
  readonly rounds: readonly Round[]
  readonly ratio: Spread
  /** Processor milliseconds of a round, the median: our run in the process that compares and in PostgreSQL, and the other side. */
  readonly cpu_ms: { readonly process: number; readonly postgres: number; readonly baseline: number }
  readonly intake_lines_per_second: number
  readonly booked_lines_per_second: number
  /** Of the process that compares, which is this one: the most that it ever held, the intake included. */
  readonly peak_rss_mb: number
  readonly counts: Readonly<Record<string, number>>
}

export async function measureNights(options: Options, place: Place, closers: Closers): Promise<NightRun> {
  const { lines, rounds: wanted } = options
  const deployment = await startDeployment(place.folder, closers)
  const began = new Date()
  await storePayments(deployment, Math.ceil(lines / 2))
  const day = began.toISOString().slice(0, 10)
  assert.equal(
    new Date().toISOString().slice(0, 10),
    day,
    'the payments were stored on one day: run it again after midnight',
  )
  const folder = mkdtempSync(join(place.folder, 'tallystick-bench-night-'))
  closers.add(async () => rmSync(folder, { recursive: true, force: true }))
  const work = await openWork(deployment, folder, closers)

  const written = await writeSettlementFile(deployment.database, day, folder)
  say(`a file of ${written.lines} lines`)
  const intakeBegan = performance.now()
  const { file } = await receiveFile(work, {
    source: SOURCE.name,
    name: 'bench.csv',
    via: 'uploaded',
    bytes: createReadStream(written.path),
    formats: [simulatorCsv],
  })
  assert.equal(file.status, 'accepted', file.rejection ?? '')
  const intakeMs = performance.now() - intakeBegan
  say(`taken in, ${Math.round((written.lines / intakeMs) * 1_000)} lines/s`)

  const { id } = await ensureRun(work.db, SOURCE, day, began)
  await startRun(
    work.db,
    { id, source: SOURCE.name },
    { fileId: file.id, at: began, settings: SOURCE, ruleVersion: null },
  )
  const rounds: Round[] = []
  const cpu: NightRun['cpu_ms'][] = []
  for (let n = 1; n <= wanted; n += 1) {
    const [before, own] = [deployment.cpu().postgres, process.cpuUsage()]
    const ours = await seconds(async () => matchRun(work, SOURCE, await runOf(work, id), () => true))
    const [between, { user, system }] = [deployment.cpu().postgres, process.cpuUsage(own)]
    const baseline = await joinInPostgres(deployment.database, written.linesPath, SOURCE)
    rounds.push(roundOf(ours, baseline.seconds))
    cpu.push({
      process: Math.round((user + system) / 1_000),
      postgres: between - before,
      baseline: deployment.cpu().postgres - between,
    })
    const run = await runOf(work, id)
    assert.equal(Number(run.breaks), baseline.breaks, 'both find as many breaks')
    say(`round ${n}: ${round(ours)} s beside ${round(baseline.seconds)} s, ${run.breaks} breaks`)
    if (n < wanted) await forgetMatch(deployment, id)
  }
  const postBegan = performance.now()
  await postRun(work, SOURCE, await runOf(work, id), () => true)
  const postMs = performance.now() - postBegan
  const run = await runOf(work, id)
  assert.equal(run.status, 'completed')
  await requireSound(deployment)
  return {
    settings: { ...deployment.settings, data: place.data, file_system: place.fileSystem, lines: written.lines },
    rounds,
    ratio: ratioOf(rounds),
    cpu_ms: {
      process: spreadOf(cpu.map((each) => each.process)).median,
      postgres: spreadOf(cpu.map((each) => each.postgres)).median,
      baseline: spreadOf(cpu.map((each) => each.baseline)).median,
    },
    intake_lines_per_second: Math.round((written.lines / intakeMs) * 1_000),
    booked_lines_per_second: Math.round((written.lines / postMs) * 1_000),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1_024),
    counts: {
      ours: Number(run.ours),
      theirs: Number(run.theirs),
      matched: Number(run.matched),
      breaks: Number(run.breaks),
    },
  }
}

async function openWork(deployment: Deployment, folder: string, closers: Closers) {
  const db = createDb({ url: deployment.databaseUrl, schema: 'tallystick', applicationName: 'bench' })
  closers.add(() => db.end())
  const moneyDb = createDb({
    url: deployment.databaseUrl,
    schema: 'tallystick',
    applicationName: 'bench',
    hotPath: true,
  })
  closers.add(() => moneyDb.end())
  return {
    db,
    moneyDb,
    directory: createAccountDirectory(moneyDb),
    clock: wallClock,
    log: pino({ level: 'warn' }, pino.destination(2)),
    scratch: join(folder, 'scratch'),
    // Every charge of the file is booked already: there is nothing that the file could tell.
    record: async () => 'refused' as const,
  }
}

async function runOf({ db }: { readonly db: ReturnType<typeof createDb> }, id: string): Promise<RunInProgress> {
  const run = await getRun(db, id)
  assert(run !== undefined, 'the run is there')
  return run
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1_000
}

/** Takes back what comparing wrote, so that the same run can be compared again. The owner may, with its triggers off. */
async function forgetMatch({ database }: Deployment, runId: string): Promise<void> {
  await database.query(`
    alter table recon_break_event disable trigger all;
    alter table recon_break disable trigger all;
    delete from recon_break_event; delete from recon_break;
    alter table recon_break_event enable trigger all;
    alter table recon_break enable trigger all`)
  await database.query(`update recon_run set phase = 'match' where id = $1`, [runId])
}
