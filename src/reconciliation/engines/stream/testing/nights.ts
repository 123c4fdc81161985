import type { NewBreak, OpenBreak } from '../../../break.ts'
import type { ProofLine } from '../../../proof.ts'
import { judge, proofOf } from '../../../runs/match-run.ts'
import type { Verdict } from '../../../runs/verdict.ts'
import { lineKey } from '../../../settled.ts'
import { joinedCharges, namedCharge } from '../record.ts'
import type { StreamFacts } from '../stream.ts'
import { type Booked, type History, uuid } from './history.ts'

/**
 * What the nights of a history make of the facts of an engine, through the one state machine: breaks that open, clear, wait
 * and are promoted, and the proof. It stands in for the database that remembers them between two nights.
 */
export type Nights = {
  /** What is open when the night begins, for whichever engine compares. */
  readonly open: () => readonly OpenBreak[]
  /** The records of ours of a night, by the rules of the calendar alone. */
  readonly oursOf: (night: number) => readonly Booked[]
  /** Decides and remembers. Gives everything that the night says, in an order that no engine has a part in. */
  readonly decide: (night: number, facts: StreamFacts) => Said
}

export type Said = Pick<Verdict, 'found' | 'cleared' | 'repeated' | 'promoted' | 'carried'> & {
  readonly counts: StreamFacts['counts']
  readonly tolerated: StreamFacts['tolerated']
  readonly proof: readonly ProofLine[]
}

export function createNights({ source, days, booked }: History): Nights {
  let open: readonly OpenBreak[] = []
  const settled = new Set<string>()

  const oursOf = (night: number): readonly Booked[] => {
    const [day, before] = [days[night] ?? '', days[night - 1] ?? '']
    return booked.filter(
      (each) => each.day <= day && each.night <= night && (each.day > before || each.night > night - 1),
    )
  }

  const settledBefore = (facts: StreamFacts): ReadonlySet<string> =>
    new Set(
      facts.unmatchedTheirs
        .filter(({ reference, psp_reference }) =>
          [namedCharge(reference), ...joinedCharges(reference), psp_reference].some((name) => settled.has(name ?? '?')),
        )
        .map(lineKey),
    )

  /** Every record of ours that took part and is not left alone stands in the file. */
  const settle = (night: number, facts: StreamFacts, carried: readonly OpenBreak[]): void => {
    const alone = new Set(facts.unmatchedOurs.map((row) => `${row.attempt_id} ${row.ours_break}`))
    const took = [
      ...oursOf(night).map(({ charge, psp }) => ({ charge, psp, id: null })),
      ...carried.flatMap(({ id, ours }) => (ours ? [{ charge: ours.attemptId, psp: ours.pspReference, id }] : [])),
    ]
    for (const { charge, psp, id } of took)
      if (!alone.has(`${charge} ${id}`)) for (const name of [charge, psp]) if (name !== null) settled.add(name)
  }

  return {
    open: () => open,
    oursOf,
    decide(night, facts) {
      const around = { day: days[night] ?? '', source }
      const verdict = judge(facts, { open, unknown: [] }, settledBefore(facts), around)
      settle(night, facts, open)
      const found = verdict.found.toSorted(byRecord)
      const gone = new Set([...verdict.cleared, ...verdict.repeated])
      const promoted = new Map(verdict.promoted.map(({ id, code }) => [id, code]))
      const opened = found
        .map((each, n): OpenBreak & { readonly sides: number } => ({
          id: uuid(3, night * 1_000 + n),
          code: each.code,
          class: each.class,
          dueOn: each.dueOn ?? null,
          ours: each.ours,
          theirs: each.theirs,
          sides: (each.ours ? 1 : 0) + (each.theirs ? 1 : 0),
        }))
        .filter(({ sides }) => sides === 1)
        .map(({ sides: _, ...each }) => each)
      const standing = open
        .filter(({ id }) => !gone.has(id))
        .map((each) => {
          const code = promoted.get(each.id)
          return code === undefined ? each : { ...each, code, class: 'real' as const }
        })
      open = [...standing, ...opened]
      return {
        counts: facts.counts,
        found,
        cleared: verdict.cleared.toSorted(),
        repeated: verdict.repeated.toSorted(),
        promoted: verdict.promoted.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        carried: verdict.carried.toSorted(),
        tolerated: facts.tolerated,
        proof: proofOf(facts, verdict),
      }
    },
  }
}

const nameOf = ({ ours, theirs }: NewBreak): string =>
  `${ours?.attemptId ?? ''} ${ours?.occurredAt.getTime() ?? ''} ${theirs?.fileId ?? ''} ${String(theirs?.line ?? '').padStart(6, '0')}`
const byRecord = (a: NewBreak, b: NewBreak): number => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0)
