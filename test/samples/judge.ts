import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compareAudit, readAudits } from './audit.ts'
import { type Check, check } from './check.ts'
import { formatOf, samplesIn } from './folders.ts'
import { compareGoldens, textAt } from './goldens.ts'
import { type Outcome, readSample, type Sample } from './read-sample.ts'
import { checkSums, checkZeros } from './sound.ts'

export type Judged = {
  readonly path: string
  readonly outcome: Outcome
  readonly sample: Sample
  readonly checks: readonly Check[]
}

/** Reads every sample of a folder with the product, and checks what it printed. */
export async function judgeFolder(samples: string, name: string): Promise<Judged[]> {
  const folder = join(samples, name)
  const audits = readAudits(textAt(join(folder, 'CONTROL_TOTALS.txt')) ?? '')
  const judged: Judged[] = []
  for (const path of samplesIn(folder)) {
    const sample = await readSample(join(folder, path))
    const audit = audits.get(path)
    const text = path.endsWith('.xlsx') ? '' : readFileSync(join(folder, path), 'latin1')
    const checks = [
      check('format', 'the format', formatOf(name, path, audit), sample.reading.format),
      ...(audit === undefined ? [] : compareAudit(audit, sample)),
      ...compareGoldens(folder, path, sample.reading),
      ...checkSums(sample.reading),
      ...checkZeros(sample.reading, text),
    ]
    judged.push({ path, outcome: sample.outcome, sample, checks })
  }
  return judged
}
