import type { Check } from './audit.ts'
import { type ExpectedBreak, nextDay, workOut } from './oracle.ts'
import type { Nights, Snapshot, StoredBreak } from './snapshot.ts'

/** Runs, files, charges and breaks of the nights, against the simulator's files and book. */
export const nightChecks: readonly Check[] = [
  {
    name: 'each day has one completed run, in order and proven',
    examine: ({ nights }, tally) => {
      const runsOf = Map.groupBy(nights.runs, (run) => run.day)
      const last = nights.pspFiles.at(-1)?.day ?? ''
      for (let day = nights.firstDay; day <= last; day = nextDay(day)) {
        tally.checked()
        const runs = runsOf.get(day) ?? []
        if (runs.length !== 1 || runs[0]?.status !== 'completed')
          tally.violation(`${day} has ${runs.map((run) => `${run.id} ${run.status}`).join(', ') || 'no run'}`)
        runsOf.delete(day)
      }
      for (const [day, runs] of runsOf)
        tally.violation(`${runs.map((run) => run.id).join(', ')} of ${day}, which has no file`)
      for (const [index, run] of nights.runs.entries()) {
        const before = nights.runs[index - 1]
        if ((before?.completedAt ?? '') > (run.completedAt ?? ''))
          tally.violation(`${run.id} of ${run.day} was completed before ${before?.id}`)
        for (const { currency, unexplained } of run.proof)
          if (unexplained !== 0n) tally.violation(`${run.id} leaves ${unexplained} ${currency} unexplained`)
      }
    },
  },
  {
    name: "each day has one accepted file, byte for byte the simulator's",
    examine: ({ nights }, tally) => {
      for (const theirs of nights.pspFiles) {
        tally.checked()
        const [file, ...others] = nights.files.filter((one) => one.day === theirs.day && one.status === 'accepted')
        const run = nights.runs.find((one) => one.day === theirs.day)
        if (file === undefined || others.length > 0)
          tally.violation(`${theirs.day} has ${file === undefined ? 'no' : 'more than one'} accepted file`)
        else if (file.sha256 !== theirs.sha256)
          tally.violation(`${file.id} of ${theirs.day} has hash ${file.sha256}, the simulator's ${theirs.sha256}`)
        else if (run?.fileId !== file.id) tally.violation(`${run?.id} of ${theirs.day} did not use ${file.id}`)
        else checkBalances(nights, file.id, theirs.balances, tally.violation)
      }
      for (const file of nights.files)
        if (file.status !== 'accepted') tally.violation(`${file.id} of ${file.day} is ${file.status}`)
    },
  },
  {
    name: 'each charge in a file is settled once, by its line',
    examine: (snapshot, tally) => {
      const { nights } = snapshot
      const dayOf = new Map(nights.files.map((file) => [file.id, file.day]))
      const settled = Map.groupBy(nights.settled, (row) => row.chargeId)
      for (const { charge, line } of workOut(snapshot).pairs) {
        tally.checked()
        const rows = settled.get(charge.attemptId ?? '') ?? []
        settled.delete(charge.attemptId ?? '')
        const [row] = rows
        if (row === undefined || rows.length > 1) tally.violation(`${charge.id} is settled ${rows.length} times`)
        else if (dayOf.get(row.fileId) !== line.day || row.line !== line.line)
          tally.violation(
            `${charge.id} is settled by ${dayOf.get(row.fileId)}:${row.line}, not ${line.day}:${line.line}`,
          )
      }
      for (const charge of settled.keys()) tally.violation(`${charge} is settled and in no file`)
    },
  },
  {
    name: 'each charge line is settled or a break of theirs, and not both',
    examine: ({ nights }, tally) => {
      const fileOf = new Map(nights.files.map((file) => [file.day, file.id]))
      const alone = nights.breaks.filter((one) => one.line !== undefined && one.chargeId === undefined)
      const places = Map.groupBy([...nights.settled, ...alone], (one) => `${one.fileId}:${one.line}`)
      for (const { day, lines } of nights.pspFiles) {
        for (const { line, kind, pspReference } of lines) {
          if (kind !== 'charge') continue
          tally.checked()
          const key = `${fileOf.get(day)}:${line}`
          const stands = places.get(key) ?? []
          const settled = stands.filter(({ chargeId }) => chargeId !== undefined).length
          // One that several charges share is settled once by each of them.
          const times = settled === 0 ? 1 : pspReference.split(' ').length
          if (stands.length !== times || (settled > 0 && settled !== times))
            tally.violation(`line ${line} of ${day} (${key}) stands ${stands.length} times, not ${times}`)
          places.delete(key)
        }
      }
      for (const key of places.keys()) tally.violation(`${key} is no charge line of any file`)
    },
  },
  {
    name: 'the breaks are those of the files and the book, and no other',
    examine: (snapshot, tally) => {
      const { breaks, lateKnown } = workOut(snapshot)
      const days = new Map(snapshot.nights.files.map((file) => [file.id, file.day]))
      const have = Map.groupBy(snapshot.nights.breaks, (one) => storedKey(one, days.get(one.fileId ?? '')))
      for (const one of breaks) {
        tally.checked()
        const key = expectedKey(one)
        const [found, ...others] = have.get(key) ?? []
        if (found === undefined) tally.violation(`there is no break ${key}`)
        else if (others.length > 0) have.set(key, others)
        else have.delete(key)
      }
      for (const one of [...have.values()].flat()) {
        const wasUnknown =
          one.code === 'pending_outcome' && one.state === 'cleared' && lateKnown.has(one.chargeId ?? '')
        if (!wasUnknown) tally.violation(`${one.id} is one too many: ${storedKey(one, days.get(one.fileId ?? ''))}`)
      }
    },
  },
  {
    name: 'each break was opened once, and promoted and cleared as it says',
    examine: ({ nights }, tally) => {
      const events = Map.groupBy(nights.breakEvents, (event) => event.breakId)
      for (const one of nights.breaks) {
        tally.checked()
        const count = (kind: string): number => (events.get(one.id) ?? []).filter((event) => event.kind === kind).length
        const want = {
          opened: 1,
          promoted: one.isPromoted ? 1 : 0,
          cleared: one.state === 'cleared' ? 1 : 0,
          reopened: 0,
        }
        for (const [kind, times] of Object.entries(want))
          if (count(kind) !== times) tally.violation(`${one.id} was ${kind} ${count(kind)} times, not ${times}`)
      }
    },
  },
]

function checkBalances(
  nights: Nights,
  fileId: string,
  theirs: Snapshot['nights']['pspFiles'][number]['balances'],
  violation: (sentence: string) => void,
): void {
  const stored = new Map(nights.statements.flatMap((row) => (row.fileId === fileId ? [[row.currency, row]] : [])))
  for (const { currency, opening, closing } of theirs) {
    const row = stored.get(currency)
    if (row?.opening !== opening || row.closing !== closing)
      violation(
        `${fileId} goes from ${row?.opening} to ${row?.closing} ${currency}, its bytes ${opening} to ${closing}`,
      )
  }
  if (stored.size !== theirs.length) violation(`${fileId} has ${stored.size} statements, its bytes ${theirs.length}`)
}

const storedKey = (one: StoredBreak, day: string | undefined): string =>
  keyOf(one, one.chargeId, one.line === undefined ? undefined : `${day}:${one.line}`)

const expectedKey = (one: ExpectedBreak): string =>
  keyOf(one, one.chargeId, one.at === undefined ? undefined : `${one.at.day}:${one.at.line}`)

const keyOf = (
  one: Pick<StoredBreak, 'code' | 'class' | 'state' | 'difference' | 'isPromoted'>,
  charge: string | undefined,
  line: string | undefined,
): string =>
  `${one.state} ${one.class} ${one.code} of ${charge ?? 'no charge'} and ${line === undefined ? 'no line' : `line ${line}`}` +
  ` over ${one.difference ?? 'nothing'}${one.isPromoted ? ', promoted' : ''}`
