import { type FieldError, Refusal } from '../platform/errors.ts'
import { abridge } from './abridge.ts'
import { amountHint, tooLarge } from './amount-hint.ts'
import { escapeSegment, valuesAlong } from './pointer.ts'

/** What Ajv says about one rule that was broken. `parentSchema` is there because its option `verbose` is on. */
export type BrokenRule = {
  readonly keyword: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string | undefined
  readonly parentSchema?: unknown
  readonly propertyName?: string
}

type Part = 'body' | 'querystring' | 'params' | 'headers'

// More would not be read; the first ones say what is wrong with the rest.
const REPORTED_MAX = 50

/** The refusal for a part of the request that its schema does not take. `prefix` is where `value` stands in the body. */
export function refusalOfRules(rules: readonly BrokenRule[], part: Part, value: unknown, prefix = ''): Refusal {
  const told = rules.filter(({ keyword }) => keyword !== 'propertyNames' && keyword !== 'anyOf')
  const relevant = told.length === 0 ? rules : told
  const errors = relevant.slice(0, REPORTED_MAX).map((rule) => fieldError(rule, part, value, prefix))
  return fieldsRefused(codeOf(part, relevant), errors, relevant.length)
}

function codeOf(
  part: Part,
  rules: readonly BrokenRule[],
): 'invalid_request' | 'unknown_parameter' | 'invalid_parameter' {
  if (part === 'body') return 'invalid_request'
  return rules.some(({ keyword }) => keyword === 'additionalProperties') ? 'unknown_parameter' : 'invalid_parameter'
}

/** A refusal that names fields: its own sentence is that of the only field, or of the first and how many there are. */
export function fieldsRefused(
  code: 'invalid_request' | 'unknown_parameter' | 'invalid_parameter',
  errors: readonly FieldError[],
  count = errors.length,
): Refusal {
  const [first] = errors
  const where = first === undefined || first.pointer === '' ? 'the body' : first.pointer
  const others = count > 1 ? ` (and ${count - 1} more in errors)` : ''
  const detail = `${where}: ${first?.detail ?? 'not right.'}${others}`
  return new Refusal(code, detail, { errors: errors.slice(0, REPORTED_MAX) })
}

function fieldError(rule: BrokenRule, part: Part, root: unknown, prefix: string): FieldError {
  const path = rule.instancePath + addition(rule)
  const along = valuesAlong(root, path)
  const reached = along.length === path.split('/').length
  const value = reached ? along.at(-1) : undefined
  const detail = detailOf(rule, { name: path.split('/').at(-1) ?? '', value, currency: currencyNear(along), part })
  return { pointer: pointerOf(part, prefix + path), detail }
}

/** The field that a rule is about when Ajv names the object around it. */
function addition({ keyword, params, propertyName }: BrokenRule): string {
  const { missingProperty, additionalProperty } = params
  if (keyword === 'required') return `/${escapeSegment(String(missingProperty))}`
  if (keyword === 'additionalProperties') return `/${escapeSegment(shortened(String(additionalProperty)))}`
  return propertyName === undefined ? '' : `/${escapeSegment(shortened(propertyName))}`
}

const shortened = (name: string): string => (name.length <= 64 ? name : `${name.slice(0, 64).toWellFormed()}…`)

function pointerOf(part: Part, path: string): string {
  if (part === 'querystring') return `?${path.slice(1)}`
  return part === 'params' ? `{${path.slice(1)}}` : path
}

/** The currency that the nearest object on the way to a field names. */
function currencyNear(along: readonly unknown[]): string | undefined {
  for (const value of along.toReversed()) {
    if (typeof value !== 'object' || value === null || !('currency' in value)) continue
    if (typeof value.currency === 'string') return value.currency
  }
  return undefined
}

type Field = {
  readonly name: string
  readonly value: unknown
  readonly currency: string | undefined
  readonly part: Part
}

function detailOf(rule: BrokenRule, field: Field): string {
  const { keyword, params, propertyName } = rule
  const isAmount = field.name === 'amount' || field.name === 'platform_fee'
  const sent = `You sent ${abridge(field.value)}.`
  if (propertyName !== undefined) return `A name here has ${limitOf(rule)}.`
  switch (keyword) {
    case 'required':
      return `It is required.${describe(rule, field.name)}`
    case 'additionalProperties':
      return `There is no such ${field.part === 'body' ? 'field' : 'parameter'} here. ${known(rule)}`
    case 'type':
      if (isAmount) return amountHint(field.value, field.currency)
      return typeDetail(String(params['type']), field.value)
    case 'enum':
      return `It must be one of ${list(params['allowedValues'])}. ${sent}`
    case 'const':
      return `It must be ${abridge(params['allowedValue'])}. ${sent}`
    case 'minimum':
      return `It must be at least ${params['limit']}. ${sent}`
    case 'maximum':
      return isAmount ? tooLarge(String(field.value)) : `It must be at most ${params['limit']}. ${sent}`
    case 'pattern':
      return `It does not have the right form.${describeSchema(rule.parentSchema)} ${sent}`
    default:
      return `It must have ${limitOf(rule)}.`
  }
}

const LIMITS: Readonly<Record<string, (limit: unknown) => string>> = {
  minLength: (limit) => `at least ${limit} character${limit === 1 ? '' : 's'}`,
  maxLength: (limit) => `at most ${limit} characters`,
  minItems: (limit) => `at least ${limit} item${limit === 1 ? '' : 's'}`,
  maxItems: (limit) => `at most ${limit} items`,
  minProperties: (limit) => `at least ${limit} field${limit === 1 ? '' : 's'}`,
  maxProperties: (limit) => `at most ${limit} fields`,
}

const limitOf = ({ keyword, params, message }: BrokenRule): string =>
  LIMITS[keyword]?.(params['limit']) ?? message ?? 'another form'

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'an integer',
  object: 'an object',
  array: 'a list',
  boolean: 'true or false',
  null: 'null',
}

function typeDetail(type: string, value: unknown): string {
  const wanted = TYPES[type] ?? type
  if (value === undefined || value === null) return `It must be ${wanted}.`
  if (Array.isArray(value) && type === 'string') return 'It must be a text and given once, not a list.'
  if (type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) {
    return `Send the number ${Number(value)}, not a text.`
  }
  return `It must be ${wanted}. You sent ${abridge(value)}.`
}

const list = (values: unknown): string => (Array.isArray(values) ? values.map(String).join(', ') : '')

/** What the schema says of a field, so that a missing or misshapen one can be put right without the documentation. */
function describe(rule: BrokenRule, name: string): string {
  const properties = propertiesOf(rule.parentSchema)
  return describeSchema(properties?.[name])
}

function describeSchema(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null || !('description' in schema)) return ''
  return typeof schema.description === 'string' ? ` ${schema.description}` : ''
}

function known(rule: BrokenRule): string {
  const names = Object.keys(propertiesOf(rule.parentSchema) ?? {})
  return names.length === 0 ? 'None is known.' : `Known: ${names.join(', ')}.`
}

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return undefined
  const { properties } = schema
  return typeof properties === 'object' && properties !== null ? { ...properties } : undefined
}
