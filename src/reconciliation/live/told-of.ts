import { type Queryable, statement } from '../../platform/db.ts'
import { explainLive } from './explain.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from './item.ts'

const columnsOf = (alias: string): string => COLUMNS.replaceAll(/\w+/g, (column) => `${alias}.${column}`)

const PAIRED = statement(
  'reconciliation.live_pairs_of_payment',
  `select ${columnsOf('i')} from attempt a join live_item i on i.id = a.id
    where a.payment_event_id = $1 and a.operation = 'charge' and i.twin_id is not null order by i.id`,
)
const TWINS = statement('reconciliation.live_twins', `select ${COLUMNS} from live_item where id = any($1::uuid[])`)

/** How the charges of a payment stand that the PSP told by webhook and that no night has compared yet, each as a sentence. */
export async function toldOf(db: Queryable, paymentId: string): Promise<readonly string[]> {
  const paired = (await db.run<Row>(PAIRED, [paymentId])).map(liveItemOf)
  if (paired.length === 0) return []
  const twins = await db.run<Row>(TWINS, [paired.map(({ standing }) => standing.twin)])
  const byName = new Map(twins.map((row): readonly [string, LiveItem] => [row.id, liveItemOf(row)]))
  const sentences = paired.flatMap((ours) => {
    const { state, code, dueOn, twin } = ours.standing
    return state === 'part' ? [] : [explainLive({ state, code, dueOn, ours, theirs: byName.get(twin ?? '') })]
  })
  return [...new Set(sentences)]
}
