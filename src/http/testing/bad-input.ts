import type { RefusalCode } from '../../platform/errors.ts'
import { BAD_INPUT_OF_NIGHTS } from './bad-input-nights.ts'
import { BAD_INPUT_OF_RESOLUTIONS } from './bad-input-resolutions.ts'

/** A request that must be refused, and how. Nothing may be stored for any of them. */
export type BadInput = {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Besides these the request has an `authorization` for `key`. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as it goes over the wire. */
  readonly body: string | undefined
  /** Whose API key the request has: of this scope, or none. */
  readonly key: 'admin' | 'read' | 'none'
  readonly expect: {
    readonly status: number
    readonly code: RefusalCode
    readonly pointer?: string
    /** What the message says, so that a caller knows what would be right. */
    readonly says?: string
  }
}

const CARD = '4242424242424242'
const NO_PAYMENT = '/v1/payments/pay_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'

const json = { 'content-type': 'application/json' }
const keyed = { ...json, 'idempotency-key': 'bad-input' }

const BASE = {
  buyer: { reference: 'buyer_7' },
  currency: 'EUR',
  payment_method: 'pm_test_visa',
  orders: [
    { seller: 'ana', amount: 1250, platform_fee: 125, reference: 'r1' },
    { seller: 'ben', amount: 4999, reference: 'r2' },
  ],
}

type Expect = BadInput['expect']
type Overrides = Partial<Pick<BadInput, 'headers' | 'key' | 'path'>>

const refused = (code: RefusalCode, status: number, pointer?: string, says?: string): Expect => ({
  code,
  status,
  ...(pointer === undefined ? {} : { pointer }),
  ...(says === undefined ? {} : { says }),
})
const invalid = (pointer: string, says?: string): Expect => refused('invalid_request', 422, pointer, says)
const card = (pointer: string): Expect => refused('pan_detected', 422, pointer)

const post = (name: string, body: string | undefined, expect: Expect, overrides: Overrides = {}): BadInput => ({
  name,
  method: 'POST',
  path: '/v1/payments',
  headers: keyed,
  key: 'admin',
  body,
  expect,
  ...overrides,
})

/** The base payment with other fields; `undefined` leaves a field out. */
const payment = (name: string, fields: Record<string, unknown>, expect: Expect, overrides: Overrides = {}): BadInput =>
  post(name, JSON.stringify({ ...BASE, ...fields }), expect, overrides)

/** The base payment with a first order of other fields. */
const order = (name: string, fields: Record<string, unknown>, expect: Expect): BadInput =>
  payment(name, { orders: [{ ...BASE.orders[0], ...fields }, BASE.orders[1]] }, expect)

/** The base payment with the literal of the first amount written otherwise. */
const amount = (literal: string, says: string, currency = 'EUR'): BadInput =>
  post(
    `an amount of ${literal} ${currency}`,
    JSON.stringify({ ...BASE, currency }).replace('1250,', `${literal},`),
    invalid('/orders/0/amount', says),
  )

const get = (name: string, path: string, expect: Expect, overrides: Overrides = {}): BadInput => ({
  name,
  method: 'GET',
  path,
  headers: {},
  body: undefined,
  key: 'admin',
  expect,
  ...overrides,
})

const entry = (name: string, fields: Record<string, unknown>, expect: Expect): BadInput =>
  post(name, JSON.stringify({ ...ENTRY, ...fields }), expect, { path: '/v1/ledger/entries' })

const ENTRY = {
  kind: 'manual',
  reference: 'opening',
  currency: 'EUR',
  postings: [
    { account: 'bank:main', direction: 'debit', amount: 100 },
    { account: 'capital', direction: 'credit', amount: 100 },
  ],
}

const AMOUNTS: readonly BadInput[] = [
  amount('12.50', '12.50 EUR is 1250'),
  amount('12.5', '12.5 EUR is 1250'),
  amount('12.0', '12.0 EUR is 1200'),
  amount('12.505', '3 decimals; EUR has 2'),
  amount('1e3', 'without an exponent'),
  amount('1E+3', 'without an exponent'),
  amount('12.50', 'JPY has no minor unit', 'JPY'),
  amount('1250.0', 'JPY has no minor unit: send 1250', 'JPY'),
  amount('1.2345', '4 decimals; KWD has 3', 'KWD'),
  amount('9007199254740992', 'out of range'),
  amount('9007199254740993', '9007199254740993 is out of range'),
  amount('-1', 'at least 1'),
  amount('0', 'at least 1'),
  amount('"1250"', 'Send the number 1250'),
  amount('"12.50"', 'Send the number 1250'),
  amount('null', 'integers in minor units'),
  amount('true', 'integers in minor units'),
  amount('[1250]', 'integers in minor units'),
  amount('{}', 'integers in minor units'),
  order('an amount that is missing', { amount: undefined }, invalid('/orders/0/amount', 'required')),
  order('a fee above its amount', { platform_fee: 1251 }, invalid('/orders/0/platform_fee', 'more than the amount')),
  order('a negative fee', { platform_fee: -1 }, invalid('/orders/0/platform_fee', 'at least 0')),
  order('a fee that is a text', { platform_fee: '125' }, invalid('/orders/0/platform_fee', 'Send the number 125')),
  payment(
    'orders that add up to more than 2^53 − 1',
    {
      orders: [
        { seller: 'ana', amount: Number.MAX_SAFE_INTEGER },
        { seller: 'ben', amount: 1 },
      ],
    },
    invalid('/orders', '9007199254740992'),
  ),
]

const FIELDS: readonly BadInput[] = [
  payment('a currency that does not exist', { currency: 'EUX' }, invalid('/currency', 'ISO 4217')),
  payment('a currency in small letters', { currency: 'eur' }, invalid('/currency', 'capital letters')),
  payment('gold as a currency', { currency: 'XAU' }, invalid('/currency', 'ISO 4217')),
  payment('a currency that is a number', { currency: 978 }, invalid('/currency', 'must be a text')),
  payment('no currency', { currency: undefined }, invalid('/currency', 'required')),
  payment('no buyer', { buyer: undefined }, invalid('/buyer', 'required')),
  payment('a buyer that is a text', { buyer: 'buyer_7' }, invalid('/buyer', 'must be an object')),
  payment('a buyer without a reference', { buyer: {} }, invalid('/buyer/reference', 'required')),
  payment('no payment method', { payment_method: undefined }, invalid('/payment_method', 'token')),
  payment('an empty payment method', { payment_method: '' }, invalid('/payment_method', 'at least 1 character')),
  payment('no orders', { orders: [] }, invalid('/orders', 'at least 1 item')),
  payment('orders that are an object', { orders: {} }, invalid('/orders', 'must be a list')),
  payment('an order that is a number', { orders: [7] }, invalid('/orders/0', 'must be an object')),
  payment(
    '1,001 orders',
    { orders: Array.from({ length: 1_001 }, (_, index) => ({ seller: `s${index}`, amount: 1 })) },
    invalid('/orders', 'at most 1000'),
  ),
  order('no seller', { seller: undefined }, invalid('/orders/0/seller', 'required')),
  order('a seller of 256 characters', { seller: 's'.repeat(256) }, invalid('/orders/0/seller', 'at most 255')),
  order('a seller that is null', { seller: null }, invalid('/orders/0/seller', 'must be a text')),
  order('a reference given twice', { reference: 'r2' }, invalid('/orders/1/reference', 'has this reference already')),
  order('a field of an order that does not exist', { fee: 1 }, invalid('/orders/0/fee', 'platform_fee')),
  payment('a field that does not exist', { currrency: 'EUR' }, invalid('/currrency', 'Known: ')),
  payment('a charge mode that does not exist', { charge_mode: 'all' }, invalid('/charge_mode', 'per_order, single')),
  payment('a capture that does not exist', { capture: 'later' }, invalid('/capture', 'automatic, manual')),
  payment('an on_partial that does not exist', { on_partial: 'void' }, invalid('/on_partial', 'keep, void_all')),
  payment('a PSP that does not exist', { psp: 'acme' }, refused('psp_not_found', 422, '/psp', 'acme')),
  payment('an empty checkout id', { checkout_id: '' }, invalid('/checkout_id', 'at least 1 character')),
  payment(
    '51 names of metadata',
    { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'v'])) },
    invalid('/metadata', 'at most 50'),
  ),
  payment(
    'a name of metadata of 41 characters',
    { metadata: { ['k'.repeat(41)]: 'v' } },
    invalid(`/metadata/${'k'.repeat(41)}`, 'at most 40'),
  ),
  payment(
    'a value of metadata of 501 characters',
    { metadata: { k: 'v'.repeat(501) } },
    invalid('/metadata/k', 'at most 500'),
  ),
  payment('a value of metadata that is a number', { metadata: { k: 1 } }, invalid('/metadata/k', 'must be a text')),
  payment('metadata that are a list', { metadata: [] }, invalid('/metadata', 'must be an object')),
]

const TEXT: readonly BadInput[] = [
  order('a seller that no path can name', { seller: '.' }, invalid('/orders/0/seller', 'not "." or ".."')),
  order('another one', { seller: '..' }, invalid('/orders/0/seller', 'not "." or ".."')),
  order('a NUL', { seller: 'a\u0000b' }, invalid('/orders/0/seller', 'U+0000')),
  order('a line feed', { seller: 'a\nb' }, invalid('/orders/0/seller', 'U+000A')),
  order('a control character that JSON lets pass', { seller: 'a\u0085b' }, invalid('/orders/0/seller', 'U+0085')),
  order('half of a surrogate pair', { seller: '\ud83d' }, invalid('/orders/0/seller', 'surrogate')),
  payment('a control character in a name', { metadata: { 'a\tb': 'v' } }, invalid('/metadata', 'U+0009')),
  post('an own __proto__', `{"__proto__":{"admin":true},${JSON.stringify(BASE).slice(1)}`, invalid('/__proto__')),
  post('an escaped __proto__', `{"\\u005f_proto__":1,${JSON.stringify(BASE).slice(1)}`, invalid('/__proto__')),
  post('a name given twice', `{"currency":"USD",${JSON.stringify(BASE).slice(1)}`, invalid('/currency', 'twice')),
  post(
    'a name given twice, once with spaces',
    JSON.stringify(BASE).replace('"amount":1250', '"amount" : 1, "amount":1250'),
    invalid('/orders/0/amount', 'twice'),
  ),
  post('nothing', undefined, invalid('', 'body is missing'), { headers: { 'idempotency-key': 'bad-input' } }),
  post('an empty body', '', invalid('', 'body is missing')),
  post('a list', '[]', invalid('', 'must be an object')),
  post('null', 'null', invalid('', 'must be an object')),
  post('a text', '"payment"', invalid('', 'must be an object')),
  post('a body nested 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, invalid('', 'nested deeper')),
  post('a comma too many', '{"currency":"EUR",}', refused('malformed_json', 400, undefined, 'line 1, column 19')),
  post('single quotes', "{'currency':'EUR'}", refused('malformed_json', 400, undefined, 'column 2')),
  post('a body that stops', '{"currency":"EUR"', refused('malformed_json', 400, undefined, 'at the end')),
  post('two documents', '{}\n{}', refused('malformed_json', 400, undefined, 'line 2, column 1')),
  post('a number with a leading zero', '{"amount":01250}', refused('malformed_json', 400)),
  post('NaN', '{"amount":NaN}', refused('malformed_json', 400)),
  post('a comment', '{/* */}', refused('malformed_json', 400)),
  post('malformed JSON with a card number', `{"note":"${CARD}"`, refused('malformed_json', 400)),
]

const CARDS: readonly BadInput[] = [
  payment('a card number as payment method', { payment_method: CARD }, card('/payment_method')),
  payment('a card number in groups', { payment_method: '4242 4242 4242 4242' }, card('/payment_method')),
  payment('a card number with dashes', { checkout_id: '5555-5555-5555-4444' }, card('/checkout_id')),
  payment('a card number inside a text', { buyer: { reference: `card ${CARD}, exp 12/26` } }, card('/buyer/reference')),
  payment('a card number in metadata', { metadata: { note: '378282246310005' } }, card('/metadata/note')),
  payment('a card number as a name', { metadata: { [CARD]: 'v' } }, card('/metadata')),
  payment('a card number as a number', { metadata: { note: Number(CARD) } }, card('/metadata/note')),
  payment('a card number in a field that does not exist', { cvc: { pan: CARD } }, card('/cvc/pan')),
  payment('a card number as currency', { currency: CARD }, card('/currency')),
  order('a card number as seller', { seller: CARD }, card('/orders/0/seller')),
  order('a card number as reference', { reference: `x-${CARD}` }, card('/orders/0/reference')),
  order('a card number as a text in amount', { amount: CARD }, card('/orders/0/amount')),
  post('a card number with decimals', JSON.stringify(BASE).replace('"r1"', `${CARD}.0`), card('/orders/0/reference')),
  post(
    'a card number with an escaped digit',
    JSON.stringify(BASE).replace('pm_test_visa', '\\u0034242424242424242'),
    card('/payment_method'),
  ),
  payment('a card number as Idempotency-Key', {}, card('Idempotency-Key'), {
    headers: { ...json, 'idempotency-key': CARD },
  }),
  get('a card number in the path', `/v1/wallets/${CARD}`, card('the path')),
  get('a card number in the path, escaped', '/v1/wallets/4242%204242%204242%204242', card('the path')),
  get('a card number in the query', `/v1/payments?seller=${CARD}`, card('?seller')),
  get('a card number in the query, with plus signs', '/v1/search?q=4242+4242+4242+4242', card('?q')),
  get('a card number as the name of a parameter', `/v1/payments?${CARD}=1`, card('the query')),
  get('a card number in an unknown path', `/cards/${CARD}`, card('the path')),
  entry('a card number in an entry', { reference: CARD }, card('/reference')),
  post('a card number beside a batch', JSON.stringify({ payments: [BASE], note: CARD }), card('/note'), {
    path: '/v1/payments/batch',
  }),
]

const KEYS: readonly BadInput[] = [
  payment('no Idempotency-Key', {}, refused('idempotency_key_required', 400, 'Idempotency-Key'), { headers: json }),
  payment('an empty Idempotency-Key', {}, refused('idempotency_key_required', 400, 'Idempotency-Key'), {
    headers: { ...json, 'idempotency-key': '' },
  }),
  payment('an Idempotency-Key of 256 characters', {}, refused('idempotency_key_invalid', 400, 'Idempotency-Key'), {
    headers: { ...json, 'idempotency-key': 'k'.repeat(256) },
  }),
  payment('an Idempotency-Key beyond ASCII', {}, refused('idempotency_key_invalid', 400, 'Idempotency-Key'), {
    headers: { ...json, 'idempotency-key': 'clé' },
  }),
  payment('an Idempotency-Key with an open quote', {}, refused('idempotency_key_invalid', 400, 'Idempotency-Key'), {
    headers: { ...json, 'idempotency-key': '"open' },
  }),
  payment('a quoted Idempotency-Key of nothing', {}, refused('idempotency_key_invalid', 400, 'Idempotency-Key'), {
    headers: { ...json, 'idempotency-key': '""' },
  }),
  payment('a wait of 61 seconds', {}, refused('invalid_parameter', 400, 'Prefer', '0 to 60'), {
    headers: { ...keyed, prefer: 'wait=61' },
  }),
  payment('a wait that is a word', {}, refused('invalid_parameter', 400, 'Prefer', '0 to 60'), {
    headers: { ...keyed, prefer: 'wait=long' },
  }),
  post('a capture without Idempotency-Key', '{}', refused('idempotency_key_required', 400), {
    path: `${NO_PAYMENT}/capture`,
    headers: json,
  }),
  post('an entry without Idempotency-Key', JSON.stringify(ENTRY), refused('idempotency_key_required', 400), {
    path: '/v1/ledger/entries',
    headers: json,
  }),
  post(
    'a batch without Idempotency-Key',
    JSON.stringify({ payments: [BASE] }),
    refused('idempotency_key_required', 400),
    {
      path: '/v1/payments/batch',
      headers: json,
    },
  ),
]

const ACCESS: readonly BadInput[] = [
  payment('no API key', {}, refused('unauthorized', 401), { key: 'none' }),
  payment('a wrong API key', {}, refused('unauthorized', 401), {
    key: 'none',
    headers: { ...keyed, authorization: `Bearer sk_test_${'a'.repeat(43)}` },
  }),
  payment('a live API key', {}, refused('unauthorized', 401), {
    key: 'none',
    headers: { ...keyed, authorization: `Bearer sk_live_${'a'.repeat(43)}` },
  }),
  payment('another scheme of authorization', {}, refused('unauthorized', 401), {
    key: 'none',
    headers: { ...keyed, authorization: 'Basic c2tfdGVzdDo=' },
  }),
  payment('a key that may only read', {}, refused('forbidden', 403, undefined, '"write"'), { key: 'read' }),
  get('a key that may not see keys', '/v1/api_keys', refused('forbidden', 403, undefined, '"admin"'), { key: 'read' }),
  get('a list without a key', '/v1/payments', refused('unauthorized', 401), { key: 'none' }),
]

const PATHS: readonly BadInput[] = [
  get('an unknown path', '/v1/payment', refused('not_found', 404)),
  get('an id that is no id', '/v1/payments/1', refused('not_found', 404)),
  get('an id of another kind', '/v1/payments/je_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6', refused('not_found', 404)),
  get('a payment that does not exist', NO_PAYMENT, refused('not_found', 404)),
  get(
    'an entry that does not exist',
    '/v1/ledger/entries/je_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6',
    refused('not_found', 404),
  ),
  get('a wallet of nobody', '/v1/wallets/nobody', refused('not_found', 404)),
  get(
    'a wallet of a name too long',
    `/v1/wallets/${'s'.repeat(256)}`,
    refused('invalid_parameter', 400, '{seller}', 'at most 255'),
  ),
  get('a NUL in the path', '/v1/wallets/a%00b', refused('invalid_parameter', 400, 'the path', 'control character')),
  get('a broken escape in the path', '/v1/wallets/a%zz', refused('malformed_request', 400)),
  { ...get('another method', '/v1/payments', refused('method_not_allowed', 405)), method: 'DELETE' },
  { ...get('another method on an id', NO_PAYMENT, refused('method_not_allowed', 405)), method: 'PATCH' },
  {
    ...get('a key that does not exist', '/v1/api_keys/key_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6', refused('not_found', 404)),
    method: 'DELETE',
  },
]

const QUERIES: readonly BadInput[] = [
  get('an unknown parameter', '/v1/payments?limt=1', refused('unknown_parameter', 400, '?limt', 'limit')),
  get('a parameter where none is known', `${NO_PAYMENT}?expand=orders`, refused('unknown_parameter', 400, '?expand')),
  payment('a parameter of a POST', {}, refused('unknown_parameter', 400, '?dry_run'), {
    path: '/v1/payments?dry_run=1',
  }),
  get('a limit of 0', '/v1/payments?limit=0', refused('invalid_parameter', 400, '?limit', 'at least 1')),
  get('a limit of 201', '/v1/payments?limit=201', refused('invalid_parameter', 400, '?limit', 'at most 200')),
  get('a limit that is a word', '/v1/payments?limit=all', refused('invalid_parameter', 400, '?limit', 'an integer')),
  get('a limit with decimals', '/v1/payments?limit=1.5', refused('invalid_parameter', 400, '?limit', 'an integer')),
  get(
    'a parameter given twice',
    '/v1/payments?seller=a&seller=b',
    refused('invalid_parameter', 400, '?seller', 'once'),
  ),
  get('a limit given twice', '/v1/payments?limit=1&limit=2', refused('invalid_parameter', 400, '?limit')),
  get(
    'a cursor of our own making',
    '/v1/payments?cursor=MQ',
    refused('invalid_parameter', 400, '?cursor', 'next_cursor'),
  ),
  get('a cursor of another list', '/v1/payments?cursor=YmFuazptYWlu', refused('invalid_parameter', 400, '?cursor')),
  get(
    'a status that does not exist',
    '/v1/payments?status=paid',
    refused('invalid_parameter', 400, '?status', 'succeeded'),
  ),
  get(
    'a date that is a word',
    '/v1/payments?created[gte]=today',
    refused('invalid_parameter', 400, '?created[gte]', '2026-03-03'),
  ),
  get(
    'a day that does not exist',
    '/v1/payments?created[lt]=2026-02-30',
    refused('invalid_parameter', 400, '?created[lt]'),
  ),
  get(
    'a plus sign that became a space',
    '/v1/ledger/trial_balance?as_of=2026-03-03T00:00:00+01:00',
    refused('invalid_parameter', 400, '?as_of', '%2B'),
  ),
  get(
    'a NUL in the query',
    '/v1/payments?seller=a%00b',
    refused('invalid_parameter', 400, '?seller', 'control character'),
  ),
  get('an empty filter', '/v1/payments?seller=', refused('invalid_parameter', 400, '?seller', 'at least 1')),
  get(
    'entries of a payment that is no id',
    '/v1/ledger/entries?payment=1',
    refused('invalid_parameter', 400, '?payment', 'pay_'),
  ),
]

const TRANSPORT: readonly BadInput[] = [
  payment('a form', {}, refused('unsupported_media_type', 415), {
    headers: { ...keyed, 'content-type': 'application/x-www-form-urlencoded' },
  }),
  payment('JSON called text', {}, refused('unsupported_media_type', 415), {
    headers: { ...keyed, 'content-type': 'text/plain' },
  }),
  payment('JSON in another charset', {}, refused('unsupported_media_type', 415), {
    headers: { ...keyed, 'content-type': 'application/json; charset=iso-8859-1' },
  }),
  payment('a body of more than 1 MiB', { metadata: { k: 'v'.repeat(1_048_576) } }, refused('payload_too_large', 413)),
]

const OTHERS: readonly BadInput[] = [
  entry('an entry of another kind', { kind: 'capture' }, invalid('/kind', 'manual')),
  entry('an entry of one posting', { postings: [ENTRY.postings[0]] }, invalid('/postings', 'at least 2')),
  entry('an entry without a reference', { reference: undefined }, invalid('/reference', 'required')),
  entry('postings without a currency', { currency: undefined }, invalid('/postings/0/currency', 'required')),
  entry(
    'a posting of nothing',
    { postings: [{ ...ENTRY.postings[0], amount: 0 }, ENTRY.postings[1]] },
    invalid('/postings/0/amount', 'at least 1'),
  ),
  entry(
    'a posting to the left',
    { postings: [{ ...ENTRY.postings[0], direction: 'left' }, ENTRY.postings[1]] },
    invalid('/postings/0/direction', 'debit, credit'),
  ),
  entry('a reversal of no entry', { reverses: 'pay_1' }, invalid('/reverses', 'je_')),
  entry('a fact at no instant', { occurred_at: 'yesterday' }, invalid('/occurred_at', '2026-03-03')),
  post('an account of no type', '{"account":"a","type":"debit"}', invalid('/type', 'asset'), {
    path: '/v1/ledger/accounts',
  }),
  post('an account with spaces', '{"account":"a b","type":"asset"}', invalid('/account', 'letters'), {
    path: '/v1/ledger/accounts',
  }),
  post('a key without scopes', '{"name":"k","scopes":[]}', invalid('/scopes', 'at least 1'), { path: '/v1/api_keys' }),
  post(
    'a key with a scope that does not exist',
    '{"name":"k","scopes":["root"]}',
    invalid('/scopes/0', 'read, write, admin'),
    { path: '/v1/api_keys' },
  ),
  post('an empty batch', '{"payments":[]}', invalid('/payments', 'at least 1'), { path: '/v1/payments/batch' }),
  post('a batch that is a list', '[]', invalid('', 'must be an object'), { path: '/v1/payments/batch' }),
  post('a batch of 1,001', `{"payments":[${'{},'.repeat(1_000)}{}]}`, invalid('/payments', 'at most 1000'), {
    path: '/v1/payments/batch',
  }),
  post(
    'a batch with 10,001 orders',
    JSON.stringify({
      payments: Array.from({ length: 11 }, (_, index) => ({
        ...BASE,
        orders: Array(index === 0 ? 1 : 1_000).fill({ seller: 's', amount: 1 }),
      })),
    }),
    invalid('/payments', '10001 orders'),
    { path: '/v1/payments/batch' },
  ),
  post('a capture with a body', '{"amount":5}', invalid('/amount', 'no such field'), { path: `${NO_PAYMENT}/capture` }),
  post('a capture of no payment', '{}', refused('not_found', 404), { path: `${NO_PAYMENT}/capture` }),
  post('a retry without a payment method', '{}', invalid('/payment_method', 'required'), {
    path: `${NO_PAYMENT}/retry`,
  }),
  post('a clock that goes nowhere', '{}', invalid('', 'at least 1 field'), { path: '/v1/test/clock/advance' }),
  post('a clock that goes back', '{"days":-1}', refused('clock_backwards', 422), { path: '/v1/test/clock/advance' }),
  post('a clock that leaps', '{"days":367}', invalid('/days', 'at most 366'), { path: '/v1/test/clock/advance' }),
  post('half a day', '{"days":0.5}', invalid('/days', 'an integer'), { path: '/v1/test/clock/advance' }),
  post('a webhook of nobody', '{}', refused('not_found', 404), { path: '/webhooks/psp/acme', key: 'none' }),
  post('a webhook without a signature', '{}', refused('unauthorized', 401), {
    path: '/webhooks/psp/simulator',
    key: 'none',
  }),
]

export const BAD_INPUT: readonly BadInput[] = [
  ...AMOUNTS,
  ...FIELDS,
  ...TEXT,
  ...CARDS,
  ...KEYS,
  ...ACCESS,
  ...PATHS,
  ...QUERIES,
  ...TRANSPORT,
  ...OTHERS,
  ...BAD_INPUT_OF_NIGHTS,
  ...BAD_INPUT_OF_RESOLUTIONS,
]
