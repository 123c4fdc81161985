import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Reply } from './client.ts'
import type { Random } from './random.ts'
import { asAmount, asArray, asObject, asText, readPayment } from './wire.ts'
import type { Witness } from './witness.ts'

/**
 * Reads as an operator would while everything is falling over. What must hold at the end must hold at
 * every instant: lists answer, the trial balance balances, no invariant is broken for a moment.
 */
export async function browse(deps: {
  readonly client: Client
  readonly witness: Witness
  readonly random: Random
  readonly signal: AbortSignal
}): Promise<void> {
  const { client, witness, random, signal } = deps
  while (!signal.aborted) {
    const look = planLook(random, witness.acknowledgedPayments())
    const reply = await client.once({ method: 'GET', path: look.path }).catch(() => undefined)
    if (reply !== undefined) examine(look, reply, witness)
    await delay(random.int(50, 500))
  }
}

type Look = {
  readonly path: string
  /** What is wrong with an answer of 200, if anything. */
  readonly complaint: (body: unknown, witness: Witness, askedAt: number) => string | undefined
  /** Things that may not exist yet. */
  readonly mayBeMissing?: true
}

function planLook(random: Random, known: readonly string[]): Look {
  const seller = `seller-${random.int(0, 39)}`
  const id = known[random.int(0, Math.max(0, known.length - 1))]
  const ofPayment: readonly Look[] =
    id === undefined
      ? []
      : [
          { path: `/v1/payments/${id}/timeline`, complaint: fine },
          { path: `/v1/payments/${id}/whereabouts`, complaint: fine },
          { path: `/v1/ledger/entries?payment=${id}`, complaint: fine },
        ]
  const status = random.pick(['processing', 'succeeded', 'failed', 'authorised', 'canceled', 'requires_action'])
  return random.pick<Look>([
    { path: `/v1/payments?limit=${random.int(1, 200)}`, complaint: sawPayments },
    { path: `/v1/payments?status=${status}`, complaint: sawPayments },
    { path: `/v1/payments?seller=${seller}&limit=20`, complaint: sawPayments },
    { path: `/v1/wallets/${seller}`, complaint: fine, mayBeMissing: true },
    { path: `/v1/wallets/${seller}/statement`, complaint: fine, mayBeMissing: true },
    { path: '/v1/ledger/accounts', complaint: fine },
    { path: '/v1/ledger/entries?limit=100', complaint: fine },
    { path: '/v1/ledger/trial_balance', complaint: unbalanced },
    { path: '/v1/ledger/invariants', complaint: broken },
    ...ofPayment,
  ])
}

function examine(look: Look, reply: Reply, witness: Witness): void {
  if (reply.status === 503 || reply.status === 429 || reply.status === 500) return
  if (reply.status === 404 && look.mayBeMissing === true) return
  if (reply.status !== 200) {
    witness.unexpected(`GET ${look.path} gave ${reply.status}: ${JSON.stringify(reply.body)}`)
    return
  }
  const complaint = look.complaint(reply.body, witness, reply.askedAt)
  if (complaint !== undefined) witness.unexpected(`GET ${look.path}: ${complaint}`)
}

const fine = (): undefined => undefined

function sawPayments(body: unknown, witness: Witness, askedAt: number): undefined {
  for (const payment of asArray(asObject(body, 'list')['data'], 'data')) witness.saw(readPayment(payment), askedAt)
}

function unbalanced(body: unknown): string | undefined {
  for (const item of asArray(asObject(body, 'trial balance')['currencies'], 'currencies')) {
    const side = asObject(item, 'currency')
    const [debits, credits] = [asAmount(side['debits'], 'debits'), asAmount(side['credits'], 'credits')]
    if (debits !== credits) return `${asText(side['currency'], 'currency')} has ${debits} debits and ${credits} credits`
  }
  return undefined
}

function broken(body: unknown): string | undefined {
  const invariants = asObject(body, 'invariants')
  if (invariants['ok'] === true) return undefined
  const checks = asArray(invariants['checks'], 'checks').map((check) => asObject(check, 'check'))
  return JSON.stringify(checks.filter((check) => check['ok'] !== true))
}
