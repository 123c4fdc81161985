import type { BadInput } from './bad-input.ts'

type Expect = BadInput['expect']

const HEX = '019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'
const CARD = '4242424242424242'

const row = (
  method: BadInput['method'],
  name: string,
  path: string,
  expect: Expect,
  given: Partial<Pick<BadInput, 'headers' | 'body' | 'key'>> = {},
): BadInput => ({ name, method, path, headers: {}, body: undefined, key: 'admin', expect, ...given })

const get = (name: string, path: string, expect: Expect): BadInput => row('GET', name, path, expect)
const parameter = (pointer: string, says: string): Expect => ({ code: 'invalid_parameter', status: 400, pointer, says })
const missing: Expect = { code: 'not_found', status: 404 }

const run = (name: string, body: Record<string, unknown>, expect: Expect, key: BadInput['key'] = 'admin'): BadInput =>
  row('POST', name, '/v1/recon_runs', expect, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'simulator', business_date: '2026-03-03', ...body }),
    key,
  })
const invalid = (pointer: string, says: string): Expect => ({ code: 'invalid_request', status: 422, pointer, says })

const upload = (
  name: string,
  expect: Expect,
  given: Partial<Pick<BadInput, 'headers' | 'body' | 'key'>> & { readonly query?: string } = {},
): BadInput => {
  const { query = '?source=simulator', ...rest } = given
  return row('POST', name, `/v1/settlement_files${query}`, expect, { body: 'record,', ...rest })
}
const withdraw = (
  name: string,
  body: Record<string, unknown>,
  expect: Expect,
  key: BadInput['key'] = 'admin',
): BadInput =>
  row('POST', name, `/v1/settlement_files/sf_${HEX}/withdraw`, expect, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    key,
  })
const named = (name: string, filename: string, says: string): BadInput =>
  upload(`a file named ${name}`, parameter('X-Filename', says), { headers: { 'x-filename': filename } })

const rule = (
  name: string,
  path: string,
  body: Record<string, unknown>,
  expect: Expect,
  key: BadInput['key'] = 'admin',
): BadInput =>
  row('POST', name, `/v1/recon_rules${path}`, expect, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    key,
  })
const RULE = { source: 'simulator', settings: { lag_days: 2 }, reason: 'It is slow.' }
const NO_RULE = `/rul_${HEX}`

/** What is wrong with requests about settlement files, runs and breaks. */
export const BAD_INPUT_OF_NIGHTS: readonly BadInput[] = [
  upload(
    'a file of nobody',
    { code: 'source_not_found', status: 422, pointer: '?source', says: 'simulator' },
    { query: '?source=acme' },
  ),
  upload('a file of an empty source', parameter('?source', 'at least 1'), { query: '?source=' }),
  upload(
    'a file with a parameter too many',
    { code: 'unknown_parameter', status: 400, pointer: '?date' },
    { query: '?source=simulator&date=2026-03-03' },
  ),
  upload('a file of no bytes', invalid('', 'empty'), { body: '' }),
  upload('no file', invalid('', 'empty'), { body: undefined }),
  upload('a file without a key', { code: 'unauthorized', status: 401 }, { key: 'none' }),
  upload('a file with a key that may only read', { code: 'forbidden', status: 403, says: '"write"' }, { key: 'read' }),
  upload(
    'a file named after a card',
    { code: 'pan_detected', status: 422, pointer: 'X-Filename' },
    { headers: { 'x-filename': `${CARD}.csv` } },
  ),
  named('with 256 characters', 'f'.repeat(256), '1 to 255'),
  named('with a path', '../etc/passwd', 'without a path'),
  named('with an escaped path', '..%2Fpasswd', 'without a path'),
  named('with a path of Windows', 'C:\\day.csv', 'without a path'),
  named('like a folder', '..', 'without a path'),
  named('with a control character', 'day%0D%0A.csv', 'control character'),
  named('to be read backwards', 'day%E2%80%AEvsc.exe', 'control character'),
  named('in Latin-1', 'd\u00e9c.csv', 'percent-encoded'),
  named('with half an escape', 'day%2.csv', '%25'),
  get('a file that is no id', '/v1/settlement_files/1', missing),
  get('a file that does not exist', `/v1/settlement_files/sf_${HEX}`, missing),
  get('the content of a file that does not exist', `/v1/settlement_files/sf_${HEX}/content`, missing),
  withdraw('the withdrawal of a file that does not exist', { reason: 'wrong' }, missing),
  withdraw('a withdrawal without a reason', {}, invalid('/reason', 'required')),
  withdraw('a withdrawal for an empty reason', { reason: '' }, invalid('/reason', 'at least 1')),
  withdraw(
    'a withdrawal for a card number',
    { reason: `wrong ${CARD}` },
    { code: 'pan_detected', status: 422, pointer: '/reason' },
  ),
  withdraw(
    'a withdrawal with a key that may only read',
    { reason: 'wrong' },
    { code: 'forbidden', status: 403, says: '"write"' },
    'read',
  ),
  get('files by a day', '/v1/settlement_files?business_date=2026-03-03', {
    code: 'unknown_parameter',
    status: 400,
    pointer: '?business_date',
  }),
  get('files with a limit of 0', '/v1/settlement_files?limit=0', parameter('?limit', 'at least 1')),
  get('files behind nothing', '/v1/settlement_files?cursor=MQ', parameter('?cursor', 'next_cursor')),
  run(
    'a run of nobody',
    { source: 'acme' },
    { code: 'source_not_found', status: 422, pointer: '/source', says: 'simulator' },
  ),
  run('a run without a source', { source: undefined }, invalid('/source', 'required')),
  run('a run without a day', { business_date: undefined }, invalid('/business_date', 'required')),
  run('a run of a day that does not exist', { business_date: '2026-02-30' }, invalid('/business_date', 'no such day')),
  run(
    'a run of a month that does not exist',
    { business_date: '2026-13-01' },
    invalid('/business_date', 'no such day'),
  ),
  run('a run of an instant', { business_date: '2026-03-03T00:00:00Z' }, invalid('/business_date', '2026-03-03')),
  run('a run of a number', { business_date: 20260303 }, invalid('/business_date', 'a text')),
  run('a run with a field too many', { day: '2026-03-03' }, invalid('/day', 'no such field')),
  run('a run with a file of its own', { file: `sf_${HEX}` }, invalid('/file', 'dry_run')),
  run('a run with settings of its own', { settings: { lag_days: 2 } }, invalid('/settings', 'dry_run')),
  run('a dry run that is a text', { dry_run: 'yes' }, invalid('/dry_run', 'true or false')),
  run('a dry run of a run', { dry_run: true, file: `run_${HEX}` }, invalid('/file', 'sf_')),
  run(
    'a dry run with a cut-off',
    { dry_run: true, settings: { cut_off: '01:00' } },
    invalid('/settings/cut_off', 'no such field'),
  ),
  run(
    'a dry run that waits for ever',
    { dry_run: true, settings: { lag_days: 31 } },
    invalid('/settings/lag_days', '30'),
  ),
  run(
    'a dry run with a negative grace',
    { dry_run: true, settings: { grace_minutes: -1 } },
    invalid('/settings/grace_minutes', '0'),
  ),
  run(
    'a dry run with half a fee',
    { dry_run: true, settings: { fee_schedule: { rate_ppm: 1 } } },
    invalid('/settings/fee_schedule/fixed', 'required'),
  ),
  run(
    'a dry run that tolerates what is less than nothing',
    { dry_run: true, settings: { tolerance: { amount: { minor_units: { EUR: -1 } } } } },
    invalid('/settings/tolerance/amount/minor_units/EUR', 'at least 0'),
  ),
  run(
    'a dry run that tolerates a fifth',
    { dry_run: true, settings: { tolerance: { fee: { basis_points: 2_000 } } } },
    invalid('/settings/tolerance/fee/basis_points', 'at most 1000'),
  ),
  run(
    'a dry run that tolerates fractions',
    { dry_run: true, settings: { tolerance: { amount: { basis_points: 0.5 } } } },
    invalid('/settings/tolerance/amount/basis_points', 'an integer'),
  ),
  run(
    'a dry run that tolerates a currency that there is not',
    { dry_run: true, settings: { tolerance: { amount: { minor_units: { euro: 1 } } } } },
    invalid('/settings/tolerance/amount/minor_units', 'There is no currency "euro"'),
  ),
  run(
    'a dry run that tolerates something in refunds',
    { dry_run: true, settings: { tolerance: { refund: { basis_points: 1 } } } },
    invalid('/settings/tolerance/refund', 'no such field'),
  ),
  run(
    'a dry run of nobody',
    { dry_run: true, source: 'acme' },
    { code: 'source_not_found', status: 422, pointer: '/source' },
  ),
  run('a run of a card', { source: CARD }, { code: 'pan_detected', status: 422, pointer: '/source' }),
  run('a run with a key that may only read', {}, { code: 'forbidden', status: 403, says: '"write"' }, 'read'),
  get('a run that does not exist', `/v1/recon_runs/run_${HEX.replace('0', '1')}`, missing),
  get('a run by the id of a break', `/v1/recon_runs/brk_${HEX}`, missing),
  get('runs of a status that does not exist', '/v1/recon_runs?status=done', parameter('?status', 'waiting_for_file')),
  get('runs of a day', '/v1/recon_runs?day=2026-03-03', { code: 'unknown_parameter', status: 400, pointer: '?day' }),
  get('the live view of nobody', '/v1/recon_live?source=acme', {
    code: 'source_not_found',
    status: 422,
    pointer: '?source',
    says: 'simulator',
  }),
  get('the live view of no source', '/v1/recon_live', parameter('?source', 'required')),
  get('the live view of a day', '/v1/recon_live?source=simulator&day=2026-03-03', {
    code: 'unknown_parameter',
    status: 400,
    pointer: '?day',
  }),
  get('live records in no state', '/v1/recon_live/items?source=simulator', parameter('?state', 'required')),
  get(
    'live records in a state that does not exist',
    '/v1/recon_live/items?source=simulator&state=open',
    parameter('?state', 'waiting_for_psp'),
  ),
  get(
    'live records behind nothing',
    '/v1/recon_live/items?source=simulator&state=matched&cursor=MQ',
    parameter('?cursor', 'next_cursor'),
  ),
  rule(
    'rules of nobody',
    '',
    { ...RULE, source: 'acme' },
    { code: 'source_not_found', status: 422, pointer: '/source' },
  ),
  rule('rules that change nothing', '', { ...RULE, settings: {} }, invalid('/settings', 'at least')),
  rule(
    'rules of a cut-off',
    '',
    { ...RULE, settings: { cut_off: '01:00' } },
    invalid('/settings/cut_off', 'no such field'),
  ),
  rule('rules without a reason', '', { ...RULE, reason: undefined }, invalid('/reason', 'required')),
  rule(
    'rules of a card',
    '',
    { ...RULE, reason: `for ${CARD}` },
    { code: 'pan_detected', status: 422, pointer: '/reason' },
  ),
  rule('rules with a key that may only read', '', RULE, { code: 'forbidden', status: 403, says: '"write"' }, 'read'),
  rule('a test of rules that do not exist', `${NO_RULE}/test`, {}, missing),
  rule('a test of rules on 32 days', `${NO_RULE}/test`, { days: 32 }, invalid('/days', '31')),
  rule('an activation of rules that do not exist', `${NO_RULE}/activate`, { effective_on: '2026-03-05' }, missing),
  rule('an activation without a day', `${NO_RULE}/activate`, {}, invalid('/effective_on', 'required')),
  rule(
    'an activation on 30 February',
    `${NO_RULE}/activate`,
    { effective_on: '2026-02-30' },
    invalid('/effective_on', 'no such day'),
  ),
  get('rules that do not exist', `/v1/recon_rules${NO_RULE}`, missing),
  get('rules by the id of a run', `/v1/recon_rules/run_${HEX}`, missing),
  get('the report of a run that does not exist', `/v1/recon_runs/run_${HEX.replace('0', '1')}/report`, missing),
  row(
    'POST',
    'the verification of a run that does not exist',
    `/v1/recon_runs/run_${HEX.replace('0', '1')}/verify`,
    missing,
  ),
  row('POST', 'the verification of a break', `/v1/recon_runs/brk_${HEX}/verify`, missing),
  get(
    'the payout waterfall of a run that does not exist',
    `/v1/recon_runs/run_${HEX.replace('0', '1')}/payout_waterfall`,
    missing,
  ),
  get('the payout waterfall of a file', `/v1/recon_runs/sf_${HEX}/payout_waterfall`, missing),
  get('the report of a file', `/v1/recon_runs/sf_${HEX}/report`, missing),
  get('changes of a run that does not exist', `/v1/recon_runs/run_${HEX.replace('0', '1')}/changes`, missing),
  get('breaks by a change of no run', '/v1/breaks?change=opened', parameter('?change', 'run')),
  get(
    'breaks by a change that there is not',
    `/v1/breaks?run=run_${HEX}&change=lost`,
    parameter('?change', 'still_open'),
  ),
  get('matches of a run that does not exist', `/v1/recon_runs/run_${HEX.replace('0', '1')}/matches`, missing),
  get('matches of a break', `/v1/recon_runs/brk_${HEX}/matches`, missing),
  get(
    'matches by a rule that there is not',
    `/v1/recon_runs/run_${HEX}/matches?rule=luck`,
    parameter('?rule', 'exact'),
  ),
  get(
    'matches of a payment that is no id',
    `/v1/recon_runs/run_${HEX}/matches?payment=1`,
    parameter('?payment', 'pay_'),
  ),
  get('matches behind nothing', `/v1/recon_runs/run_${HEX}/matches?cursor=YQ`, parameter('?cursor', 'next_cursor')),
  get('matches with a limit of 201', `/v1/recon_runs/run_${HEX}/matches?limit=201`, parameter('?limit', '200')),
  get('matches by their amount', `/v1/recon_runs/run_${HEX}/matches?amount=1`, {
    code: 'unknown_parameter',
    status: 400,
    pointer: '?amount',
  }),
  get('the CSV of matches of no run', `/v1/recon_runs/run_${HEX.replace('0', '1')}/matches.csv`, missing),
  get('the CSV of matches, page by page', `/v1/recon_runs/run_${HEX}/matches.csv?limit=5`, {
    code: 'unknown_parameter',
    status: 400,
    pointer: '?limit',
  }),
  get('a break that does not exist', `/v1/breaks/brk_${HEX.replace('0', '1')}`, missing),
  get('suggestions for a break that does not exist', `/v1/breaks/brk_${HEX.replace('0', '1')}/suggestions`, missing),
  get('suggestions for a run', `/v1/breaks/run_${HEX}/suggestions`, missing),
  get('more suggestions', `/v1/breaks/brk_${HEX}/suggestions?limit=9`, {
    code: 'unknown_parameter',
    status: 400,
    pointer: '?limit',
  }),
  get('a break by the id of a run', `/v1/breaks/run_${HEX}`, missing),
  get(
    'breaks in a state that does not exist',
    '/v1/breaks?state=closed',
    parameter('?state', 'open, cleared, resolved'),
  ),
  get('breaks of a class that does not exist', '/v1/breaks?class=fake', parameter('?class', 'temporary, real')),
  get('breaks of a code that does not exist', '/v1/breaks?code=lost', parameter('?code', 'amount_mismatch')),
  get('breaks of a run that is no id', '/v1/breaks?run=1', parameter('?run', 'run_')),
  get('breaks behind nothing', '/v1/breaks?cursor=MQ', parameter('?cursor', 'next_cursor')),
]
