import { type Queryable, statement } from '../platform/db.ts'
import type { Format } from './formats/format.ts'
import { type ReceiveDeps, type Received, receiveFile } from './receive.ts'

/** Where the files of a source are fetched from. Both throw when it does not answer. */
export type Origin = {
  readonly firstBusinessDate: () => Promise<string>
  readonly fetch: (
    businessDate: string,
  ) => Promise<{ readonly name: string; readonly bytes: AsyncIterable<Uint8Array> } | undefined>
}

const FIRST_DATE = statement(
  'settlement.first_date',
  'select first_business_date from settlement_source where name = $1',
)
const KEEP_FIRST_DATE = statement(
  'settlement.keep_first_date',
  'insert into settlement_source (name, first_business_date) values ($1, $2) on conflict do nothing',
)

/** The business day of the first file of a source: asked once, and then kept. */
export async function firstBusinessDate(db: Queryable, source: string, origin: Origin): Promise<string> {
  const read = async (): Promise<string | undefined> =>
    (await db.run<{ first_business_date: string }>(FIRST_DATE, [source]))[0]?.first_business_date
  const known = await read()
  if (known !== undefined) return known
  await db.run(KEEP_FIRST_DATE, [source, await origin.firstBusinessDate()])
  return firstBusinessDate(db, source, origin)
}

/** Fetches the file of a day and takes it in; undefined while it is not ready. */
export async function collectFile(
  deps: ReceiveDeps,
  from: { readonly source: string; readonly origin: Origin; readonly formats: readonly Format[] },
  day: string,
): Promise<Received | undefined> {
  const fetched = await from.origin.fetch(day)
  if (fetched === undefined) return undefined
  return receiveFile(deps, { source: from.source, formats: from.formats, via: 'collected', day, ...fetched })
}
