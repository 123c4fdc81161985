import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { paymentBody, startTestServer, type TestServer } from './support/server.ts'
import { waitFor } from './support/wait-for.ts'

/** The live view over HTTP, with the simulator: how records stand before their night, and that the night takes their place. */

type Side = { readonly amount: number; readonly reference?: string; readonly break?: string; readonly told_by?: string }
type Item = { readonly code?: string; readonly due_on?: string; readonly ours?: Side; readonly theirs?: Side }
type Standing = { readonly items: number; readonly sums: readonly object[] }
type View = Readonly<Record<'matched' | 'waiting_for_psp' | 'waiting_for_us' | 'differing', Standing>> & {
  readonly settled_through?: string
  readonly behind: object
}
type Break = {
  readonly id: string
  readonly code: string
  readonly business_date: string
  readonly ours?: object
  readonly theirs?: object
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  // In the morning: the hours that pass below end within the day.
  const now = Temporal.Instant.from(String((await server.get('/v1/test/clock')).body['now']))
  await advance({ hours: (24 + 8 - now.toZonedDateTimeISO('UTC').hour) % 24 || 24 })
})
afterAll(() => server.stop())

const buy = async (amount: number, method = 'pm_test_magic'): Promise<string> => {
  const { status, text, body } = await server.post(
    '/v1/payments',
    paymentBody({ currency: 'EUR', payment_method: method, orders: [{ seller: `seller ${amount}`, amount }] }),
  )
  expect(status, text).toBe(201)
  return String(body['id'])
}

const advance = async (by: { readonly days?: number; readonly hours?: number }): Promise<void> => {
  const { status, text } = await server.post('/v1/test/clock/advance', by)
  expect(status, text).toBe(200)
}

const read = async <T>(path: string): Promise<T> => JSON.parse((await server.get(path)).text) as T
const view = () => read<View>('/v1/recon_live?source=simulator')
const items = async (state: string): Promise<readonly Item[]> =>
  (await read<{ data: Item[] }>(`/v1/recon_live/items?source=simulator&state=${state}&limit=200`)).data
const openBreaks = async (): Promise<readonly Break[]> =>
  (await read<{ data: Break[] }>('/v1/breaks?state=open&limit=200')).data

/** The breaks that the view shows, and those that wait for their other side. */
async function sameBreaks(): Promise<readonly [shown: readonly unknown[], open: readonly string[]]> {
  const shown = [...(await items('waiting_for_psp')), ...(await items('waiting_for_us')), ...(await items('differing'))]
  const open = (await openBreaks()).filter(({ ours, theirs }) => (ours === undefined) !== (theirs === undefined))
  return [
    shown.map(({ ours, theirs, code }) => `${(ours ?? theirs)?.break} ${code}`).toSorted(),
    open.map(({ id, code }) => `${id} ${code}`).toSorted(),
  ]
}

describe('the live view', () => {
  it('shows what is matched by webhook and what waits, and nothing of what was not captured', async () => {
    await buy(1_000, 'pm_test_visa')
    await buy(2_042) // Never charged.
    const told = await buy(2_044) // Told by webhook, twice.
    await buy(2_043) // Its webhook is lost.
    await advance({ hours: 1 })

    const { matched, waiting_for_psp, waiting_for_us, differing, behind } = await view()

    expect(behind).toEqual({ ledger_batches: 0, webhooks: 0, settlement_files: 0 })
    expect(matched).toEqual({ items: 1, sums: [{ currency: 'EUR', items: 1, amount: 2_044 }] })
    expect(waiting_for_psp).toMatchObject({
      items: 2,
      sums: [{ code: 'awaiting_settlement', currency: 'EUR', items: 2, amount: 3_043 }],
    })
    expect([waiting_for_us.items, differing.items]).toEqual([0, 0])
    const [pair] = await items('matched')
    expect(pair?.theirs).toMatchObject({ told_by: 'webhook', amount: 2_044 })
    expect(pair?.ours?.reference).toBe(pair?.theirs?.reference)
    expect((await server.get(`/v1/payments/${told}/whereabouts`)).text).toContain(
      "What we booked is what the PSP's webhook says. The night confirms it by the file.",
    )
  })

  it('is emptied by the night but for what the night leaves open, under the same codes', async () => {
    for (const digits of [44, 50, 51, 52, 53, 54, 55, 56, 57, 58]) await buy(3_000 + digits)
    await advance({ days: 1 })

    const { settled_through, matched, behind } = await view()
    const [shown, open] = await sameBreaks()

    expect(settled_through).toBe((await openBreaks())[0]?.business_date)
    expect(shown).toEqual(open)
    expect(open.map((each) => each.split(' ')[1]).toSorted()).toEqual([
      'awaiting_settlement',
      'awaiting_settlement',
      'duplicate_external',
      'missing_internal',
    ])
    expect([matched.items, behind]).toEqual([0, { ledger_batches: 0, webhooks: 0, settlement_files: 0 }])
  })

  it('goes on after a restart and on a second node, and nothing is taken in twice', async () => {
    const other = await server.another()
    await Promise.all(Array.from({ length: 40 }, (_, n) => buy(4_000 + n * 100 + (n % 2 === 0 ? 44 : 1))))
    await server.restart()
    await Promise.all(Array.from({ length: 20 }, (_, n) => buy(9_000 + n * 100 + (n % 2 === 0 ? 44 : 1))))
    await advance({ hours: 1 })
    await other.close()

    const { matched, waiting_for_psp, differing } = await view()

    // The two that wait since the night before, and 30 whose webhooks the simulator does not send.
    expect([matched.items, waiting_for_psp.items, differing.items]).toEqual([30, 32, 1])
    const { checks } = await read<{ checks: { name: string; ok: boolean }[] }>('/v1/ledger/invariants')
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
  })

  it('shows after the next nights what they promoted and cleared', async () => {
    await advance({ days: 2 })

    const [shown, open] = await sameBreaks()

    expect(shown).toEqual(open)
    expect(open.map((each) => each.split(' ')[1]).toSorted()).toEqual([
      'duplicate_external',
      'missing_external',
      'missing_internal',
    ])
    const { matched, waiting_for_psp, waiting_for_us, differing } = await view()
    expect([matched, waiting_for_psp, waiting_for_us, differing].map((each) => each.items)).toEqual([0, 1, 1, 1])
  })

  it('lets go of what people resolve at once, and has it back when that is undone', async () => {
    const [twice] = (await openBreaks()).filter(({ code }) => code === 'duplicate_external')
    const shows = async (count: number): Promise<boolean> => (await view()).differing.items === count
    const resolution = { verb: 'mark_duplicate', reason: 'settled_twice' }

    const resolved = await server.post(`/v1/breaks/${twice?.id}/resolutions`, resolution)
    expect(resolved.status, resolved.text).toBe(201)
    await waitFor(() => shows(0), { what: 'the resolved break to leave' })
    const undone = await server.post(`/v1/resolutions/${resolved.body['id']}/undo`, { reason: 'By mistake.' })
    await waitFor(() => shows(1), { what: 'the break to come back' })

    expect(undone.status, undone.text).toBe(200)
    const [shown, open] = await sameBreaks()
    expect(shown).toEqual(open)
    const { checks } = await read<{ checks: { name: string; ok: boolean }[] }>('/v1/ledger/invariants')
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
  })

  it('has both records of a pair that people take apart at once, and lets go of them when that is undone', async () => {
    type Match = { readonly code?: string; readonly theirs: { readonly file: string; readonly line: number } }
    const [run] = (await read<{ data: { id: string }[] }>('/v1/recon_runs?status=completed&limit=3')).data.slice(2)
    const [pair] = (await read<{ data: Match[] }>(`/v1/recon_runs/${run?.id}/matches?rule=exact`)).data.filter(
      ({ code }) => code === undefined,
    )
    const { file, line } = pair?.theirs ?? {}
    const before = await sameBreaks()
    const shows = async (count: number): Promise<boolean> => (await sameBreaks())[0].length === before[0].length + count

    const apart = await server.post(`/v1/recon_runs/${run?.id}/unmatches`, { file, line, reason: 'wrong_pair' })
    expect(apart.status, apart.text).toBe(201)
    await waitFor(() => shows(2), { what: 'both records to come' })
    const [shown, open] = await sameBreaks()
    expect(shown).toEqual(open)
    const undone = await server.post(`/v1/resolutions/${apart.body['id']}/undo`, { reason: 'By mistake.' })
    expect(undone.status, undone.text).toBe(200)
    await waitFor(() => shows(0), { what: 'both records to leave' })

    expect(await sameBreaks()).toEqual(before)
  })

  it('waits by the rules that are active on the day', async () => {
    const day = String((await server.get('/v1/test/clock')).body['now']).slice(0, 10)
    const posted = async (path: string, body: object, key = server.apiKey): Promise<Record<string, string>> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const { status, text } = await server.send('POST', path, headers, JSON.stringify(body))
      expect(status, text).toBeLessThan(300)
      return JSON.parse(text) as Record<string, string>
    }
    const { key } = await posted('/v1/api_keys', { name: 'Ben', scopes: ['write'] })
    const { id } = await posted('/v1/recon_rules', { source: 'simulator', settings: { lag_days: 3 }, reason: 'Slow.' })
    await posted(`/v1/recon_rules/${id}/test`, {})
    await posted(`/v1/recon_rules/${id}/activate`, { effective_on: day }, key)
    await buy(7_000, 'pm_test_visa')
    await advance({ hours: 1 })

    const waiting = (await items('waiting_for_psp')).find(({ ours }) => ours?.amount === 7_000)

    expect(waiting).toMatchObject({ code: 'awaiting_settlement' })
    expect(waiting?.due_on).toBe(Temporal.PlainDate.from(day).add({ days: 3 }).toString())
  })
})
