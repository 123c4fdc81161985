import type { ApiInvariants, ApiVerification } from './api-types.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import { createWaiting } from './progress.ts'

/** The whole chain is read again, posting by posting. */
const TIMEOUT_MS = 60 * 60_000

/**
 * Invariants and the hash chain. Prints every finding; a ledger with one is not verified. `anchor` is the hash of a day that an
 * earlier check printed: whoever cuts off the newest days takes their anchors along, and only somebody outside remembers them.
 */
export async function ledgerVerify(context: Context, anchor?: string): Promise<number> {
  if (anchor !== undefined && !/^[0-9a-f]{64}$/.test(anchor))
    throw new CliFailure({
      message: `"${anchor}" is no hash: it has 64 digits of 0-9 and a-f, as ledger verify prints it`,
      next: 'npx tallystick ledger verify',
      code: 'usage',
    })
  const client = await context.client()
  const waiting = createWaiting(context.io, 'reading the ledger again')
  let invariants: ApiInvariants
  let verification: ApiVerification
  try {
    invariants = await client.get<ApiInvariants>('/v1/ledger/invariants', {}, { timeoutMs: TIMEOUT_MS })
    verification = await client.get<ApiVerification>(
      '/v1/ledger/verification',
      anchor === undefined ? {} : { anchor },
      { timeoutMs: TIMEOUT_MS },
    )
  } finally {
    waiting.stop()
  }
  const ok = invariants.ok && verification.ok
  context.show({ ok, invariants, verification }, () => printResult(context, invariants, verification))
  return ok ? EXIT.ok : EXIT.negative
}

function printResult(context: Context, invariants: ApiInvariants, verification: ApiVerification): void {
  const { output, style } = context
  const newest = verification.newest_anchor
  output.table(
    [
      { title: 'check' },
      { title: 'state', paint: (padded, text) => (text === 'ok' ? style.good(padded) : style.bad(padded)) },
      { title: 'detail' },
    ],
    [
      ...invariants.checks.map((check) => [check.name, check.ok ? 'ok' : 'broken', check.detail]),
      ['hash_chain', verification.ok ? 'ok' : 'broken', checkedText(verification.checked)],
      ...(newest === undefined ? [] : [['newest_anchor', 'ok', `${newest.hash} of ${newest.day}`]]),
    ],
  )
  if (verification.findings.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'finding' },
      { title: 'chain' },
      { title: 'batch' },
      { title: 'entry' },
      { title: 'posting' },
      { title: 'detail' },
    ],
    verification.findings.map((finding) => [
      finding.kind,
      String(finding.chain ?? ''),
      String(finding.batch ?? ''),
      finding.entry ?? '',
      String(finding.posting ?? ''),
      finding.detail,
    ]),
  )
}

const checkedText = ({ batches, entries, postings }: ApiVerification['checked']): string =>
  `${batches} batches, ${entries} entries, ${postings} postings`
