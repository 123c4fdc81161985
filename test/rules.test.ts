import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../src/platform/audit/index.ts'
import { newId, publicId } from '../src/platform/ids.ts'
import { runsThatDiffer } from './support/corrections.ts'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { dayAt, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

/**
 * A PSP that settles every second charge two days late, where the source is declared with one day: each is promoted and then
 * clears. A version of the rules that waits two days would have spared these breaks.
 */

let database: TestDatabase
let nights: Nights
let maker: Actor
let checker: Actor
const late: string[] = []
const DAYS = 4

const at = (n: number): Date => new Date(`${dayAt(n)}T10:00:00Z`)

async function makeKey(name: string): Promise<Actor> {
  const id = newId()
  await nights.db.query(
    `insert into api_key (id, name, prefix, hash, scopes, mode, created_at)
     values ($1, $2, $3, sha256($3::text::bytea), array['write'], 'test', $4)`,
    [id, name, id, at(0)],
  )
  return { keyId: id, name }
}

async function night(n: number, lines: Parameters<typeof settlementText>[1]): Promise<void> {
  nights.endDay(n)
  await nights.upload(settlementText(dayAt(n), lines))
  await nights.night()
}

const rules = () => nights.reconciliation.rules
const draft = (settings: Parameters<ReturnType<typeof rules>['draft']>[0]['settings']) =>
  rules().draft({ source: 'simulator', settings, reason: 'The PSP is slow.', actor: maker })

beforeAll(async () => {
  database = await createTestDatabase()
  nights = openNights(database)
  maker = await makeKey('Ana')
  checker = await makeKey('Ben')
  const waiting: { readonly due: number; readonly line: ReturnType<typeof lineOf> }[] = []
  for (let n = 0; n < DAYS; n += 1) {
    const [good, slow] = [await sell(nights, at(n), {}), await sell(nights, at(n), {})]
    if (n + 2 < DAYS) late.push(slow.id)
    waiting.push({ due: n, line: lineOf(good, at(n)) }, { due: n + 2, line: lineOf(slow, at(n)) })
    await night(
      n,
      waiting.filter(({ due }) => due === n).map(({ line }) => line),
    )
  }
})
afterAll(async () => {
  await nights.close()
  await database.drop()
})

describe('rules that are tested on history', () => {
  it('say how many breaks they would have closed, and break no match', async () => {
    const { id } = await draft({ lagDays: 2 })

    const { status, test } = await rules().test({ id, days: 31 })

    expect(status).toBe('tested')
    expect(test).toMatchObject({ runs: DAYS, from: dayAt(0), to: dayAt(3), matchesBroken: 0, matchesGained: 0 })
    // Those of the first three days were promoted in the night after theirs.
    expect(test?.closed).toMatchObject({ breaks: 3, byCode: { missing_external: 3 } })
    expect(test?.opened).toEqual({ breaks: 0, byCode: {}, examples: [] })
    const subjects = test?.closed.examples.map(({ subject }) => subject)
    for (const each of late) expect(subjects).toContain(`att_${each.replaceAll('-', '')}`)
  })

  it('say how many right matches they would have broken', async () => {
    const { id } = await draft({ feeSchedule: { ratePpm: 29_000, fixed: 31n } })

    const { test } = await rules().test({ id, days: 2 })

    // Two of each day: its own good one, and the late one of two days before.
    expect(test).toMatchObject({ runs: 2, matchesBroken: 4, closed: { breaks: 0 } })
    expect(test?.opened).toMatchObject({ breaks: 4, byCode: { fee_mismatch: 4 } })
  })

  it('find the same as the runs when they are the same', async () => {
    const { id } = await draft({ lagDays: 1 })

    const { test } = await rules().test({ id, days: 31 })

    expect(test).toMatchObject({ matchesBroken: 0, matchesGained: 0, closed: { breaks: 0 }, opened: { breaks: 0 } })
  })
})

describe('rules that are activated', () => {
  it('are tested before, by somebody else than their maker, and for days that are not done', async () => {
    const { id } = await draft({ lagDays: 2 })
    const activate = (actor: Actor, effectiveOn: string) => rules().activate({ id, actor, effectiveOn })
    await expect(activate(checker, dayAt(4))).rejects.toMatchObject({ code: 'rule_state', facts: { status: 'draft' } })
    await rules().test({ id, days: 1 })

    await expect(activate(maker, dayAt(4))).rejects.toMatchObject({ code: 'approval_of_own' })
    await expect(activate(await makeKey(' ANA '), dayAt(4))).rejects.toMatchObject({ code: 'approval_of_own' })
    await expect(activate(checker, dayAt(3))).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/effective_on' }],
    })
    expect(await rules().get(id)).toMatchObject({ status: 'tested', activatedBy: null })
  })

  it('decide from their day on; runs before keep theirs, and all of them are computed again the same', async () => {
    const { id, version } = await draft({ lagDays: 2 })
    await rules().test({ id, days: 31 })
    const active = await rules().activate({ id, actor: checker, effectiveOn: dayAt(5) })
    await night(4, [])
    await sell(nights, at(5), {})
    await night(5, [])
    await night(6, [])

    const { data } = await nights.reconciliation.listRuns({ limit: 3 })
    const of = async (n: number) => nights.reconciliation.getRun(data[n]?.id ?? '')

    expect(active).toMatchObject({ status: 'active', draftedBy: 'Ana', activatedBy: 'Ben', effectiveOn: dayAt(5) })
    expect(await of(2)).toMatchObject({ businessDate: dayAt(4), ruleVersion: null, settings: { lagDays: 1 } })
    expect(await of(1)).toMatchObject({ businessDate: dayAt(5), ruleVersion: version, settings: { lagDays: 2 } })
    // A charge of the fifth day still waits on the sixth.
    const waiting = await nights.reconciliation.listBreaks({ code: 'awaiting_settlement', state: 'open', limit: 10 })
    expect(waiting.data.map(({ dueOn }) => dueOn)).toEqual([dayAt(7)])
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('stay as they are, whoever tries', async () => {
    const { id } = (await rules().list({ source: 'simulator', limit: 1 })).data[0] ?? {}
    const change = (what: string) => nights.db.query(`update recon_rule_version set ${what} where id = $1`, [id])

    await expect(rules().test({ id: id ?? '', days: 1 })).rejects.toMatchObject({ code: 'rule_state' })
    await expect(change(`settings = '{}'`)).rejects.toThrow('stays as it is')
    await expect(change('effective_on = effective_on + 1')).rejects.toThrow('stays as it is')
    await expect(nights.db.query('delete from recon_rule_version')).rejects.toThrow('denied')
  })

  it('are in the log of what people did', async () => {
    const { id, draftedAt, activatedAt, effectiveOn } =
      (await rules().list({ source: 'simulator', limit: 1 })).data[0] ?? expect.fail('there is no version')

    const rows = await nights.db.query(
      'select at, actor, action, detail from audit_log where object = $1 order by seq',
      [publicId('rul', id)],
    )

    expect(rows).toMatchObject([
      {
        at: draftedAt,
        actor: 'Ana',
        action: 'rules.drafted',
        detail: { source: 'simulator', reason: 'The PSP is slow.' },
      },
      { at: activatedAt, actor: 'Ben', action: 'rules.activated', detail: { effective_on: effectiveOn } },
    ])
  })

  it('are not older than those that are active: they would never count', async () => {
    const { data } = await rules().list({ source: 'simulator', limit: 10 })
    const older = data.find(({ status }) => status === 'tested') ?? expect.fail('no version is tested')

    const activated = rules().activate({ id: older.id, actor: checker, effectiveOn: '2030-01-01' })

    await expect(activated).rejects.toMatchObject({ code: 'rule_state', facts: { status: 'tested' } })
    expect(await rules().get(older.id)).toMatchObject({ status: 'tested', effectiveOn: null })
  })

  it('cannot be activated by their maker in the database either', async () => {
    const { id } = await draft({ graceMinutes: 5 })
    await rules().test({ id, days: 1 })
    const activate = nights.db.query(
      `update recon_rule_version set activator_key_id = maker_key_id, activated_at = $2, effective_on = '2030-01-01' where id = $1`,
      [id, at(9)],
    )

    await expect(activate).rejects.toMatchObject({ constraint: 'recon_rule_version_needs_two_people' })
  })
})

describe('a server that stops', () => {
  it('does not wait for the last day of a test of rules', async () => {
    const { id } = await draft({ lagDays: 3 })
    const tested = rules().test({ id, days: 31 })
    nights.reconciliation.stop()

    await expect(tested).rejects.toMatchObject({ code: 'unavailable' })
    expect(await rules().get(id)).toMatchObject({ status: 'draft', test: null })
  })
})
