import { createHash } from 'node:crypto'
import type { DuckDb } from '../../platform/duckdb.ts'
import { BrokenFile, type Document } from '../../settlement/index.ts'
import { rawTable, type Side, type SideName } from '../side.ts'
import { joinColumns, type Part, refuseOther } from './part.ts'
import { dropRaw } from './raw-table.ts'
import { aloneOf } from './table.ts'

type Loaded = Omit<Side, 'name' | 'path' | 'sha256' | 'parts' | 'notes'>

/**
 * Several files as one side. Each is read as if it were alone, into the raw table of the side, and then moved behind the others,
 * column by column of the same name. The same bytes count once.
 */
export type Parts = {
  /** `load` reads the document into the raw table. Throws `BrokenFile` that says which file is the other one. */
  readonly take: (name: string, document: Document, load: () => Promise<Loaded>) => Promise<void>
  readonly finish: () => Promise<Loaded & Pick<Side, 'parts' | 'notes'>>
}

export function createParts(duckdb: DuckDb, name: SideName): Parts {
  const all = `${name}_all`
  const parts: Part[] = []
  const notes: string[] = []
  const seen = new Map<string, string>()
  let first: Loaded | undefined
  let columns: Side['columns'] = []
  const currencies = new Map<string | undefined, string>()

  return {
    async take(label, document, load) {
      const sha256 = await hashOf(document)
      const twin = seen.get(sha256)
      if (twin !== undefined) {
        notes.push(`${label} of ${name} has the same bytes as ${twin}: it counts once`)
        return
      }
      seen.set(sha256, label)
      const bad = await countUnparsed(duckdb)
      const loaded = await named(label, load)
      if (first !== undefined)
        refuseOther({ ...first, name: parts[0]?.name ?? '', columns, rows: rowsIn(parts) }, { ...loaded, name: label })
      const before = first === undefined ? [] : columns
      first ??= loaded
      columns = joinColumns(columns, loaded.columns)
      currencies.set(loaded.currencyBefore, label)
      const order = loaded.columns.map((column) => columns.findIndex((each) => each.name === column.name))
      const base = await move(duckdb, { name, all, before, after: columns, loaded, parts, bad, order })
      parts.push({ name: label, sha256, format: loaded.format, rows: loaded.rows, base, order })
    },

    async finish() {
      if (first === undefined) throw new BrokenFile('empty', 1, 'There is no file in it')
      await duckdb.run(`alter table ${all} rename to ${rawTable(name)}`)
      const formats = [...new Set(parts.map(({ format }) => format))].toSorted()
      const currencyBefore = first.currencyBefore
      const alone = first.isTable
        ? aloneOf(columns, { shape: { kind: 'json' }, header: 0, currencyBefore })
        : first.alone
      if (currencies.size > 1 && (alone.currency === undefined || 'code' in alone.currency))
        throw new BrokenFile('files_differ', 1, currencyWords(currencies))
      return {
        ...first,
        plain: undefined,
        format: formats.join('+'),
        shape: `${parts.length} files · ${formats.length === 1 ? first.shape : formats.join(', ')}`,
        rows: rowsIn(parts),
        columns,
        alone,
        parts,
        notes: [...notes, ...(await overlapOf(duckdb, name, { parts, columns }))],
      }
    },
  }
}

const rowsIn = (parts: readonly Part[]): number => parts.reduce((sum, { rows }) => sum + rows, 0)

async function countUnparsed(duckdb: DuckDb): Promise<number> {
  const [row] = await duckdb.query<{ rows: bigint }>('select count(*) as rows from unparsed')
  return Number(row?.rows)
}

/** Moves the rows that were just read behind those before them, and gives the lines before theirs. */
async function move(
  duckdb: DuckDb,
  {
    name,
    all,
    before,
    after,
    loaded,
    parts,
    bad,
    order,
  }: {
    readonly name: SideName
    readonly all: string
    readonly before: Side['columns']
    readonly after: Side['columns']
    readonly loaded: Loaded
    readonly parts: readonly Part[]
    /** Rows of `unparsed` that are not of this file. */
    readonly bad: number
    readonly order: readonly number[]
  },
): Promise<number> {
  const lines = `select max(line) as line from (select max(line) as line from ${all} union all
    select max(line) from unparsed where side = '${name}' and rowid < ${bad})`
  const [last] = parts.length === 0 ? [] : await duckdb.query<{ line: number | null }>(lines)
  const base = last?.line ?? 0
  const cells = after.map(({ name: column, place }) => {
    const own = loaded.columns.find((each) => each.name === column)
    return `${own === undefined ? 'null::varchar' : `c${own.place}`} as c${place}`
  })
  const rows = `select (n + ${rowsIn(parts)})::integer as n, (line + ${base})::integer as line, ${cells.join(', ')} from ${rawTable(name)}`
  for (const { place } of parts.length === 0 ? [] : after.slice(before.length))
    await duckdb.run(`alter table ${all} add column c${place} varchar`)
  const turned = order.map((place, own) => `when ${own + 1} then ${place + 1}`)
  await duckdb.run(`
    ${parts.length === 0 ? `create table ${all} as ${rows}` : `insert into ${all} ${rows}`};
    update unparsed set line = line + ${base}, col = case col ${turned.join(' ')} else col end where side = '${name}' and rowid >= ${bad}`)
  await dropRaw(duckdb, name)
  return base
}

/** Rows that stand in more than one file: a day that two exports have, or a payment that was made twice. Nothing is left out. */
async function overlapOf(
  duckdb: DuckDb,
  name: SideName,
  { parts, columns }: { readonly parts: readonly Part[]; readonly columns: Side['columns'] },
): Promise<readonly string[]> {
  if (parts.length < 2) return []
  const starts = parts.slice(1).map(({ base }, index) => `when line > ${base} then ${index + 1}`)
  const [row] = await duckdb.query<{ rows: bigint; a: number | null; b: number | null }>(`
    select count(*) as rows, min(a) as a, arg_min(b, a) as b
      from (select min(part) as a, max(part) as b
              from (select hash(${columns.map(({ place }) => `c${place}`).join(', ')}) as h,
                           case ${starts.toReversed().join(' ')} else 0 end as part from ${rawTable(name)})
             group by h having min(part) <> max(part))`)
  const rows = Number(row?.rows ?? 0n)
  if (rows === 0) return []
  const [one, other] = [parts[row?.a ?? 0]?.name, parts[row?.b ?? 0]?.name]
  return [`${rows} rows of ${name} stand in more than one file, such as ${one} and ${other}: they count in each`]
}

function currencyWords(currencies: ReadonlyMap<string | undefined, string>): string {
  const words = [...currencies].map(([code, name]) => `${name} ${code === undefined ? 'names none' : `is in ${code}`}`)
  return `The files are not in one currency, and no column says it: ${words.slice(0, 4).join(', ')}`
}

/** Says which file a reason is about. */
async function named<T>(label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    throw new BrokenFile(error.code, error.line, `${label}: ${error.message}`)
  }
}

async function hashOf(document: Document): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of document.open()) hash.update(piece)
  return hash.digest('hex')
}
