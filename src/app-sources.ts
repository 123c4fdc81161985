import type { MappingDeclaration, SourceDeclaration } from './config-sources.ts'
import type { SettlementFiles } from './http/index.ts'
import type { Db } from './platform/db.ts'
import { Refusal } from './platform/errors.ts'
import { StartRefusal } from './platform/start-refusal.ts'
import type { Psp } from './psp/index.ts'
import { sourceMapping, UnreadableInput } from './recon/index.ts'
import {
  type BankSource,
  lateSources,
  type ReconciledSource,
  type Reconciliation,
  type Source,
} from './reconciliation/index.ts'
import {
  type AnyTableProfile,
  FORMATS,
  formatsOfSource,
  type Intake,
  type IntakeSource,
  lastFiles,
  type Profile,
  ProfileError,
  parseProfile,
  type SourceState,
  simulatorCsv,
} from './settlement/index.ts'

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

/**
 * The declared sources with the formats that they name. Throws a `StartRefusal` for what only the whole program knows: a
 * format that nobody reads, a mapping that is none, a name that a PSP has.
 */
export function intakeSources(
  declared: readonly SourceDeclaration[],
  pspNames: readonly string[],
): readonly IntakeSource[] {
  return declared.map((declaration, index) => {
    const { mapping, formats: names, settles: _, ...source } = declaration
    const at = `sources[${index}] ("${source.name}")`
    if (pspNames.includes(source.name))
      throw new StartRefusal(`${at}: name must be its own; it is that of a PSP, whose files are collected by itself.`)
    const profile = mapping && profileOf(mapping, at)
    const found = formatsOfSource(names, profile)
    if ('formats' in found) return { ...source, formats: found.formats }
    const known = FORMATS.map(({ name }) => name).join(', ')
    throw new StartRefusal(`${at}: formats must be of ${known}; there is no ${found.unknown.join(', ')}.`)
  })
}

/** The declared sources that are bank accounts of PSPs. Throws a `StartRefusal` for a PSP that is none, or that another bank has. */
export function bankSources(
  declared: readonly SourceDeclaration[],
  pspNames: readonly string[],
): readonly BankSource[] {
  const bankOf = new Map<string, string>()
  return declared.flatMap(({ name, zone, settles }, index) => {
    if (settles === undefined) return []
    const at = `sources[${index}] ("${name}").settles.psps`
    for (const psp of settles.psps) {
      if (!pspNames.includes(psp))
        throw new StartRefusal(
          `${at} must be of ${pspNames.join(', ') || 'no PSP, because there is none'}; it has ${psp}.`,
        )
      const other = bankOf.get(psp)
      if (other !== undefined)
        throw new StartRefusal(`${at} has ${psp}, whose payouts are those of "${other}" already.`)
      bankOf.set(psp, name)
    }
    const { days, holidays, ...its } = settles
    return [{ name, zone, ...its, calendar: { days, holidays } }]
  })
}

/** A mapping of `parse` is JSON, and one of `recon` has a side for each of two files. */
function profileOf({ path, text, side }: MappingDeclaration, at: string): Profile | AnyTableProfile {
  const isOfTwo = !text.trimStart().startsWith('{')
  if (side !== undefined && !isOfTwo)
    throw new StartRefusal(`${at}: mapping_side is for a mapping of two files, and ${path} is of one.`)
  try {
    return isOfTwo ? sourceMapping(text, side ?? 'theirs') : parseProfile(text)
  } catch (error) {
    if (!(error instanceof ProfileError || error instanceof UnreadableInput)) throw error
    throw new StartRefusal(`${at}: mapping must be one that files are read by; ${path}: ${error.message}.`, {
      cause: error,
    })
  }
}

type Named = { readonly name: string; readonly formats: readonly { readonly name: string }[] }

const named = (reconciled: readonly ReconciledSource[], declared: readonly IntakeSource[]): readonly Named[] => [
  ...reconciled.map(({ source, formats }) => ({ name: source.name, formats })),
  ...declared,
]

/** What the API does with sources: both kinds take uploads, and each in its own way. */
export function settlementSources(
  db: Db,
  reconciliation: Reconciliation,
  reconciled: readonly ReconciledSource[],
  intake: Intake,
): Pick<SettlementFiles, 'receive' | 'sourceNames' | 'formats' | 'sources'> {
  const all = named(reconciled, intake.sources)
  const names = all.map(({ name }) => name)
  return {
    async receive({ source: name, ...upload }) {
      if (reconciliation.sourceNames.includes(name)) return reconciliation.receive({ source: name, ...upload })
      const source = intake.sources.find((each) => each.name === name)
      if (source === undefined) throw sourceNotFound(name, names)
      const [first, ...others] = await intake.receive(source, upload)
      reconciliation.filesCame()
      if (first === undefined) throw new Error('a delivery has at least one file')
      return { ...first, others }
    },
    sourceNames: names,
    formats: formatsOf(all),
    sources: async () => [...(await reconciledStates(db, reconciled)), ...(await intake.states())],
  }
}

function sourceNotFound(name: string, names: readonly string[]): Refusal {
  const detail = `There is no source "${name}"; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}.`
  return new Refusal('source_not_found', detail, { errors: [{ pointer: '?source', detail }] })
}

async function reconciledStates(db: Db, sources: readonly ReconciledSource[]): Promise<readonly SourceState[]> {
  const names = sources.map(({ source }) => source.name)
  const [files, late] = await Promise.all([lastFiles(db, names), lateSources(db, names)])
  return sources.map(({ source: { name, zone }, formats }) => ({
    name,
    kind: 'psp',
    zone,
    formats: formats.map((format) => format.name),
    everyMinutes: undefined,
    lastFile: files.get(name),
    lastLookAt: undefined,
    lookProblem: undefined,
    nextLookAt: undefined,
    awaited: undefined,
    lateSince: late.get(name)?.since,
    overdue: Number(late.get(name)?.days ?? 0n),
  }))
}

/** The formats that can be read, each with who sends it. */
function formatsOf(
  sources: readonly Named[],
): readonly { readonly format: string; readonly title: string; readonly sources: readonly string[] }[] {
  return FORMATS.map((each) => ({
    format: each.name,
    title: each.title,
    sources: sources.filter(({ formats }) => formats.some(({ name }) => name === each.name)).map(({ name }) => name),
  }))
}
