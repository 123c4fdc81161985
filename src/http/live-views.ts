import { publicId } from '../platform/ids.ts'
import { explainLive, LIVE_STATES, type LivePair, type LiveState, type LiveSummary } from '../reconciliation/index.ts'
import { given, idOf, instant } from './night-views.ts'

/** The live view of reconciliation in the form of the API. */

export function liveBody({ source, following, settledThrough, behind, totals, oldest }: LiveSummary) {
  const oldestAt: Partial<Record<LiveState, Date | undefined>> = {
    waiting_for_psp: oldest.waitingForPsp,
    waiting_for_us: oldest.waitingForUs,
  }
  const standing = (state: LiveState) => {
    const sums = totals.filter((total) => total.state === state)
    return {
      items: Number(sums.reduce((all, { items }) => all + items, 0n)),
      sums: sums.map(({ code, currency, items, amount }) => ({
        currency,
        items: Number(items),
        amount,
        ...given({ code }),
      })),
      ...given({ oldest_at: instant(oldestAt[state]) }),
    }
  }
  const [matched, waitingForPsp, waitingForUs, differing] = LIVE_STATES
  return {
    object: 'recon_live' as const,
    source,
    following,
    behind: {
      ledger_batches: Number(behind.batches),
      webhooks: Number(behind.webhooks),
      settlement_files: Number(behind.files),
    },
    [matched]: standing(matched),
    [waitingForPsp]: standing(waitingForPsp),
    [waitingForUs]: standing(waitingForUs),
    [differing]: standing(differing),
    ...given({ settled_through: settledThrough }),
  }
}

export const liveItemBody = (pair: LivePair) => ({
  object: 'recon_live_item' as const,
  state: pair.state,
  explanation: explainLive(pair),
  ...given({
    code: pair.code,
    due_on: pair.dueOn,
    due_at: instant(pair.dueAt),
    ours: oursBody(pair.ours),
    theirs: theirsBody(pair.theirs),
  }),
})

const dateOf = (ms: bigint): string => new Date(Number(ms)).toISOString()

function oursBody(ours: LivePair['ours']) {
  if (ours?.item.side !== 'ours') return undefined
  const { record } = ours.item
  return {
    payment: publicId('pay', record.payment_id),
    attempt: publicId('att', record.attempt_id),
    reference: publicId('att', record.attempt_id),
    amount: record.ours_amount,
    currency: record.ours_currency,
    occurred_at: dateOf(record.ours_ms),
    business_date: record.business_date,
    ...given({ psp_reference: record.ours_psp_reference, break: idOf('brk', record.ours_break) }),
  }
}

function theirsBody(theirs: LivePair['theirs']) {
  if (theirs === undefined || theirs.item.side === 'ours') return undefined
  const { side, record } = theirs.item
  const place =
    side === 'line'
      ? {
          file: publicId('sf', record.file_id),
          line: record.line,
          ...given({ break: idOf('brk', record.theirs_break) }),
        }
      : {}
  return {
    told_by: side === 'line' ? ('file' as const) : ('webhook' as const),
    amount: record.theirs_amount,
    currency: record.theirs_currency,
    ...place,
    ...given({
      reference: record.reference,
      psp_reference: record.psp_reference,
      business_date: record.day,
      occurred_at: record.theirs_ms === null ? undefined : dateOf(record.theirs_ms),
    }),
  }
}
