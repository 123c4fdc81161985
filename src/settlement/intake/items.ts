import { createHash } from 'node:crypto'
import { type Queryable, statement } from '../../platform/db.ts'
import { type Found, labelOf } from './place.ts'

/** What is remembered of the files that a source leaves: what was seen at the last look, and what was received. */

const READ = statement(
  'intake.read_items',
  `select name, byte_count as "byteCount", modified_at as "modifiedAt", received_at is not null as received
     from intake_item where source = $1 and name = any($2::text[])`,
)

const NOTE = statement(
  'intake.note_item',
  `insert into intake_item (source, name, byte_count, modified_at, seen_at, sha256, received_at)
   values ($1, $2, $3, $4, $5, $6, case when $6::bytea is not null then $5::timestamptz end)
   on conflict (source, name) do update set byte_count = excluded.byte_count, modified_at = excluded.modified_at,
     seen_at = excluded.seen_at, sha256 = excluded.sha256, received_at = excluded.received_at`,
)

type Item = {
  readonly name: string
  readonly byteCount: bigint
  readonly modifiedAt: Date
  readonly received: boolean
}

/** A name that may not be stored is remembered by its hash. */
const keyOf = (name: string): string => labelOf(name) ?? `sha256 ${createHash('sha256').update(name).digest('hex')}`

/** `received`: these very bytes were; `settled`: nobody wrote to it since the last look; `moving`: it is new, or changed. */
export type Sighting = 'received' | 'settled' | 'moving'

export async function sightings(
  db: Queryable,
  source: string,
  found: readonly Found[],
): Promise<ReadonlyMap<Found, Sighting>> {
  const items = await db.run<Item>(READ, [source, found.map(({ name }) => keyOf(name))])
  const byName = new Map(items.map((item) => [item.name, item]))
  return new Map(found.map((each) => [each, sightingOf(each, byName.get(keyOf(each.name)))]))
}

function sightingOf({ byteCount, modifiedAt }: Found, item: Item | undefined): Sighting {
  if (item === undefined || Number(item.byteCount) !== byteCount) return 'moving'
  if (item.modifiedAt.getTime() !== modifiedAt.getTime()) return 'moving'
  return item.received ? 'received' : 'settled'
}

/** Remembers a file as it was listed; with its hash when it was received. */
export async function note(
  db: Queryable,
  source: string,
  { name, byteCount, modifiedAt }: Found,
  at: Date,
  sha256?: Buffer,
): Promise<void> {
  await db.run(NOTE, [source, keyOf(name), byteCount, modifiedAt, at, sha256])
}
