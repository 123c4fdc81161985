import { Refusal } from '../../platform/errors.ts'
import type { Approval, Period, Periods, Resolution, Resolutions } from '../../reconciliation/index.ts'
import { A_UUID } from './fake-nights.ts'

/** One break that can be resolved, one resolution and one approval; `asked` has what was asked for. */
export type FakeResolutions = Resolutions & { readonly asked: unknown[] }

const AT = new Date(Date.UTC(2026, 2, 4))

const RESOLUTION: Resolution = {
  id: A_UUID,
  source: 'simulator',
  verb: 'write_off',
  reason: 'uncollectable',
  note: null,
  state: 'proposed',
  breakIds: [A_UUID],
  entry: {
    postings: [
      { account: 'expense:write_off', amount: '100', currency: 'EUR' },
      { account: 'psp:simulator:receivable', amount: '-100', currency: 'EUR' },
    ],
    releases: [{ orderId: A_UUID, seller: 'anna', amount: '1150', currency: 'EUR' }],
  },
  makerKeyId: A_UUID,
  makerName: 'ann',
  approvalId: A_UUID,
  proposedAt: AT,
  appliedAt: null,
  entryId: null,
  undoneAt: null,
  undoReason: null,
  undoEntryId: null,
}

const APPROVAL: Approval = {
  id: A_UUID,
  kind: 'resolution',
  subjectId: A_UUID,
  state: 'waiting',
  makerKeyId: A_UUID,
  makerName: 'ann',
  requestedAt: AT,
  expiresAt: AT,
  checkerKeyId: null,
  checkerName: null,
  note: null,
  decidedAt: null,
}

const requireKnown = (id: string): void => {
  if (id !== A_UUID) throw new Refusal('not_found', 'There is no such thing.')
}

export function createFakeResolutions(): FakeResolutions {
  const asked: unknown[] = []
  const ask = <T>(id: string, request: unknown, answer: T): T => {
    requireKnown(id)
    asked.push(request)
    return answer
  }
  return {
    asked,
    preview: async (request) =>
      ask(request.breakId, request, { breakIds: [A_UUID], entry: RESOLUTION.entry, needsApproval: true }),
    propose: async (request) => ask(request.breakId, request, { resolution: RESOLUTION, replayed: false }),
    previewUnmatch: async (request) =>
      ask(request.runId, request, { breakIds: [], entry: RESOLUTION.entry, needsApproval: true }),
    unmatch: async (request) =>
      ask(request.runId, request, { resolution: { ...RESOLUTION, verb: 'unmatch' }, replayed: false }),
    get: async (id) => (id === A_UUID ? RESOLUTION : undefined),
    list: async () => ({ data: [RESOLUTION], hasMore: false }),
    undo: async (request) =>
      ask(request.id, request, { ...RESOLUTION, state: 'undone', undoneAt: AT, undoReason: 'x' }),
    getApproval: async (id) => (id === A_UUID ? APPROVAL : undefined),
    listApprovals: async () => ({ data: [APPROVAL], hasMore: false }),
    decide: async (decision) => ask(decision.id, decision, { ...APPROVAL, state: decision.decision }),
    annotate: async (ids, annotation) => {
      for (const id of ids) ask(id, annotation, undefined)
    },
    bulk: async (items) => items.map(({ breakId }) => ask(breakId, breakId, { breakId, outcome: 'unchanged' })),
    auditLog: async () => ({
      data: [
        {
          seq: 1n,
          at: AT,
          keyId: A_UUID,
          actor: 'ann',
          action: 'resolution.proposed',
          object: 'res_1',
          detail: { verb: 'write_off' },
          requestId: null,
          hash: Buffer.alloc(32),
        },
      ],
      hasMore: true,
    }),
    verifyAudit: async () => ({ ok: true, rows: 1n, head: Buffer.alloc(32), findings: [] }),
  }
}

/** One source, which is closed through a day. */
export function fakePeriods({ asked }: FakeResolutions): Periods {
  const events = [
    { kind: 'closed', closedThrough: '2026-03-03', by: 'ann', reason: 'done', approvalId: null, at: AT },
  ] as const
  const period: Period = { source: 'simulator', closedThrough: '2026-03-03', events }
  const ask = <T>(request: { readonly source: string }, answer: T): T => {
    if (request.source !== 'simulator') throw new Refusal('source_not_found', 'There is no such source.')
    asked.push(request)
    return answer
  }
  return {
    list: async () => [period],
    close: async (request) => ask(request, period),
    reopen: async (request) => ask(request, { ...APPROVAL, kind: 'period_reopening' }),
  }
}
