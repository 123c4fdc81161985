import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StartRefusal } from './platform/start-refusal.ts'

/**
 * Declared sources: whoever sends settlement files besides the PSPs, as a JSON file says it. Secrets are named by the file
 * that holds them, and never stand in it. Paths are absolute here; in the file they may be relative to it.
 */
export type SourceDeclaration = {
  readonly name: string
  /** Names of formats, most likely first. Undefined: all of them. */
  readonly formats: readonly string[] | undefined
  /** IANA zone: of times that come without one, and of the days on which files are expected. */
  readonly zone: string
  /** How tables are read, as it was saved. */
  readonly mapping: MappingDeclaration | undefined
  readonly collect: CollectDeclaration | undefined
  readonly everyMinutes: number
  readonly expected: ExpectedDeclaration | undefined
  readonly settles: SettlesDeclaration | undefined
}

/** Where it stands and what it says; and as which side, in a mapping that two files are compared by. */
export type MappingDeclaration = {
  readonly path: string
  readonly text: string
  readonly side: 'ours' | 'theirs' | undefined
}

/** It is a bank account into which PSPs pay out. Days are business days: `days` (1 is Monday) without `holidays` (ISO dates). */
export type SettlesDeclaration = {
  readonly psps: readonly string[]
  readonly account: string | undefined
  readonly days: readonly number[]
  readonly holidays: readonly string[]
  readonly lagDays: number
  readonly windowDays: number
  readonly references: 'remittance' | 'none'
  readonly recognisedBy: readonly string[]
}

/** `pattern` is a glob over names: `*` is any characters, `?` is one. */
export type CollectDeclaration = { readonly pattern: string; readonly pgp: PgpDeclaration | undefined } & (
  | { readonly kind: 'folder'; readonly folder: string }
  | ({ readonly kind: 'sftp'; readonly folder: string } & SftpDeclaration)
)

export type SftpDeclaration = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly secret:
    | { readonly kind: 'private_key'; readonly file: string }
    | { readonly kind: 'password'; readonly file: string }
  /** Base64 without padding, as `ssh-keygen -l` prints it behind `SHA256:`. */
  readonly hostKeySha256: string
}

export type PgpDeclaration = { readonly privateKeyFile: string; readonly passphraseFile: string | undefined }

/** On each of `days` (1 is Monday), by the local time `by` (HH:MM), the file of the expected day before is there. */
export type ExpectedDeclaration = { readonly by: string; readonly days: readonly number[] }

const SOURCE_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/
const HOST_KEY = /^SHA256:[A-Za-z0-9+/]{43}=?$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/
const SOURCES_MAX = 200
const TEXT_MAX = 1_000
const DAY_MINUTES = 1_440
const EVERY_MINUTES = 10
const SSH_PORT = 22
const HOLIDAYS_MAX = 1_000
const TEXTS_MAX = 50
const LAG_DAYS = 1
const WINDOW_DAYS = 5
const LONGEST_DAYS = 30
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const WEEKDAYS = [1, 2, 3, 4, 5] as const
const DAILY = [1, 2, 3, 4, 5, 6, 7] as const

/** A value of the file and where it stands, such as `sources[0].collect.folder`. */
type Field = { readonly at: string; readonly value: unknown; readonly file: string }

function wrong({ at, value, file }: Field, mustBe: string): StartRefusal {
  const found = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80)
  return new StartRefusal(`${file}: ${at || 'the file'} must be ${mustBe}; it is ${found}.`)
}

type Fields<Name extends string> = Readonly<Record<Name, Field>>

/** The fields of an object; a name that is not known is refused, because it is a setting that would do nothing. */
function fieldsOf<const Names extends readonly string[]>(field: Field, names: Names): Fields<Names[number]> {
  const { value, at, file } = field
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(field, `an object of ${names.join(', ')}`)
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const place = at === '' ? unknown : `${at}.${unknown}`
    throw new StartRefusal(`${file}: ${place} is no setting; there are ${names.join(', ')}.`)
  }
  const given = value as Readonly<Record<string, unknown>>
  const fields = names.map((name) => [name, { at: at === '' ? name : `${at}.${name}`, value: given[name], file }])
  return Object.fromEntries(fields) as Fields<Names[number]>
}

function itemsOf(field: Field, what: string, most: number): readonly Field[] {
  const { at, value, file } = field
  if (!Array.isArray(value) || value.length === 0 || value.length > most)
    throw wrong(field, `a list of 1 to ${most} ${what}`)
  return value.map((item: unknown, index) => ({ at: `${at}[${index}]`, value: item, file }))
}

function textOf(field: Field, mustBe: string, form: RegExp = /^[^\p{Cc}]+$/u): string {
  const { value } = field
  if (typeof value !== 'string' || value.length > TEXT_MAX || !form.test(value)) throw wrong(field, mustBe)
  return value
}

function wholeNumberOf(field: Field, least: number, most: number, otherwise: number): number {
  const { value } = field
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw wrong(field, `a whole number from ${least} to ${most}`)
  return value
}

const pathOf = (field: Field, what: string): string =>
  resolve(dirname(field.file), textOf(field, `the path of ${what}`))

/** The path of a file that can be read now: better found out at the start than at night. */
function readableOf(field: Field, what: string): { readonly path: string; readonly text: string } {
  const path = pathOf(field, what)
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StartRefusal(`${field.file}: ${field.at} must be a file that can be read; ${path} cannot (${code}).`, {
      cause: error,
    })
  }
}

/** A file, or the mapping itself. */
function mappingOf(field: Field, side: Field): MappingDeclaration | undefined {
  if (side.value !== undefined && side.value !== 'ours' && side.value !== 'theirs') throw wrong(side, 'ours or theirs')
  if (field.value === undefined && side.value !== undefined) throw wrong(field, `there where ${side.at} is`)
  if (field.value === undefined) return undefined
  const isInline = typeof field.value === 'object' && field.value !== null && !Array.isArray(field.value)
  const { path, text } = isInline
    ? { path: field.file, text: JSON.stringify(field.value) }
    : readableOf(field, 'a mapping')
  return { path, text, side: side.value }
}

const secretOf = (field: Field, what: string): string => readableOf(field, what).path

function zoneOf(field: Field): string {
  const mustBe = 'an IANA time zone such as Europe/Berlin'
  const zone = textOf(field, mustBe)
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw wrong(field, mustBe)
  }
}

function expectedOf(field: Field): ExpectedDeclaration {
  const { by, days } = fieldsOf(field, ['by', 'days'])
  return { by: textOf(by, 'a local time such as 09:00', TIME), days: daysOf(days) }
}

function daysOf(field: Field): readonly number[] {
  if (field.value === 'weekdays') return WEEKDAYS
  if (field.value === 'daily') return DAILY
  const mustBe = `weekdays, daily or a list of ${WEEK.join(', ')}`
  if (!Array.isArray(field.value) || field.value.length === 0) throw wrong(field, mustBe)
  const names: readonly unknown[] = WEEK
  const numbers = itemsOf(field, 'days', WEEK.length).map((item) => {
    const index = names.indexOf(item.value)
    if (index < 0) throw wrong(item, `one of ${WEEK.join(', ')}`)
    return index + 1
  })
  return [...new Set(numbers)].sort()
}

function settlesOf(field: Field): SettlesDeclaration {
  const its = fieldsOf(field, [
    'psps',
    'account',
    'days',
    'holidays',
    'lag_days',
    'window_days',
    'references',
    'recognised_by',
  ])
  const texts = (each: Field, mustBe: string, form?: RegExp): readonly string[] =>
    each.value === undefined ? [] : itemsOf(each, 'texts', TEXTS_MAX).map((item) => textOf(item, mustBe, form))
  const lagDays = wholeNumberOf(its.lag_days, 0, LONGEST_DAYS, LAG_DAYS)
  const references = its.references.value ?? 'remittance'
  if (references !== 'remittance' && references !== 'none') throw wrong(its.references, 'remittance or none')
  return {
    psps: itemsOf(its.psps, 'names of PSPs', TEXTS_MAX).map((item) => textOf(item, 'the name of a PSP', SOURCE_NAME)),
    account: optional(its.account, (each) => textOf(each, 'the account as the statements write it')),
    days: its.days.value === undefined ? WEEKDAYS : daysOf(its.days),
    holidays:
      its.holidays.value === undefined ? [] : itemsOf(its.holidays, 'days', HOLIDAYS_MAX).map((item) => dateOf(item)),
    lagDays,
    windowDays: wholeNumberOf(its.window_days, 0, LONGEST_DAYS, Math.max(WINDOW_DAYS, lagDays)),
    references,
    recognisedBy: texts(
      its.recognised_by,
      'a text of four letters or digits at least',
      /[A-Za-z0-9].*[A-Za-z0-9].*[A-Za-z0-9].*[A-Za-z0-9]/,
    ),
  }
}

function dateOf(field: Field): string {
  const mustBe = 'a day such as 2026-12-25'
  const text = textOf(field, mustBe, /^\d{4}-\d{2}-\d{2}$/)
  try {
    return Temporal.PlainDate.from(text).toString()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw wrong(field, mustBe)
  }
}

const patternOf = (field: Field): string =>
  field.value === undefined
    ? '*'
    : textOf(field, 'a pattern of names such as *.xml, without a slash', /^[^/\\\p{Cc}]+$/u)

function collectOf(field: Field): CollectDeclaration {
  const { folder, pattern, sftp, pgp } = fieldsOf(field, ['folder', 'pattern', 'sftp', 'pgp'])
  const decryption = pgp.value === undefined ? undefined : pgpOf(pgp)
  if ((folder.value === undefined) === (sftp.value === undefined)) throw wrong(field, 'either of folder and sftp')
  if (sftp.value === undefined)
    return { kind: 'folder', folder: pathOf(folder, 'a folder'), pattern: patternOf(pattern), pgp: decryption }
  if (pattern.value !== undefined)
    throw new StartRefusal(`${field.file}: ${pattern.at} stands beside folder; with sftp it is ${sftp.at}.pattern.`)
  return { kind: 'sftp', pgp: decryption, ...sftpOf(sftp) }
}

function sftpOf(field: Field): SftpDeclaration & { readonly folder: string; readonly pattern: string } {
  const its = fieldsOf(field, [
    'host',
    'port',
    'user',
    'private_key_file',
    'password_file',
    'host_key_sha256',
    'folder',
    'pattern',
  ])
  const hasKey = its.private_key_file.value !== undefined
  if (hasKey === (its.password_file.value !== undefined))
    throw wrong(field, 'an object with either of private_key_file and password_file')
  const pinned = textOf(its.host_key_sha256, 'SHA256: and 43 characters, as ssh-keygen -l prints it', HOST_KEY)
  return {
    host: textOf(its.host, 'a host name or address', /^[\w.:-]+$/),
    port: wholeNumberOf(its.port, 1, 65_535, SSH_PORT),
    user: textOf(its.user, 'the name of a user'),
    secret: hasKey
      ? { kind: 'private_key', file: secretOf(its.private_key_file, 'a private key') }
      : { kind: 'password', file: secretOf(its.password_file, 'a password') },
    hostKeySha256: pinned.slice('SHA256:'.length).replace(/=$/, ''),
    folder: textOf(its.folder, 'the path of a folder on the server'),
    pattern: patternOf(its.pattern),
  }
}

function pgpOf(field: Field): PgpDeclaration {
  const its = fieldsOf(field, ['private_key_file', 'passphrase_file'])
  return {
    privateKeyFile: secretOf(its.private_key_file, 'a private key'),
    passphraseFile: optional(its.passphrase_file, (each) => secretOf(each, 'a passphrase')),
  }
}

const optional = <T>(field: Field, read: (field: Field) => T): T | undefined =>
  field.value === undefined ? undefined : read(field)

function sourceOf(field: Field): SourceDeclaration {
  const its = fieldsOf(field, [
    'name',
    'formats',
    'zone',
    'mapping',
    'mapping_side',
    'collect',
    'every_minutes',
    'expected',
    'settles',
  ])
  return {
    name: textOf(its.name, '1 to 63 lower-case letters, digits, dots, dashes and underscores', SOURCE_NAME),
    formats: optional(its.formats, (each) =>
      itemsOf(each, 'names of formats', 50).map((item) => textOf(item, 'the name of a format such as camt.053')),
    ),
    zone: zoneOf(its.zone),
    mapping: mappingOf(its.mapping, its.mapping_side),
    collect: optional(its.collect, collectOf),
    everyMinutes: wholeNumberOf(its.every_minutes, 1, DAY_MINUTES, EVERY_MINUTES),
    expected: optional(its.expected, expectedOf),
    settles: optional(its.settles, settlesOf),
  }
}

/** Reads a file of sources. Throws a `StartRefusal` that names the field, what was wrong and what would be right. */
export function readSources(path: string): readonly SourceDeclaration[] {
  const value = parsed(path)
  const { sources } = fieldsOf({ at: '', value, file: path }, ['sources'])
  const fields = itemsOf(sources, 'sources', SOURCES_MAX)
  const declared = fields.map(sourceOf)
  declared.forEach(({ name }, index) => {
    const first = declared.findIndex((other) => other.name === name)
    if (first < index)
      throw new StartRefusal(`${path}: sources[${index}].name must be its own; sources[${first}] is "${name}", too.`)
  })
  return deepFreeze(declared)
}

function parsed(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new StartRefusal(`The sources file ${path} cannot be read (${code}): see --sources (TALLYSTICK_SOURCES).`, {
      cause: error,
    })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartRefusal(`The sources file ${path} is no JSON: ${why}.`, { cause: error })
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) deepFreeze(each)
    Object.freeze(value)
  }
  return value
}
