import type { Closers } from './closers.ts'
import { startDeployment } from './deployment.ts'
import { startLoadGenerator } from './load-process.ts'
import type { Place } from './machine.ts'
import type { Options } from './options.ts'
import { loadWithPayments, type Stretch } from './payment-load.ts'
import { type PaymentRun, requireAllSucceeded, sentenceOf, settingsOf, warmUp } from './payment-rounds.ts'
import { cpuPerUnit, ratioOf, say } from './report.ts'
import { storePayments } from './seed.ts'
import { type Round, roundOf } from './statistics.ts'

/** Rounds on a deployment that holds many payments and on one that began empty, in turn. */
export async function measureGrowth(options: Options, place: Place, closers: Closers): Promise<PaymentRun> {
  const { seconds, connections, paymentsStored } = options
  const full = await startDeployment(place.folder, closers)
  await storePayments(full, paymentsStored)
  const empty = await startDeployment(place.folder, closers)
  const generator = startLoadGenerator(closers)
  let payments = paymentsStored + (await warmUp(options, full, generator))
  let few = await warmUp(options, empty, generator)
  const stretches: Stretch[] = []
  const rounds: Round[] = []
  for (let n = 1; n <= options.rounds; n += 1) {
    const ours = await loadWithPayments(full, generator, { connections, seconds })
    const baseline = await loadWithPayments(empty, generator, { connections, seconds })
    stretches.push(ours)
    rounds.push(roundOf(ours.perSecond, baseline.perSecond))
    payments += ours.units
    few += baseline.units
    say(sentenceOf(n, rounds.at(-1), ours))
  }
  await requireAllSucceeded(empty, few)
  return {
    settings: {
      ...settingsOf(options, place),
      ...full.settings,
      payments_stored: paymentsStored,
      baseline: 'a deployment that began empty, on the same machine in turn',
    },
    rounds,
    ratio: ratioOf(rounds),
    cpu_ms_per_unit: cpuPerUnit(stretches),
    peak_rss_mb: full.memory().peakMb,
    rss_mb: full.memory().nowMb,
    payments,
    row_counts: await requireAllSucceeded(full, payments),
  }
}
