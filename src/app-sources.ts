import type { Psp } from './psp/index.ts'
import type { ReconciledSource, Source } from './reconciliation/index.ts'
import { FORMATS, simulatorCsv } from './settlement/index.ts'

/**
 * What the simulator's files are reconciled by. Every day is a business day, and a record is awaited until the file of the
 * day after its own.
 */
const SIMULATOR: Omit<Source, 'name'> = {
  zone: 'UTC',
  cutOff: '00:00',
  dayNamedBy: 'start',
  graceMinutes: 15,
  lagDays: 1,
  feeSchedule: { ratePpm: 29_000, fixed: 30n },
}

/** The source of a PSP that hands out settlement files. */
export const reconciledSource = ({ name, settlementFiles }: Psp): readonly ReconciledSource[] =>
  settlementFiles === undefined
    ? []
    : [{ source: { ...SIMULATOR, name }, origin: settlementFiles, formats: [simulatorCsv] }]

/** The formats that can be read, each with who sends it. */
export function formatsOf(
  sources: readonly ReconciledSource[],
): readonly { readonly format: string; readonly title: string; readonly sources: readonly string[] }[] {
  return FORMATS.map((each) => ({
    format: each.name,
    title: each.title,
    sources: sources
      .filter(({ formats }) => formats.some(({ name }) => name === each.name))
      .map(({ source }) => source.name),
  }))
}
