import type { LineKind } from '../format.ts'
import type { Reading } from '../reading.ts'
import { type Columns, cellAt, type Fields } from './columns.ts'

/** A text that only a person reads is cut there. */
const MAX_TEXT = 1_024

export const textAt = (fields: Fields, place: number): string | undefined => shortened(cellAt(fields, place))

/** Undefined when it is empty. Half a character, where it was cut, becomes U+FFFD. */
export const shortened = (text: string): string | undefined =>
  text.length <= MAX_TEXT ? text || undefined : text.slice(0, MAX_TEXT).toWellFormed()

/** A number that a spreadsheet wrote in powers of ten: `1.23E+022`. Its digits are lost. */
const DAMAGED = /^\d([.,]\d+)?E\+?\d{1,3}$/i

/**
 * Reads an identifier. What is damaged or too long to be one is told and left out: many rows would have the same.
 */
export type Identify = (fields: Fields, place: number, line: number) => string | undefined

export function createIdentify({ diagnostics }: Reading): Identify {
  return (fields, place, line) => {
    const text = cellAt(fields, place)
    if (text === '') return undefined
    const isDamaged = text.length < 40 && text.includes('+') && DAMAGED.test(text)
    if (!isDamaged && text.length <= MAX_TEXT) return text
    diagnostics.add({
      severity: 'warning',
      code: isDamaged ? 'damaged' : 'text_too_long',
      line,
      column: place + 1,
      message: isDamaged
        ? `"${text}" is what a spreadsheet makes of a long number: its digits are lost, and it is left out`
        : `An identifier is longer than ${MAX_TEXT} characters: it is left out`,
    })
    return undefined
  }
}

/** Those that are there, each once, without the two that have places of their own. */
export function others(
  ids: readonly (string | undefined)[],
  ...known: readonly (string | undefined)[]
): readonly string[] | undefined {
  const found: string[] = []
  for (const id of ids) if (id !== undefined && !known.includes(id) && !found.includes(id)) found.push(id)
  return found.length === 0 ? undefined : found
}

/** How likely it is that a key of metadata has a reference of ours: `order_id` 3, `external_ref` 2, `session_id` 1, else 0. */
export function referenceScore(key: string): number {
  const words = key
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
  if (words.some((word) => word.startsWith('order'))) return 3
  if (words.some((word) => OURS.has(word))) return 2
  return words.some((word) => IDS.has(word)) ? 1 : 0
}

const OURS = new Set([
  'ref', 'reference', 'external', 'merchant', 'invoice', 'checkout', 'cart', 'booking', 'transaction', 'purchase', 'sale',
]) // biome-ignore format: a list
const IDS = new Set(['id', 'ids', 'identifier', 'number', 'no', 'nr', 'sid', 'uuid', 'guid', 'key', 'code'])

/** The columns `payment_metadata[key]` whose keys may have references, the likeliest first. */
export function metadataPlaces({ names }: Columns, prefix: string): readonly number[] {
  const scored = names.map((name, place) => {
    const key = name.startsWith(`${prefix}[`) && name.endsWith(']') ? name.slice(prefix.length + 1, -1) : ''
    return { place, score: referenceScore(key) }
  })
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map(({ place }) => place)
}

/** References in metadata that is one JSON object, the likeliest first. Nothing for what is no object. */
export function metadataReferences(text: string): readonly string[] {
  if (!text.startsWith('{') || text.length > MAX_METADATA) return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .map(([key, each]) => ({ each: typeof each === 'string' ? each.trim() : '', score: referenceScore(key) }))
    .filter(({ each, score }) => score > 0 && each !== '' && each.length <= MAX_REFERENCE && !each.includes('@'))
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_REFERENCES)
    .map(({ each }) => each)
}

const MAX_METADATA = 8_192
const MAX_REFERENCE = 255
const MAX_REFERENCES = 10

/** Tells once for each word; of a thousand different ones the rest is not told. */
export function createOnce({
  diagnostics,
}: Reading): (word: string, where: { line: number; column: number }, code: string, message: string) => void {
  const told = new Set<string>()
  return (word, { line, column }, code, message) => {
    const key = `${code} ${word.slice(0, 64)}`
    if (told.has(key) || told.size >= MAX_TOLD) return
    told.add(key)
    diagnostics.add({ severity: 'warning', code, line, ...(column > 0 ? { column } : {}), message })
  }
}

const MAX_TOLD = 1_000

/** Held back when it takes from the balance, given free when it adds to it. */
export const reserveKind = (amount: bigint): LineKind => (amount > 0n ? 'reserve_release' : 'reserve')
