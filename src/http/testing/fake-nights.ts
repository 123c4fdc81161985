import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Break, Match, Run } from '../../reconciliation/index.ts'
import type { SettlementFile, SourceState, StoredStatement } from '../../settlement/index.ts'
import type { ReconciliationService, Services, SettlementFiles } from '../services.ts'
import { createFakeRules } from './fake-rules.ts'

/** Settlement files, runs and breaks in memory: files are kept by their bytes and never read. */
export type FakeNights = {
  readonly files: SettlementFiles
  readonly reconciliation: ReconciliationService
  readonly live: Services['live']
  readonly uploaded: Map<string, { readonly file: SettlementFile; readonly bytes: Buffer }>
  readonly started: Run[]
  /** Uploads that are under way. */
  readonly receiving: () => number
  /** How often work was asked to begin soon. */
  readonly hurries: () => number
}

export const A_UUID = '019a4c2f-7b3c-7d1e-8f20-a1b2c3d4e5f6'
const AT = new Date(Date.UTC(2026, 2, 4))

export function createFakeNights(): FakeNights {
  const uploaded: FakeNights['uploaded'] = new Map()
  const started: Run[] = []
  let hurries = 0
  const underWay = { count: 0 }
  const hurry = (): void => {
    hurries += 1
  }
  return {
    files: fakeFiles(uploaded, underWay, hurry),
    reconciliation: fakeReconciliation(started, hurry),
    live: FAKE_LIVE,
    uploaded,
    started,
    receiving: () => underWay.count,
    hurries: () => hurries,
  }
}

const requireSource = (source: string, pointer: string): void => {
  if (source === 'simulator') return
  const detail = `There is no source "${source}"; there is simulator.`
  throw new Refusal('source_not_found', detail, { errors: [{ pointer, detail }] })
}

const FAKE_LIVE: Services['live'] = {
  summary: async (source) => {
    requireSource(source, '?source')
    return {
      source,
      following: true,
      settledThrough: '2026-03-02',
      behind: { batches: 0n, webhooks: 0n, files: 0n },
      totals: [{ state: 'waiting_for_psp', code: 'awaiting_settlement', currency: 'EUR', items: 1n, amount: 1_250n }],
      oldest: { waitingForPsp: AT, waitingForUs: undefined },
    }
  },
  list: async (source) => {
    requireSource(source, '?source')
    return { data: [], hasMore: false }
  },
}

function fakeFiles(uploaded: FakeNights['uploaded'], underWay: { count: number }, hurry: () => void): SettlementFiles {
  const kept = () => [...uploaded.values()].map(({ file }) => file).reverse()
  return {
    receive: async ({ source, name, bytes }) => {
      requireSource(source, '?source')
      underWay.count += 1
      const content = await buffer(bytes).finally(() => {
        underWay.count -= 1
      })
      const sha256 = createHash('sha256').update(content).digest()
      const known = [...uploaded.values()].find(({ file }) => file.sha256.equals(sha256))
      if (known !== undefined) return { file: known.file, duplicate: true }
      const file = aFile({ name: name ?? 'unnamed', sha256, byteCount: BigInt(content.length) })
      uploaded.set(file.id, { file, bytes: content })
      return { file, duplicate: false }
    },
    noticed: hurry,
    list: async ({ limit, after }) => {
      const all = kept().filter(({ id }) => after === undefined || id < after)
      return { data: all.slice(0, limit), hasMore: all.length > limit }
    },
    get: async (id) => {
      const found = uploaded.get(id)
      return found && { ...found.file, statements: [STATEMENT] }
    },
    withdraw: async ({ id }) => {
      const found = uploaded.get(id)
      if (found === undefined) throw new Refusal('not_found', 'There is no such settlement file.')
      throw new Refusal('file_state', `It is ${found.file.status}.`, { facts: { status: found.file.status } })
    },
    content: async function* ({ originalBlobId }) {
      for (const { file, bytes } of uploaded.values()) if (file.originalBlobId === originalBlobId) yield bytes
    },
    sourceNames: ['simulator'],
    sources: async () => [A_SOURCE, { ...A_SOURCE, ...QUIET_SOURCE }],
    formats: [{ format: 'simulator_csv', title: 'Settlement file of the PSP simulator (CSV)', sources: ['simulator'] }],
  }
}

const aFile = (fields: Pick<SettlementFile, 'name' | 'sha256' | 'byteCount'>): SettlementFile => ({
  id: newId(),
  source: 'simulator',
  status: 'rejected',
  rejection: 'It does not add up.',
  format: 'simulator_csv',
  fileReference: null,
  businessDate: '2026-03-03',
  lineCount: 1n,
  control: 'fail',
  diagnostics: [{ severity: 'error', code: 'amount', line: 4, column: 8, message: 'No amount' }],
  receivedVia: 'uploaded',
  receivedAt: AT,
  originalBlobId: newId(),
  linesBlobId: null,
  supersedes: null,
  supersededBy: null,
  difference: null,
  withdrawal: null,
  newLines: null,
  deliveredSha256: null,
  ...fields,
})

const QUIET_SOURCE = {
  name: 'simulator',
  kind: 'psp',
  everyMinutes: undefined,
  lastFile: undefined,
  lastLookAt: undefined,
  lookProblem: undefined,
  nextLookAt: undefined,
  awaited: undefined,
  lateSince: undefined,
  overdue: 0,
} as const

const A_SOURCE: SourceState = {
  name: 'acme-bank',
  kind: 'sftp',
  zone: 'Europe/Berlin',
  formats: ['camt.053'],
  everyMinutes: 10,
  lastFile: aFile({ name: 'a.xml', sha256: Buffer.alloc(32, 1), byteCount: 7n }),
  lastLookAt: AT,
  lookProblem: 'sftp.acme.example:22 cannot be used',
  nextLookAt: AT,
  awaited: { businessDate: '2026-03-03', by: AT },
  lateSince: AT,
  overdue: 1,
}

const STATEMENT: StoredStatement = {
  account: 'SIM-1',
  currency: 'EUR',
  opening: 0n,
  closing: null,
  businessDate: null,
  sequence: null,
  lineCount: 1n,
  credits: 9_007_199_254_740_993n,
  debits: -5n,
  totals: [{ kind: 'charge', lines: 1, amount: '1250', fee: '66' }],
  control: { status: 'fail', what: 'the closing balance in EUR', stated: '1183', computed: '1184', difference: '1' },
}

function fakeReconciliation(started: Run[], hurry: () => void): ReconciliationService {
  return {
    startRun: async ({ source, businessDate }) => {
      requireSource(source, '/source')
      const known = started.find((run) => run.businessDate === businessDate)
      if (known !== undefined) return known
      const run = { ...QUEUED, id: newId(), businessDate }
      started.push(run)
      return run
    },
    hurry,
    getRun: async (id) => (id === A_UUID ? COMPLETED : started.find((run) => run.id === id)),
    listRuns: async ({ after }) =>
      after === undefined ? { data: [COMPLETED], hasMore: true } : { data: [], hasMore: false },
    matches: fakeMatches,
    rules: createFakeRules(requireSource),
    dryRun: fakeDryRun,
    verify: fakeVerify,
    report: fakeReport,
    changes: fakeChanges,
    payoutWaterfall: async (id) => {
      requireCompared(id)
      return { run: COMPLETED, fileId: A_UUID, statements: [], payouts: [] }
    },
    getBreak: async (id) => (id === A_UUID ? { ...A_BREAK, events: [EVENT] } : undefined),
    suggest: async (id) => {
      if (id !== A_UUID) throw new Refusal('not_found', 'There is no such break.')
      return []
    },
    ageing: async () => [
      {
        minDays: 91,
        maxDays: null,
        class: 'real',
        count: 1n,
        snoozed: 0n,
        oldestOn: '2025-01-01',
        amounts: [{ currency: 'EUR', amount: 100n }],
      },
    ],
    listBreaks: async ({ state }) => ({ data: state === 'cleared' ? [] : [A_BREAK, FILE_BREAK], hasMore: false }),
  }
}

const A_MATCH: Match = {
  position: 0n,
  rule: 'psp_reference',
  code: 'amount_mismatch',
  charge: { attemptId: A_UUID, paymentId: A_UUID },
  payout: null,
  pspReference: '=ch_1',
  ours: { amount: 1250n, currency: 'EUR', occurredAt: AT, carried: false },
  theirs: {
    fileId: A_UUID,
    fileName: 'day "3", first.csv',
    line: 4,
    on: null,
    kind: 'charge',
    amount: -1150n,
    fee: 66n,
    currency: 'EUR',
    occurredAt: null,
    carried: true,
  },
  difference: 2400n,
  expectedFee: 63n,
  explanation: 'Matched by PSP id: =ch_1, because the line has no reference of ours.',
}

const requireCompared = (id: string): void => {
  if (id !== A_UUID) throw new Refusal('not_found', 'There is no such run.')
}

const fakeMatches: ReconciliationService['matches'] = {
  list: async (id, { after }) => {
    requireCompared(id)
    return after === undefined ? { data: [A_MATCH], hasMore: true } : { data: [], hasMore: false }
  },
  all: async function* () {
    yield [A_MATCH]
  },
}

const fakeDryRun: ReconciliationService['dryRun'] = async ({ source, businessDate, fileId, settings }) => {
  requireSource(source, '/source')
  return {
    source,
    businessDate,
    fileId: fileId ?? A_UUID,
    settings: {
      name: source,
      zone: 'UTC',
      cutOff: '00:00',
      dayNamedBy: 'start',
      graceMinutes: 15,
      lagDays: 1,
      feeSchedule: undefined,
      ...settings,
    },
    ours: 2n,
    theirs: 1n,
    matched: 1n,
    breaks: 1n,
    proof: [{ currency: 'EUR', ours: 3250n, theirs: 2000n, difference: 1250n, explained: 1250n, unexplained: 0n }],
    waterfall: [{ currency: 'EUR', code: 'missing_external', class: 'real', count: 1n, amount: 1250n }],
    changes: [{ change: 'opened', code: 'missing_external', class: 'real', count: 1n, currency: 'EUR', amount: 1250n }],
    tolerated: [{ currency: 'EUR', pairs: 1n, amount: 2n }],
    resolved: 0n,
    correctionsDue: false,
  }
}

const fakeVerify: ReconciliationService['verify'] = async (id) => {
  requireCompared(id)
  const hash = Buffer.alloc(32, 7)
  return {
    identical: true,
    outcome: { stored: hash, computed: hash, differingRows: 0n },
    verdict: { stored: hash, computed: hash },
    report: { sha256: hash, intact: true },
  }
}

const fakeReport: ReconciliationService['report'] = async (id) => {
  requireCompared(id)
  const content = Buffer.from('{"schema":"tallystick.report/1"}')
  return {
    sha256: createHash('sha256').update(content).digest(),
    byteCount: BigInt(content.length),
    bytes: (async function* () {
      yield content
    })(),
  }
}

const fakeChanges: ReconciliationService['changes'] = async (id) => {
  requireCompared(id)
  return {
    previousRunId: A_UUID,
    changes: [
      { change: 'opened', code: 'missing_external', class: 'real', count: 2n, currency: 'EUR', amount: -5n },
      { change: 'cleared', code: 'control_total_mismatch', class: 'real', count: 1n, currency: null, amount: null },
    ],
  }
}

const QUEUED: Run = {
  id: A_UUID,
  source: 'simulator',
  businessDate: '2026-03-03',
  status: 'queued',
  phase: null,
  fileId: null,
  ours: null,
  theirs: null,
  matched: null,
  breaks: null,
  proof: [],
  tolerated: [],
  requestedAt: AT,
  lateSince: null,
  startedAt: null,
  completedAt: null,
  failure: null,
  step: null,
  recordsRead: null,
  posted: 0n,
  bookable: null,
  ruleVersion: null,
}

const COMPLETED: Run = {
  ...QUEUED,
  status: 'completed',
  fileId: A_UUID,
  ours: 2n,
  theirs: 1n,
  matched: 1n,
  breaks: 1n,
  proof: [{ currency: 'EUR', ours: 3250n, theirs: 2000n, difference: 1250n, explained: 1250n, unexplained: 0n }],
  startedAt: AT,
  completedAt: AT,
}

const A_BREAK: Break = {
  id: A_UUID,
  source: 'simulator',
  code: 'amount_mismatch',
  class: 'real',
  state: 'open',
  businessDate: '2026-03-03',
  dueOn: null,
  payout: undefined,
  unparsed: undefined,
  ours: {
    attemptId: A_UUID,
    paymentId: A_UUID,
    pspReference: 'ch_1',
    amount: 1250n,
    currency: 'EUR',
    occurredAt: AT,
    businessDate: '2026-03-03',
  },
  theirs: {
    fileId: A_UUID,
    fileName: 'settlement_2026-03-03.csv',
    line: 4,
    kind: 'charge',
    status: 'captured',
    reference: null,
    pspReference: 'ch_1',
    amount: 1150n,
    fee: 66n,
    currency: 'EUR',
    occurredAt: null,
  },
  fileId: A_UUID,
  difference: 100n,
  currency: 'EUR',
  openedInRun: A_UUID,
  openedAt: AT,
  promotedAt: null,
  reopenedAt: null,
  clearedInRun: null,
  clearedAt: null,
  resolvedAt: null,
  resolutionId: null,
  proposalId: null,
  assignee: null,
  tags: [],
  snoozedUntil: null,
  version: 'abcdef012345',
  explanation: 'We have 12.50 EUR and simulator settles 11.50 EUR.',
}

const FILE_BREAK: Break = {
  ...A_BREAK,
  code: 'control_total_mismatch',
  state: 'cleared',
  ours: undefined,
  theirs: undefined,
  difference: null,
  currency: null,
  clearedInRun: A_UUID,
  clearedAt: AT,
}

const EVENT = { kind: 'opened', runId: A_UUID, businessDate: '2026-03-03', by: null, at: AT, detail: null }
