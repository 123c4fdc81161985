import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anchorDay, type Finding } from './index.ts'
import { aManualEntry, anEntry, startTestLedger, type TestLedger } from './testing.ts'

/** Books that were changed behind the ledger's back: by their owner, with every trigger disabled. */

const TABLES = [
  'ledger_account',
  'ledger_chain',
  'ledger_batch',
  'ledger_anchor',
  'journal_entry',
  'posting',
  'manual_entry',
  'account_balance',
]

let test: TestLedger
/** Entries of batch 1 (two), 2 and 3 of chain 1; the last one is manual. Anchors stand after batch 1 and batch 3. */
let entries: { readonly first: string; readonly second: string; readonly third: string; readonly manual: string }

beforeAll(async () => {
  test = await startTestLedger()
  const { ledger, clock, db } = test
  for (const account of ['bank:main', 'sales:books'])
    await ledger.createAccount({ account, type: account === 'bank:main' ? 'asset' : 'income' })
  const [a, b, c] = [3000n, 4000n, 5000n].map((amount) =>
    anEntry([
      ['till', amount],
      ['drawer', -amount + 100n],
      ['safe', -100n],
    ]),
  )
  assert(a !== undefined && b !== undefined && c !== undefined)
  await test.post([a, b])
  await anchorDay(db, '2026-03-02')
  clock.set('2026-03-03T12:00:01.234Z')
  await test.post([c])
  const [manual] = await ledger.post([aManualEntry('bank:main', 'sales:books')])
  assert(manual !== undefined && 'entry' in manual)
  await anchorDay(db, '2026-03-03')
  entries = { first: a.id, second: b.id, third: c.id, manual: manual.entry.id }
  expect(await findings()).toEqual([])
  await test.owner.query('create schema kept')
  for (const table of TABLES) await test.owner.query(`create table kept.${table} as table tallystick.${table}`)
})
afterEach(restore)
afterAll(() => test.stop())

async function asTamperer(work: () => Promise<void>): Promise<void> {
  const { owner } = test
  await owner.query('set search_path = tallystick')
  for (const table of TABLES) await owner.query(`alter table ${table} disable trigger all`)
  await work()
  for (const table of TABLES) await owner.query(`alter table ${table} enable trigger all`)
}

/** Puts the books back as they were: each test finds them whole. */
function restore(): Promise<void> {
  return asTamperer(async () => {
    for (const table of TABLES) {
      await test.owner.query(`delete from ${table}`)
      await test.owner.query(`insert into ${table} overriding system value table kept.${table}`)
    }
  })
}

const findings = async (): Promise<readonly Finding[]> => (await test.ledger.verify()).findings

/** Runs statements as the owner with all triggers disabled, and gives what verification finds. */
async function tampered(...statements: readonly string[]): Promise<readonly Finding[]> {
  await asTamperer(async () => {
    for (const statement of statements)
      expect((await test.owner.query(statement)).rowCount, statement).toBeGreaterThan(0)
  })
  const verification = await test.ledger.verify()
  expect(verification.ok).toBe(verification.findings.length === 0)
  return verification.findings
}

const posting = (position: number, entry = entries.third): string => `entry_id = '${entry}' and position = ${position}`

/** The leaf that a posting would have had, as `docs/reference/ledger.md` says. */
const LEAF = `sha256(convert_to(
  '["posting/1",' || concat_ws(',', to_json(e.id::text)::text, to_json(e.kind)::text, to_json(e.fact)::text,
    coalesce(to_json(e.payment_event_id)::text, 'null'), coalesce(to_json(e.payment_order_id)::text, 'null'),
    coalesce(to_json(e.reverses)::text, 'null'), trim_scale(extract(epoch from e.occurred_at) * 1000)::text,
    trim_scale(extract(epoch from e.booked_at) * 1000)::text, to_json(e.accounting_date::text)::text, e.posting_count::text,
    p.position::text, to_json(a.name)::text, to_json(a.type)::text, to_json(p.amount::text)::text, to_json(p.currency::text)::text) || ']', 'UTF8'))`
const recomputeLeaf = (where: string): string =>
  `update posting set leaf = x.leaf from (select p.entry_id, p.position, ${LEAF} as leaf
     from posting p join journal_entry e on e.id = p.entry_id join ledger_account a on a.id = p.account_id) x
   where x.entry_id = posting.entry_id and x.position = posting.position and posting.${where.replace('position', 'posting.position')}`

describe('verification names', () => {
  it.each([
    ['amount', 'amount = amount + 1'],
    ['account', `account_id = (select id from ledger_account where name = 'safe')`],
    ['currency', `currency = 'USD'`],
    ['leaf', `leaf = sha256('other')`],
  ])('the posting whose %s was changed', async (_what, change) => {
    const found = await tampered(`update posting set ${change} where ${posting(2)}`)
    expect(found[0]).toMatchObject({ kind: 'posting_changed', chain: 1, batch: 2, entryId: entries.third, posting: 2 })
  })

  it('a changed posting and nothing beside it', async () => {
    const found = await tampered(`update posting set amount = amount + 1 where ${posting(2, entries.first)}`)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      entryId: entries.first,
      posting: 2,
      detail: expect.stringContaining('-2899 EUR on drawer'),
    })
  })

  it('the posting that was deleted', async () => {
    const found = await tampered(`delete from posting where ${posting(2)}`)
    expect(found[0]).toMatchObject({ kind: 'posting_missing', batch: 2, entryId: entries.third, posting: 2 })
    expect(found[1]).toMatchObject({ kind: 'batch_changed', batch: 2 })
  })

  it('the posting that was inserted', async () => {
    const found = await tampered(
      `insert into posting select entry_id, 4, account_id, amount, currency, leaf from posting where ${posting(1)}`,
    )
    expect(found[0]).toMatchObject({ kind: 'posting_added', batch: 2, entryId: entries.third, posting: 4 })
  })

  it('a posting without an entry', async () => {
    const found = await tampered(
      `insert into posting select gen_random_uuid(), 1, account_id, amount, currency, leaf from posting where ${posting(1)}`,
    )
    expect(found).toMatchObject([{ kind: 'posting_added', posting: 1 }])
  })

  it.each([
    ['fact', `fact = 'other'`],
    ['kind', `kind = 'late_success'`],
    ['occurred_at', `occurred_at = occurred_at - interval '1 day'`],
    ['occurred_at by a microsecond', `occurred_at = occurred_at + interval '1 microsecond'`],
    ['occurred_at to infinity', `occurred_at = 'infinity'`],
    ['booked_at', `booked_at = booked_at + interval '1 hour'`],
    ['accounting date', `accounting_date = accounting_date - 31`],
    ['payment', `payment_event_id = gen_random_uuid()`],
    ['reversal', `reverses = id`],
  ])('every posting of the entry whose %s was changed', async (_what, change) => {
    const found = await tampered(`update journal_entry set ${change} where id = '${entries.third}'`)
    expect(found.map((finding) => [finding.kind, finding.entryId, finding.posting])).toEqual(
      [1, 2, 3].map((position) => ['posting_changed', entries.third, position]),
    )
  })

  it('two postings that were swapped, leaves and all', async () => {
    const found = await tampered(
      `update posting set position = -position where entry_id = '${entries.third}' and position < 3`,
      `update posting set position = 3 + position where entry_id = '${entries.third}' and position < 0`,
    )
    expect(found.slice(0, 2).map((finding) => [finding.kind, finding.posting])).toEqual([
      ['posting_changed', 1],
      ['posting_changed', 2],
    ])
  })

  it('the batch when the leaf was computed again', async () => {
    const found = await tampered(
      `update posting set amount = amount + 1 where ${posting(2)}`,
      recomputeLeaf(posting(2)),
    )
    expect(found).toMatchObject([{ kind: 'batch_changed', chain: 1, batch: 2 }])
  })

  it('the batches between which an entry was moved', async () => {
    const found = await tampered(`update journal_entry set batch_seq = 2 where id = '${entries.second}'`)
    expect(found.map((finding) => [finding.kind, finding.batch])).toEqual([
      ['batch_changed', 1],
      ['batch_changed', 2],
    ])
  })

  it('an entry in no batch', async () => {
    const found = await tampered(`update journal_entry set batch_seq = 99 where id = '${entries.second}'`)
    expect(found).toContainEqual(expect.objectContaining({ kind: 'stray_entry', entryId: entries.second, batch: 99 }))
  })

  it('an account that was renamed or given another type, posting by posting', async () => {
    const found = await tampered(`update ledger_account set type = 'expense' where name = 'safe'`)
    expect(found.map((finding) => [finding.kind, finding.posting])).toEqual([1, 2, 3].map(() => ['posting_changed', 3]))
  })

  it('a manual entry whose reference was changed or removed', async () => {
    expect(await tampered(`update manual_entry set reference = 'other'`)).toMatchObject([
      { kind: 'reference_changed', entryId: entries.manual },
    ])
    expect(await tampered(`delete from manual_entry`)).toMatchObject([{ kind: 'reference_changed' }])
  })

  it.each([
    ['first', 1, 0],
    ['middle', 2, 1],
  ])('the gap where the %s batch was deleted', async (_where, seq, after) => {
    const found = await tampered(`delete from ledger_batch where chain_id = 1 and seq = ${seq}`)
    expect(found[0]).toMatchObject({ kind: 'gap', batch: seq, detail: `After batch ${after} comes batch ${seq + 1}.` })
    expect(found.map((finding) => finding.kind)).toContain('stray_entry')
  })

  it('a batch whose time or predecessor was changed', async () => {
    expect(
      await tampered(`update ledger_batch set booked_at = booked_at + interval '1 ms' where seq = 2`),
    ).toMatchObject([{ kind: 'batch_changed', batch: 2 }])
    const found = await tampered(`update ledger_batch set previous_hash = sha256('other') where seq = 1`)
    expect(found.filter((finding) => finding.batch === 1).map((finding) => finding.kind)).toEqual([
      'batch_changed',
      'batch_changed',
    ])
  })

  it('the head that is behind, ahead or gone', async () => {
    expect(await tampered(`update ledger_chain set head_seq = 2 where id = 1`)).toMatchObject([
      { kind: 'head', chain: 1 },
    ])
    expect(await tampered(`update ledger_chain set head_seq = 4 where id = 1`)).toMatchObject([
      { kind: 'head', chain: 1 },
    ])
    expect(await tampered(`delete from ledger_chain where id in (1, 9)`)).toMatchObject([
      { kind: 'head', chain: 1, detail: 'The chain has lost its head; its last batch is 3.' },
      { kind: 'head', chain: 9 },
    ])
    expect(await test.brokenInvariants()).toEqual(['chains_are_whole'])
  })

  it('a tail that was cut off together with the head, by the anchor that knew it', async () => {
    const found = await tampered(...cutTail(3))
    expect(found).toMatchObject([{ kind: 'anchor', chain: 1, batch: 3, detail: expect.stringContaining('2026-03-03') }])
    expect(await test.brokenInvariants()).toEqual(['balances_equal_postings'])
  })

  it('a tail that was cut off and grew again', async () => {
    await tampered(...cutTail(3))
    await test.post([
      anEntry([
        ['till', 1n],
        ['drawer', -1n],
      ]),
    ])
    expect(await findings()).toMatchObject([{ kind: 'anchor', chain: 1, batch: 3 }])
  })

  it('an anchor that was changed, removed or rewritten', async () => {
    const heads = `'[{"chain": 1, "seq": "1", "hash": "' || (select encode(hash, 'hex') from ledger_batch where seq = 1) || '"}]'`
    expect(
      await tampered(`update ledger_anchor set heads = (${heads})::jsonb where anchored_on = '2026-03-03'`),
    ).toMatchObject([{ kind: 'anchor', detail: expect.stringContaining('2026-03-03') }])
    for (const broken of ['{}', '[1]', '[{"chain": "1"}]', '[{"chain": 1, "seq": "-1", "hash": ""}]', 'null'])
      expect(
        await tampered(`update ledger_anchor set heads = '${broken}' where anchored_on = '2026-03-03'`),
      ).toHaveLength(1)
    expect(await tampered(`delete from ledger_anchor where anchored_on = '2026-03-02'`)).toHaveLength(1)
  })

  it('the newest anchor that was removed, by whoever wrote its hash down', async () => {
    const kept = (await test.ledger.verify()).anchors.at(-1)?.hash ?? ''
    const whole = await test.ledger.verify(kept)
    const alone = await tampered(`delete from ledger_anchor where anchored_on = '2026-03-03'`)

    const { ok, findings: found } = await test.ledger.verify(kept)

    expect([whole.ok, alone, ok]).toEqual([true, [], false])
    expect(found).toMatchObject([{ kind: 'anchor', detail: expect.stringContaining(kept) }])
  })
})

function cutTail(seq: number): string[] {
  const where = `chain_id = 1 and batch_seq >= ${seq}`
  return [
    `delete from manual_entry where journal_entry_id in (select id from journal_entry where ${where})`,
    `delete from posting where entry_id in (select id from journal_entry where ${where})`,
    `delete from journal_entry where ${where}`,
    `delete from ledger_batch where chain_id = 1 and seq >= ${seq}`,
    `update ledger_chain set head_seq = b.seq, head_hash = b.hash from ledger_batch b
      where ledger_chain.id = 1 and b.chain_id = 1 and b.seq = ${seq - 1}`,
  ]
}

describe('the chain', () => {
  it('can be computed by an outsider from the tables alone', async () => {
    const { owner } = test
    await owner.query('set search_path = tallystick')
    const { rows: batches } = await owner.query<{ seq: string; ms: string; hash: Buffer; leaves: string; n: number }>(
      `select b.seq, (extract(epoch from b.booked_at) * 1000)::bigint::text as ms, b.hash, count(*)::integer as n,
              string_agg(encode(${LEAF}, 'hex'), '' order by e.id, p.position) as leaves
         from ledger_batch b
         join journal_entry e on e.chain_id = b.chain_id and e.batch_seq = b.seq
         join posting p on p.entry_id = e.id
         join ledger_account a on a.id = p.account_id
        where b.chain_id = 1 group by b.chain_id, b.seq order by b.seq`,
    )
    const sha256 = (...parts: (string | Buffer)[]): Buffer => {
      const hash = createHash('sha256')
      for (const part of parts) hash.update(part)
      return hash.digest()
    }
    let previous = sha256('tallystick ledger chain 1')
    for (const { seq, ms, hash, leaves, n } of batches) {
      previous = sha256(`batch/1/1/${seq}/${ms}/${n}/`, previous, Buffer.from(leaves, 'hex'))
      expect(previous.equals(hash)).toBe(true)
    }
    expect(batches).toHaveLength(3)
    const { rows: anchors } = await owner.query<{ day: string; hash: Buffer }>(
      'select anchored_on::text as day, hash from ledger_anchor order by 1',
    )
    const day1 = sha256('anchor/1/2026-03-02/', Buffer.alloc(32), `1:1:${(await hashOfBatch(1)).toString('hex')}`)
    const day2 = sha256('anchor/1/2026-03-03/', day1, `1:3:${previous.toString('hex')}`)
    expect(anchors.map((anchor) => anchor.hash.toString('hex'))).toEqual(
      [day1, day2].map((hash) => hash.toString('hex')),
    )
  })

  it('is anchored once a day, in order, also by nodes that race', async () => {
    const { db, owner } = test
    const days = async (): Promise<string[]> =>
      (
        await owner.query<{ day: string }>('select anchored_on::text as day from tallystick.ledger_anchor order by 1')
      ).rows.map((row) => row.day)
    await anchorDay(db, '2026-03-03')
    await anchorDay(db, '2026-03-01')
    expect(await days()).toEqual(['2026-03-02', '2026-03-03'])

    await Promise.all(Array.from({ length: 6 }, (_, index) => anchorDay(db, `2026-03-0${4 + (index % 3)}`)))
    expect(await days()).toContain('2026-03-03')
    await anchorDay(db, '2026-03-07')
    expect((await days()).at(-1)).toBe('2026-03-07')
    expect(await findings()).toEqual([])
  })

  it('is read once for callers who ask at the same time, and again for those who come later', async () => {
    const { ledger } = test
    const [a, b] = await Promise.all([ledger.verify(), ledger.verify()])
    expect(a).toBe(b)
    expect(await ledger.verify()).not.toBe(a)
    expect(a.checked).toEqual({ batches: 3, entries: 4, postings: 11, anchors: 2 })
  })
})

async function hashOfBatch(seq: number): Promise<Buffer> {
  const { rows } = await test.owner.query<{ hash: Buffer }>(
    'select hash from tallystick.ledger_batch where chain_id = 1 and seq = $1',
    [seq],
  )
  assert(rows[0] !== undefined)
  return rows[0].hash
}
