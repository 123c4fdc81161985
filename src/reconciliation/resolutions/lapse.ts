import { audit } from '../../platform/audit/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { publicId } from '../../platform/ids.ts'
import { noteBreaks } from './rows.ts'

const LAPSE = statement(
  'resolutions.lapse_of_breaks',
  `update break_resolution set state = 'lapsed' where state = 'proposed'
      and id in (select b.resolution_id from break_resolution_break b where b.break_id = any($1::uuid[]))
   returning id`,
)
const LAPSE_ONE = statement(
  'resolutions.lapse_one',
  `update break_resolution set state = 'lapsed' where state = 'proposed' and id = $1 returning id`,
)
const ANY = statement('resolutions.any_proposed', `select from break_resolution where state = 'proposed' limit 1`)
const BREAKS = statement(
  'resolutions.breaks_of',
  'select resolution_id as "resolutionId", break_id as "breakId" from break_resolution_break where resolution_id = any($1::uuid[])',
)

/** What waited for a second person is void when one of its breaks is not what it was. */
export async function lapseProposals(tx: Tx, breakIds: readonly string[], at: Date, why: string): Promise<void> {
  if (breakIds.length === 0 || (await tx.run(ANY)).length === 0) return
  const lapsed = await tx.run<{ id: string }>(LAPSE, [breakIds])
  await tell(
    tx,
    lapsed.map(({ id }) => id),
    at,
    why,
  )
}

/** One that waited is void. */
export async function lapse(tx: Tx, { id }: { readonly id: string }, at: Date, why: string): Promise<void> {
  const lapsed = await tx.run<{ id: string }>(LAPSE_ONE, [id])
  await tell(
    tx,
    lapsed.map((each) => each.id),
    at,
    why,
  )
}

async function tell(tx: Tx, lapsed: readonly string[], at: Date, why: string): Promise<void> {
  if (lapsed.length === 0) return
  const links = await tx.run<{ breakId: string }>(BREAKS, [lapsed])
  await noteBreaks(
    tx,
    links.map(({ breakId }) => breakId),
    { kind: 'lapsed', detail: why, keyId: undefined, at },
  )
  await audit(
    tx,
    undefined,
    at,
    lapsed.map((id) => ({ action: 'resolution.lapsed', object: publicId('res', id), detail: { why } })),
  )
}
