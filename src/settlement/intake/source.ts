import type { AnyFormat } from '../formats/format.ts'
import { FORMATS } from '../formats/index.ts'
import type { AnyTableProfile, Profile } from '../formats/table/profile.ts'
import { mappedDetects, mappedFormat, mappedTables } from '../formats/table/table.ts'

/** Who sends settlement files besides the PSPs that are reconciled: a bank, or a PSP whose reports come as files. */
export type IntakeSource = {
  readonly name: string
  readonly formats: readonly AnyFormat[]
  /** IANA zone: of times that come without one, and of the days on which files are expected. */
  readonly zone: string
  /** Undefined: files are uploaded only. */
  readonly collect: Collect | undefined
  readonly everyMinutes: number
  readonly expected: Expected | undefined
}

/** Where files are fetched from. `pattern` is a glob over names: `*` is any characters, `?` is one. */
export type Collect = { readonly pattern: string; readonly pgp: PgpKey | undefined } & (FolderPlace | SftpPlace)

export type FolderPlace = { readonly kind: 'folder'; readonly folder: string }

export type SftpPlace = {
  readonly kind: 'sftp'
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly user: string
  /**
   * Secrets stand in files, which are read anew for each connection, so that they can be replaced at any time. A key has no
   * passphrase: it would stand beside it, and to try it keeps a process from everything else for a second.
   */
  readonly secret:
    | { readonly kind: 'private_key'; readonly file: string }
    | { readonly kind: 'password'; readonly file: string }
  /** SHA-256 of the server's public key, in base64 without padding. */
  readonly hostKeySha256: string
}

export type PgpKey = { readonly privateKeyFile: string; readonly passphraseFile: string | undefined }

/** On each of `days` (1 is Monday), by the local time `by` (HH:MM), the file of the expected day before is there. */
export type Expected = { readonly by: string; readonly days: readonly number[] }

const isTable = (format: AnyFormat): boolean => 'infer' in format

/**
 * The formats of a source: those that it names, or all. With a mapping, tables of the mapping's kind are read by it and no
 * other table is taken; one of any kind is for all of them. Gives the names that are not known instead, when there are any.
 */
export function formatsOfSource(
  names: readonly string[] | undefined,
  profile: Profile | AnyTableProfile | undefined,
): { readonly formats: readonly AnyFormat[] } | { readonly unknown: readonly string[] } {
  const unknown = (names ?? []).filter((name) => !FORMATS.some((format) => format.name === name))
  if (unknown.length > 0) return { unknown }
  const named = names === undefined ? FORMATS : FORMATS.filter(({ name }) => names.includes(name))
  if (profile === undefined) return { formats: named }
  const others = named.filter((format) => !isTable(format))
  if (profile.table === undefined)
    return { formats: [...others, ...mappedTables(profile).filter(({ name }) => names?.includes(name) ?? true)] }
  const kinds = profile.table.kind === 'csv' ? (['csv', 'tsv'] as const) : [profile.table.kind]
  const mapped = kinds.map((kind) => ({ ...mappedFormat(kind, profile), detects: mappedDetects(kind, profile) }))
  return { formats: [...others, ...mapped] }
}
