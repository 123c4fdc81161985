import type { Client } from './client.ts'
import type { Entry, PaymentSeen, Probe, Snapshot, TrialBalanceSeen, WalletSeen } from './snapshot.ts'
import { asAmount, asArray, asObject, asText, readEntry, readPayment } from './wire.ts'

type Seen = Pick<Snapshot, 'payments' | 'wallets' | 'trialBalance' | 'entriesSeen' | 'probes'>

/** Reads under way at the same time. */
const READERS = 8

/** Everything that the audit wants to see through the API, asked of a server that nobody disturbs any more. */
export async function collectApi(client: Client, sellers: readonly string[]): Promise<Seen> {
  const payments = (await listAll(client, '/v1/payments')).map(readPayment)
  const probes: Probe[] = [await ledgerProbe(client, 'invariants'), await ledgerProbe(client, 'verification')]
  const wallets: WalletSeen[] = []
  await inTurns(sellers, async (seller) => {
    const { probe, balances } = await readWallet(client, seller)
    probes.push(probe)
    wallets.push(...balances)
  })
  await inTurns(payments, async (payment) => {
    probes.push(await probeTimeline(client, payment), await probeWhereabouts(client, payment))
  })
  const entriesSeen: readonly Entry[] = (await listAll(client, '/v1/ledger/entries')).map(readEntry)
  return { payments, wallets, trialBalance: await readTrialBalance(client), entriesSeen, probes }
}

async function get(client: Client, path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  return client.insist({ method: 'GET', path })
}

async function listAll(client: Client, path: string): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for (let cursor: string | undefined; ; ) {
    const { status, body } = await get(
      client,
      `${path}?limit=200${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    if (status !== 200) throw new Error(`GET ${path} gave ${status}: ${JSON.stringify(body)}`)
    const page = asObject(body, path)
    items.push(...asArray(page['data'], `data of ${path}`))
    if (page['has_more'] !== true) return items
    cursor = asText(page['next_cursor'], `next_cursor of ${path}`)
  }
}

async function ledgerProbe(client: Client, name: 'invariants' | 'verification'): Promise<Probe> {
  const { status, body } = await get(client, `/v1/ledger/${name}`)
  const ok = status === 200 && asObject(body, name)['ok'] === true
  return { name, subject: 'ledger', ok, detail: ok ? '' : `${status} ${JSON.stringify(body)}` }
}

async function readWallet(client: Client, seller: string) {
  const { status, body } = await get(client, `/v1/wallets/${seller}`)
  // A seller of whom nothing was ever captured has no wallet; the audit knows who must have one.
  if (status === 404) return { probe: { name: 'wallet', subject: seller, ok: true, detail: '' }, balances: [] }
  if (status !== 200)
    return {
      probe: { name: 'wallet', subject: seller, ok: false, detail: `${status} ${JSON.stringify(body)}` },
      balances: [],
    }
  const balances = asArray(asObject(body, 'wallet')['balances'], 'balances').map((item): WalletSeen => {
    const balance = asObject(item, `balance of ${seller}`)
    return {
      seller,
      currency: asText(balance['currency'], `currency of ${seller}`),
      pending: asAmount(balance['pending'], `pending of ${seller}`),
      available: asAmount(balance['available'], `available of ${seller}`),
      reserved: asAmount(balance['reserved'], `reserved of ${seller}`),
      owed: asAmount(balance['owed'], `owed of ${seller}`),
    }
  })
  const shown = new Map<string, bigint>(
    balances.flatMap(({ currency, pending, available }) => [
      [`${currency} pending`, pending] as const,
      [`${currency} available`, available] as const,
    ]),
  )
  const stated = await sumStatement(client, seller)
  const differing = [...new Set([...shown.keys(), ...stated.keys()])].filter(
    (bucket) => (shown.get(bucket) ?? 0n) !== (stated.get(bucket) ?? 0n),
  )
  const detail = differing
    .map((bucket) => `statement sums to ${stated.get(bucket) ?? 0n} ${bucket}, wallet ${shown.get(bucket) ?? 0n}`)
    .join(', ')
  return { probe: { name: 'wallet', subject: seller, ok: differing.length === 0, detail }, balances }
}

/** The pending and the available money of a seller as the lines of the statement add up to. */
async function sumStatement(client: Client, seller: string): Promise<ReadonlyMap<string, bigint>> {
  const sums = new Map<string, bigint>()
  for (const item of await listAll(client, `/v1/wallets/${seller}/statement`)) {
    const line = asObject(item, `statement line of ${seller}`)
    const bucket = `${asText(line['currency'], `currency in the statement of ${seller}`)} ${line['bucket']}`
    sums.set(bucket, (sums.get(bucket) ?? 0n) + asAmount(line['amount'], `amount in the statement of ${seller}`))
  }
  return sums
}

async function readTrialBalance(client: Client): Promise<readonly TrialBalanceSeen[]> {
  const { body } = await get(client, '/v1/ledger/trial_balance')
  return asArray(asObject(body, 'trial balance')['currencies'], 'currencies').map((item) => {
    const side = asObject(item, 'currency of the trial balance')
    const currency = asText(side['currency'], 'currency')
    return {
      currency,
      debits: asAmount(side['debits'], `debits in ${currency}`),
      credits: asAmount(side['credits'], `credits in ${currency}`),
      accounts: asArray(side['accounts'], `accounts in ${currency}`).map((row) => {
        const account = asObject(row, `account in ${currency}`)
        return {
          account: asText(account['account'], 'name of an account'),
          debits: asAmount(account['debits'], 'debits'),
          credits: asAmount(account['credits'], 'credits'),
          balance: asAmount(account['balance'], 'balance'),
        }
      }),
    }
  })
}

async function probeTimeline(client: Client, payment: PaymentSeen): Promise<Probe> {
  const { status, body } = await get(client, `/v1/payments/${payment.id}/timeline`)
  const ok = status === 200 && asArray(asObject(body, 'timeline')['data'], 'data of the timeline').length > 0
  return { name: 'timeline', subject: payment.id, ok, detail: ok ? '' : `${status} ${JSON.stringify(body)}` }
}

async function probeWhereabouts(client: Client, payment: PaymentSeen): Promise<Probe> {
  const { status, body } = await get(client, `/v1/payments/${payment.id}/whereabouts`)
  const answer = status === 200 ? asObject(body, 'whereabouts') : {}
  const ok =
    status === 200 &&
    typeof answer['sentence'] === 'string' &&
    answer['sentence'] !== '' &&
    asArray(answer['steps'], 'steps').length > 0
  return { name: 'whereabouts', subject: payment.id, ok, detail: ok ? '' : `${status} ${JSON.stringify(body)}` }
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const reader = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: READERS }, reader))
}
