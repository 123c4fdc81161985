import type { SideName, SideSpec } from '../side.ts'

/**
 * How both files are read and what of them is compared, field by field, with how sure that is. `sure` and `likely` are
 * used; with anything less nothing is matched until somebody says what is right.
 */
export const CONFIDENCES = ['sure', 'likely', 'guess', 'none'] as const
export type Confidence = (typeof CONFIDENCES)[number]

export const FIELDS = ['key', 'amount', 'currency', 'date'] as const
export type FieldName = (typeof FIELDS)[number]

export type Field = {
  readonly ours: string | undefined
  readonly theirs: string | undefined
  readonly confidence: Confidence
  /** Why, in words. */
  readonly reason: string
}

export type Mapping = {
  readonly fields: Readonly<Record<FieldName, Field>>
  /** Undefined as long as something is missing that matching needs. */
  readonly specs: Readonly<Record<SideName, SideSpec>> | undefined
  /** What a reader should know of what is not compared. */
  readonly notes: readonly string[]
}

export const isUsable = ({ confidence }: Field): boolean => confidence === 'sure' || confidence === 'likely'

/** Fields that somebody has to say before anything is matched. A file without dates can be matched, one of two minds cannot. */
export const openFields = ({ fields }: Mapping): readonly FieldName[] =>
  FIELDS.filter((name) => (name === 'date' ? fields.date.confidence === 'guess' : !isUsable(fields[name])))

/** `ours=col,theirs=col` of the flags, by field. */
export type Overrides = Readonly<Partial<Record<FieldName, Readonly<Partial<Record<SideName, string>>>>>>
