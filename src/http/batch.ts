import assert from 'node:assert/strict'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { type FieldError, Refusal } from '../platform/errors.ts'
import { itemIndex, refuseFindings } from './body-parser.ts'
import { idempotencyKeyOf } from './idempotency.ts'
import { problemOf, problemText } from './problem.ts'
import { type BrokenRule, fieldsRefused, refusalOfRules } from './validation.ts'

// The position that is added to the key of the request has up to four characters: `:999`.
const HEADER_KEY_MAX = 250
const PRINTABLE = /^[\x20-\x7e]{1,255}$/

type BatchItem = { readonly idempotency_key?: string }

type BatchOptions<Body extends BatchItem, Item> = {
  readonly list: 'payments' | 'entries'
  readonly schema: TSchema
  /** The list within an item that counts against `partsMax` for the batch as a whole. */
  readonly parts: 'orders' | 'postings'
  readonly partsMax: number
  readonly read: (body: Body, idempotencyKey: string, pointer: string) => Item
}

/**
 * Reads each item of a batch on its own: what it asks for, or why it is refused, in order. Throws only for the batch
 * as a whole: no key, too many parts.
 */
export function readBatch<Body extends BatchItem, Item>(
  request: FastifyRequest,
  bodies: readonly unknown[],
  options: BatchOptions<Body, Item>,
): readonly (Item | Refusal)[] {
  const headerKey = idempotencyKeyOf(request.raw, { maxLength: HEADER_KEY_MAX })
  refuseTooManyParts(bodies, options)
  const findingsOf = findingsByItem(request, options.list)
  const validate = request.compileValidationSchema(options.schema, 'body')
  const accepts = (body: unknown): body is Body => validate(body) === true
  const firstWithKey = new Map<string, number>()

  return bodies.map((body, index) => {
    const pointer = `/${options.list}/${index}`
    return orRefusal(() => {
      refuseFindings(findingsOf(index))
      if (!accepts(body)) throw refusalOfRules(brokenRules(validate.errors), 'body', body, pointer)
      const key = body.idempotency_key ?? `${headerKey}:${index}`
      refuseKey(key, firstWithKey.get(key), `${pointer}/idempotency_key`, options.list)
      firstWithKey.set(key, index)
      return options.read(body, key, pointer)
    })
  })
}

/** The result of a single item, or its refusal thrown. */
export async function onlyResult<Result>(results: Promise<readonly (Result | Refusal)[]>): Promise<Result> {
  const [result] = await results
  assert(result !== undefined, 'the item that was handed over has a result')
  if (result instanceof Refusal) throw result
  return result
}

/** Hands over the items that were read, and puts the results between the refusals of the others. */
export async function handOver<Item, Result>(
  items: readonly (Item | Refusal)[],
  take: (good: readonly Item[]) => Promise<readonly (Result | Refusal)[]>,
): Promise<readonly (Result | Refusal)[]> {
  const good = items.filter((item): item is Item => !(item instanceof Refusal))
  const results = good.length === 0 ? [] : await take(good)
  assert(results.length === good.length, 'every item that is handed over has a result')
  const left = results.values()
  return items.map((item) => {
    if (item instanceof Refusal) return item
    const { value } = left.next()
    assert(value !== undefined, 'results are in order')
    return value
  })
}

/**
 * Answers a batch. Written by hand around the writer of one result: a schema of "result or problem" would try both
 * for each item.
 */
export function sendBatch<Result>(
  request: FastifyRequest,
  reply: FastifyReply,
  results: readonly (Result | Refusal)[],
  write: (result: Result) => string,
): FastifyReply {
  const texts = results.map((result) =>
    result instanceof Refusal ? problemText(problemOf(result, request.id)) : write(result),
  )
  return reply.header('content-type', 'application/json; charset=utf-8').send(`{"data":[${texts.join(',')}]}`)
}

/** Ajv gives more of a broken rule than the framework's type says. */
const brokenRules = (errors: readonly BrokenRule[] | null | undefined): readonly BrokenRule[] => errors ?? []

function orRefusal<T>(read: () => T): T | Refusal {
  try {
    return read()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

function refuseTooManyParts(
  bodies: readonly unknown[],
  options: Pick<BatchOptions<BatchItem, unknown>, 'list' | 'parts' | 'partsMax'>,
): void {
  const { list, parts, partsMax } = options
  let count = 0
  for (const body of bodies) {
    const found: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, parts) : undefined
    if (Array.isArray(found)) count += found.length
  }
  if (count <= partsMax) return
  const detail = `The batch has ${count} ${parts} in all; it may have ${partsMax}. Split it.`
  throw fieldsRefused('invalid_request', [{ pointer: `/${list}`, detail }])
}

function refuseKey(key: string, earlier: number | undefined, pointer: string, list: string): void {
  const refuse = (detail: string): never => {
    throw fieldsRefused('invalid_request', [{ pointer, detail }])
  }
  if (!PRINTABLE.test(key)) refuse('It must have 1 to 255 printable ASCII characters.')
  if (earlier !== undefined) refuse(`/${list}/${earlier} has this key already.`)
}

type Findings = { readonly cards: string[]; readonly faults: FieldError[] }

const NOTHING: Findings = { cards: [], faults: [] }

/** What the text of the body gave away, by item. What lies outside of the items was refused when it was read. */
function findingsByItem(request: FastifyRequest, list: string): (index: number) => Findings {
  const byItem = new Map<number, Findings>()
  const at = (pointer: string): Findings => {
    const index = itemIndex(pointer, list)
    assert(index !== undefined, 'what was found lies in an item')
    const known = byItem.get(index) ?? { cards: [], faults: [] }
    byItem.set(index, known)
    return known
  }
  for (const card of request.bodyFindings?.cards ?? []) at(card).cards.push(card)
  for (const fault of request.bodyFindings?.faults ?? []) at(fault.pointer).faults.push(fault)
  return (index) => byItem.get(index) ?? NOTHING
}
