import { dayAt } from '../../support/nights.ts'
import type { Tally } from '../judge.ts'
import { type Life, type Plan, until } from './plan.ts'
import type { Played } from './play.ts'
import { statementName } from './statement-text.ts'

/** What became of every break, as texts, and what is wrong with the proofs and the books. */
export type Seen = { readonly lives: readonly Life[]; readonly problems: readonly string[] }

type Row = {
  readonly source: Life['source']
  readonly class: string
  readonly state: string
  readonly due_on: string | null
  readonly attempt_id: string | null
  readonly payout: string | null
  readonly line: number | null
  readonly line_psp_reference: string | null
  readonly file: string | null
  readonly difference: bigint | null
  readonly currency: string | null
  readonly events: readonly (readonly [kind: string, detail: string | null, day: string])[]
}

const ROWS = `
  select b.source, b.class, b.state, b.due_on, b.attempt_id, p.psp_reference as payout, b.line, b.line_psp_reference, f.name as file,
         b.difference, b.currency,
         (select jsonb_agg(jsonb_build_array(e.kind, e.detail, r.business_date) order by r.business_date, array_position(array['opened', 'promoted', 'cleared'], e.kind))
            from recon_break_event e join recon_run r on r.id = e.run_id where e.break_id = b.id and e.kind in ('opened', 'promoted', 'cleared')) as events
    from recon_break b left join payout p on p.id = b.payout_id left join settlement_file f on f.id = b.file_id`

export async function readLives(plan: Plan, { nights, charges }: Played): Promise<Seen> {
  const days = Array.from({ length: plan.days }, (_, day) => dayAt(day))
  const names = new Map(
    [...charges].flatMap(([name, { id }]) => [
      [id, name],
      [`psp_${id}`, name],
    ]),
  )
  const rows = await nights.db.query<Row>(ROWS)
  const all = rows.map((row): Life => lifeOf(plan, row, { days, names }))
  const wrong = rows.flatMap((row, n) => {
    const life = all[n]
    const isOpen = life?.cleared === undefined
    const isWaiting = life?.due !== undefined && life.promoted === undefined
    const expected = `${isWaiting ? 'temporary' : 'real'} ${isOpen ? 'open' : 'cleared'}`
    return `${row.class} ${row.state}` === expected
      ? []
      : [`${row.class} ${row.state} is not ${expected}: ${life && textOf(life)}`]
  })
  const lives = all.filter((life) => !isStep(life))
  return { lives, problems: [...wrong, ...(await runProblems(plan, nights)), ...(await findings(lives, nights))] }
}

/** A run that corrects a file takes new lines in as lines that only theirs has, and matches them right away. */
const isStep = ({ opened, cleared, code }: Life): boolean => opened === cleared && code !== 'control_total_mismatch'

function lifeOf(
  { bank }: Plan,
  row: Row,
  { days, names }: { readonly days: readonly string[]; readonly names: ReadonlyMap<string, string> },
): Life {
  const of = (kind: string): readonly [day: number, detail: string] | undefined => {
    const event = row.events.find((each) => each[0] === kind)
    return event && [days.indexOf(event[2]), event[1] ?? '']
  }
  const [opened = -1, code = ''] = of('opened') ?? []
  const nameOf = (reference: string): string =>
    reference
      .split(' ')
      .map((each) => names.get(each) ?? each)
      .join('+')
  const entry = bank.filter(({ day }) => statementName(day) === row.file)[((row.line ?? 0) - FIRST_ENTRY) / 2]
  const theirs =
    code === 'control_total_mismatch' ? `file ${opened}`
    : code === 'unparsed_line' ? `row of ${opened}`
    : row.line === null ? '-'
    : row.source === 'house-bank' ? (entry?.name ?? '?')
    : nameOf(row.line_psp_reference ?? '') // biome-ignore format: a table
  return {
    source: row.source,
    ours: names.get(row.attempt_id ?? '') ?? row.payout ?? '-',
    theirs,
    code,
    opened,
    due: row.due_on === null ? undefined : indexOf(row.due_on),
    difference: row.difference ?? undefined,
    currency: row.currency ?? undefined,
    promoted: of('promoted'),
    cleared: of('cleared')?.[0],
  }
}

/** The line of the first entry of a statement; each has two. */
const FIRST_ENTRY = 5

const indexOf = (day: string): number =>
  Temporal.PlainDate.from(dayAt(0)).until(Temporal.PlainDate.from(day), { largestUnit: 'days' }).days

/** What does not hold in the books; that a receivable differs is told by an open break as well. */
async function findings(lives: readonly Life[], nights: Played['nights']): Promise<readonly string[]> {
  const differs = lives.filter(({ code, cleared }) => code === 'ledger_mismatch' && cleared === undefined)
  const told = differs.map(
    ({ difference, currency }) =>
      `receivables_agree_with_files: the receivable of simulator differs by ${difference} in ${currency}`,
  )
  const found = await nights.findings()
  return [
    ...found.filter((each) => !told.includes(each)),
    ...told.filter((each) => !found.includes(each)).map((each) => `not found: ${each}`),
  ]
}

async function runProblems({ days }: Plan, { db }: Played['nights']): Promise<readonly string[]> {
  const runs = await db.query<{
    source: string
    day: string
    status: string
    failure: string | null
    proof: readonly { readonly currency: string; readonly unexplained: string }[] | null
  }>(
    `select source, business_date as day, status, failure, proof from recon_run where business_date < '${dayAt(days)}' order by source, business_date`,
  )
  return runs.flatMap(({ source, day, status, failure, proof }) => [
    ...(status === 'completed' ? [] : [`the run of ${source} of ${day} is ${status}: ${failure}`]),
    ...(proof ?? [])
      .filter(({ unexplained }) => String(unexplained) !== '0')
      .map((line) => `the proof of ${source} of ${day} leaves ${line.unexplained} ${line.currency}`),
  ])
}

export const textOf = ({
  source,
  ours,
  theirs,
  code,
  opened,
  due,
  difference,
  currency,
  promoted,
  cleared,
}: Life): string =>
  [
    `${source}: ${code} of ${ours} / ${theirs} on day ${opened}`,
    ...(due === undefined ? [] : [`due ${due}`]),
    ...(difference === undefined ? [] : [`${difference} ${currency}`]),
    ...(promoted === undefined ? [] : [`promoted on ${promoted[0]} to ${promoted[1]}`]),
    ...(cleared === undefined ? [] : [`cleared on ${cleared}`]),
  ].join(', ')

/** A break counts under the code that it opens with, and under the one that it is promoted to. */
const codesOf = ({ code, promoted }: Life): readonly string[] =>
  promoted === undefined || promoted[1] === code ? [code] : [code, promoted[1]]

/** Holds what was seen against what was planned. */
export function judgeLives(plan: Plan, { lives, problems }: Seen): { tally: Tally; problems: readonly string[] } {
  const tally: Tally = new Map()
  const count = (life: Life, what: 'planted' | 'found' | 'right'): void => {
    for (const code of codesOf(life)) {
      const counts = tally.get(code) ?? { planted: 0, found: 0, right: 0 }
      counts[what] += 1
      tally.set(code, counts)
    }
  }
  const missing = new Map<string, number>()
  for (const planned of plan.lives) {
    const life = until(planned, plan.days - 1)
    if (life === undefined) continue
    count(life, 'planted')
    missing.set(textOf(life), (missing.get(textOf(life)) ?? 0) + 1)
  }
  const strange: string[] = []
  for (const life of lives) {
    count(life, 'found')
    const left = missing.get(textOf(life)) ?? 0
    if (left === 0) {
      strange.push(`found, and not planted: ${textOf(life)}`)
      continue
    }
    count(life, 'right')
    missing.set(textOf(life), left - 1)
  }
  const lost = [...missing].flatMap(([text, left]) => (left > 0 ? [`planted, and not found: ${text}`] : []))
  return { tally, problems: [...strange, ...lost, ...problems] }
}
