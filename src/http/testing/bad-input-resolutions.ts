import type { BadInput } from './bad-input.ts'

type Expect = BadInput['expect']

const HEX = '019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'
const OTHER = HEX.replace('0', '1')
const CARD = '4242424242424242'

const get = (name: string, path: string, expect: Expect): BadInput => ({
  name,
  method: 'GET',
  path,
  headers: {},
  body: undefined,
  key: 'admin',
  expect,
})
const post = (
  name: string,
  path: string,
  body: Record<string, unknown>,
  expect: Expect,
  key: BadInput['key'] = 'admin',
): BadInput => ({
  name,
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  key,
  expect,
})
const missing: Expect = { code: 'not_found', status: 404 }
const forbidden: Expect = { code: 'forbidden', status: 403, says: '"write"' }
const parameter = (pointer: string, says: string): Expect => ({ code: 'invalid_parameter', status: 400, pointer, says })
const invalid = (pointer: string, says: string): Expect => ({ code: 'invalid_request', status: 422, pointer, says })
const unknown = (pointer: string): Expect => ({ code: 'unknown_parameter', status: 400, pointer })

const resolve = (name: string, body: Record<string, unknown>, expect: Expect, id = `brk_${HEX}`): BadInput =>
  post(name, `/v1/breaks/${id}/resolutions`, { verb: 'write_off', reason: 'uncollectable', ...body }, expect)

const note = (name: string, body: Record<string, unknown>, expect: Expect, id = `brk_${HEX}`): BadInput =>
  post(name, `/v1/breaks/${id}/notes`, body, expect)
const bulk = (name: string, body: Record<string, unknown>, expect: Expect): BadInput =>
  post(name, '/v1/breaks/bulk', body, expect)

/** What is wrong with requests about resolutions, approvals and the audit log. */
export const BAD_INPUT_OF_RESOLUTIONS: readonly BadInput[] = [
  resolve('a resolution of a break that does not exist', {}, missing, `brk_${OTHER}`),
  resolve('a resolution of a run', {}, missing, `run_${HEX}`),
  resolve('a resolution without a verb', { verb: undefined }, invalid('/verb', 'required')),
  resolve('a resolution with a verb that does not exist', { verb: 'forget' }, invalid('/verb', 'write_off')),
  resolve('a resolution without a reason', { reason: undefined }, invalid('/reason', 'required')),
  resolve('a resolution with a reason of its own', { reason: 'because' }, invalid('/reason', 'uncollectable')),
  resolve('a resolution with an empty note', { note: '' }, invalid('/note', 'at least 1')),
  resolve('a resolution with a long note', { note: 'n'.repeat(256) }, invalid('/note', '255')),
  resolve('a resolution with a card', { note: CARD }, { code: 'pan_detected', status: 422, pointer: '/note' }),
  resolve('a resolution with one break that is no list', { with: `brk_${HEX}` }, invalid('/with', 'a list')),
  resolve('a resolution with a run', { with: [`run_${HEX}`] }, invalid('/with/0', 'brk_')),
  resolve(
    'a resolution with 101 breaks',
    { with: Array.from({ length: 101 }, (_, n) => `brk_${n}`) },
    invalid('/with', '100'),
  ),
  resolve('a resolution with half a fee', { platform_fee: '1' }, invalid('/platform_fee', 'integer')),
  resolve('a resolution with a fee below nothing', { platform_fee: -1 }, invalid('/platform_fee', '0')),
  resolve('a resolution of an order by a payment', { order: `pay_${HEX}` }, invalid('/order', 'po_')),
  resolve('a resolution with an amount', { amount: 1 }, invalid('/amount', 'no such field')),
  resolve('a resolution that is dry by a word', { dry_run: 'yes' }, invalid('/dry_run', 'true or false')),
  post(
    'a resolution with a key that may only read',
    `/v1/breaks/brk_${HEX}/resolutions`,
    { verb: 'write_off', reason: 'uncollectable' },
    forbidden,
    'read',
  ),
  ...[
    ['a pair of a run that does not exist', OTHER, {}, missing] as const,
    ['a pair by a file of another kind', HEX, { file: `run_${HEX}` }, invalid('/file', 'sf_')] as const,
    ['a pair of no line', HEX, { line: 0 }, invalid('/line', '1')] as const,
    ['a pair of half a line', HEX, { line: 1.5 }, invalid('/line', 'integer')] as const,
    ['a pair with a verb', HEX, { verb: 'match' }, invalid('/verb', 'no such field')] as const,
  ].map(([name, run, body, expected]) =>
    post(
      name,
      `/v1/recon_runs/run_${run}/unmatches`,
      { file: `sf_${HEX}`, line: 2, reason: 'wrong_pair', ...body },
      expected,
    ),
  ),
  get('a resolution that does not exist', `/v1/resolutions/res_${OTHER}`, missing),
  get('resolutions in a state that does not exist', '/v1/resolutions?state=open', parameter('?state', 'proposed')),
  get('resolutions of a break', `/v1/resolutions?break=brk_${HEX}`, unknown('?break')),
  post('an undo without a reason', `/v1/resolutions/res_${HEX}/undo`, {}, invalid('/reason', 'required')),
  post('an undo of what does not exist', `/v1/resolutions/res_${OTHER}/undo`, { reason: 'wrong' }, missing),
  post(
    'an undo with a key that may only read',
    `/v1/resolutions/res_${HEX}/undo`,
    { reason: 'wrong' },
    forbidden,
    'read',
  ),
  get('an approval that does not exist', `/v1/approvals/apr_${OTHER}`, missing),
  get('approvals in a state that does not exist', '/v1/approvals?state=open', parameter('?state', 'waiting')),
  get('approvals of a kind that does not exist', '/v1/approvals?kind=payout', parameter('?kind', 'resolution')),
  post('an approval of what does not exist', `/v1/approvals/apr_${OTHER}/approve`, {}, missing),
  post(
    'an approval with an amount',
    `/v1/approvals/apr_${HEX}/approve`,
    { amount: 1 },
    invalid('/amount', 'no such field'),
  ),
  post('an approval with a key that may only read', `/v1/approvals/apr_${HEX}/approve`, {}, forbidden, 'read'),
  post('a rejection without a note', `/v1/approvals/apr_${HEX}/reject`, {}, invalid('/note', 'required')),
  post(
    'a rejection with a key that may only read',
    `/v1/approvals/apr_${HEX}/reject`,
    { note: 'no' },
    forbidden,
    'read',
  ),
  get('the audit log of an object', '/v1/audit_log?object=brk_1', unknown('?object')),
  get('the audit log behind nothing', '/v1/audit_log?cursor=LTE', parameter('?cursor', 'next_cursor')),
  get('the audit log with a limit of 201', '/v1/audit_log?limit=201', parameter('?limit', 'at most 200')),
  post(
    'the closing of nobody',
    '/v1/periods/acme/close',
    { through: '2026-03-03', reason: 'r' },
    {
      code: 'source_not_found',
      status: 422,
    },
  ),
  post('a closing without a day', '/v1/periods/simulator/close', { reason: 'r' }, invalid('/through', 'required')),
  post(
    'a closing without a reason',
    '/v1/periods/simulator/close',
    { through: '2026-03-03' },
    invalid('/reason', 'required'),
  ),
  post(
    'a closing through a day that does not exist',
    '/v1/periods/simulator/close',
    { through: '2026-02-30', reason: 'r' },
    invalid('/through', 'no such day'),
  ),
  post(
    'a closing with a key that may not',
    '/v1/periods/simulator/close',
    { through: '2026-03-03', reason: 'r' },
    { code: 'forbidden', status: 403, says: '"admin"' },
    'read',
  ),
  post('a reopening without a reason', '/v1/periods/simulator/reopen', {}, invalid('/reason', 'required')),
  post(
    'a reopening through an instant',
    '/v1/periods/simulator/reopen',
    { closed_through: '2026-03-03T00:00:00Z', reason: 'r' },
    invalid('/closed_through', '2026-03-03'),
  ),
  post(
    'a reopening with a key that may not',
    '/v1/periods/simulator/reopen',
    { reason: 'r' },
    { code: 'forbidden', status: 403, says: '"admin"' },
    'read',
  ),
  note('a note on a break that does not exist', { comment: 'x' }, missing, `brk_${OTHER}`),
  note('a note of nothing', {}, invalid('', 'at least 1')),
  note('an empty comment', { comment: '' }, invalid('/comment', 'at least 1')),
  note('a comment with a card', { comment: CARD }, { code: 'pan_detected', status: 422, pointer: '/comment' }),
  note('a tag of two words', { add_tags: ['two words'] }, invalid('/add_tags/0', 'form')),
  note('21 tags', { add_tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, invalid('/add_tags', '20')),
  note('a snooze until a word', { snooze_until: 'friday' }, invalid('/snooze_until', 'form')),
  note(
    'a snooze until a day that does not exist',
    { snooze_until: '2026-02-30' },
    invalid('/snooze_until', 'no such day'),
  ),
  note('an assignment to a number', { assignee: 7 }, invalid('/assignee', 'null')),
  bulk('nothing at once', { items: [] }, invalid('/items', 'at least 1')),
  bulk(
    '201 breaks at once',
    { items: Array.from({ length: 201 }, () => ({ break: `brk_${HEX}` })) },
    invalid('/items', '200'),
  ),
  bulk('a run at once', { items: [{ break: `run_${HEX}` }] }, invalid('/items/0/break', 'brk_')),
  bulk(
    'a resolution with others at once',
    { items: [{ break: `brk_${HEX}`, resolution: { verb: 'match', reason: 'same_sale', with: [] } }] },
    invalid('/items/0/resolution/with', 'no such field'),
  ),
  get('the age of breaks since a day', '/v1/breaks/ageing?since=2026-03-03', unknown('?since')),
]
