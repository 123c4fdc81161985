import { statement, type Tx } from '../platform/db.ts'
import { uuidOf } from '../platform/ids.ts'
import type { TheirsColumns } from './engines/engine.ts'
import type { Source } from './source.ts'

/** Whether a row `s` of settled_charge still stands: its line was not undone. */
export const STANDS = `not exists (select from unsettled_charge u where u.attempt_id = s.attempt_id and u.revision = s.revision)`

type Line = Pick<TheirsColumns, 'file_id' | 'line' | 'reference' | 'psp_reference'>

const SETTLED = statement(
  'reconciliation.settled_before',
  `select a.id, a.psp_reference from settled_charge s join attempt a on a.id = s.attempt_id
    where ${STANDS} and a.psp = $1 and (a.psp_reference = any($2::text[]) or a.id = any($3::uuid[]))`,
)

export const lineKey = ({ file_id, line }: Line): string => `${file_id}:${line}`

/** The lines whose charge was matched in an earlier run. */
export async function settledBefore(tx: Tx, source: Source, lines: readonly Line[]): Promise<ReadonlySet<string>> {
  if (lines.length === 0) return new Set()
  const ids = lines.flatMap(({ reference }) => attemptIdsOf(reference))
  const references = lines.flatMap(({ psp_reference }) => psp_reference ?? [])
  const rows = await tx.run<{ id: string; psp_reference: string | null }>(SETTLED, [source.name, references, ids])
  const known = new Set(rows.flatMap((row) => [row.id, row.psp_reference ?? row.id]))
  return new Set(
    lines
      .filter((line) => attemptIdsOf(line.reference).some((id) => known.has(id)) || known.has(line.psp_reference ?? ''))
      .map(lineKey),
  )
}

/** The charge that a line names, or those of a joined line. */
const attemptIdsOf = (reference: string | null): readonly string[] =>
  (reference ?? '').split(' ').flatMap((name) => uuidOf('att', name) ?? [])
