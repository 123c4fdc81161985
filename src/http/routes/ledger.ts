import { Type } from 'typebox'
import { Refusal } from '../../platform/errors.ts'
import { publicId, requireUuid } from '../../platform/ids.ts'
import { actorOf } from '../actor.ts'
import { handOver, onlyResult, readBatch, sendBatch } from '../batch.ts'
import { BATCH_BODY_MAX_BYTES } from '../body-parser.ts'
import { accountCursor, pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { idempotencyKeyOf } from '../idempotency.ts'
import { newEntryOf } from '../new-entry.ts'
import { idParameter, instantParameter, LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, PageOf, pageParameters, refTo, TEXT_MAX } from '../schemas/common.ts'
import {
  AccountSchema,
  AccountWithBalancesSchema,
  BATCH_POSTINGS_MAX,
  EntryBatchEnvelopeSchema,
  type EntryItemBody,
  EntryItemSchema,
  EntryListQuery,
  EntrySchema,
  InvariantsSchema,
  NewAccountSchema,
  NewEntryBatchSchema,
  NewEntrySchema,
  TrialBalanceSchema,
  VerificationQuery,
  VerificationSchema,
} from '../schemas/ledger.ts'
import { ProblemSchema } from '../schemas/problem.ts'
import type { Ledger, NewManualEntry, Services, Verification } from '../services.ts'
import { entryBody } from '../views.ts'

const EntryRef = refTo('JournalEntry', EntrySchema)
// Compiled once: the compiler remembers this very object.
const ENTRY_WRITER = { ...EntryRef }
const tags = ['ledger']

export function ledgerRoutes(app: Api, { ledger }: Services): void {
  accountRoutes(app, ledger)
  entryRoutes(app, ledger)
  postingRoutes(app, ledger)
  reportRoutes(app, ledger)
}

function accountRoutes(app: Api, ledger: Ledger): void {
  app.get(
    '/v1/ledger/accounts',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listAccounts',
        summary: 'List ledger accounts with their balances, in order of name',
        querystring: Type.Object(pageParameters, closed),
        response: { 200: PageOf(AccountWithBalancesSchema) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const page = await ledger.listAccounts({
        limit: query.limit ?? LIMIT_DEFAULT,
        after: accountCursor(query.cursor),
      })
      const bodyOf = ({ account, type, balances }: (typeof page.data)[number]) => ({
        account,
        type,
        balances: [...balances],
      })
      return pageBody(page, bodyOf, ({ account }) => account)
    },
  )

  app.post(
    '/v1/ledger/accounts',
    {
      schema: {
        tags,
        operationId: 'createAccount',
        summary: 'Create a ledger account',
        description: '201 when it is new, 200 when an account of this name and type was there.',
        body: NewAccountSchema,
        response: { 200: AccountSchema, 201: AccountSchema },
      },
      config: { scope: 'write', refusals: ['account_exists', 'account_controlled'] },
    },
    async (request, reply) => {
      const { account, type, created } = await ledger.createAccount(request.body)
      return reply.code(created ? 201 : 200).send({ account, type })
    },
  )
}

function entryRoutes(app: Api, ledger: Ledger): void {
  app.get(
    '/v1/ledger/entries',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listEntries',
        summary: 'List journal entries, newest first',
        querystring: EntryListQuery,
        response: { 200: PageOf(EntryRef) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const page = await ledger.listEntries({
        paymentId: idParameter({ name: 'payment', prefix: 'pay', what: 'a payment' }, query.payment),
        account: query.account,
        limit: query.limit ?? LIMIT_DEFAULT,
        after: uuidCursor(query.cursor),
      })
      return pageBody(page, entryBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/ledger/entries/:id',
    {
      schema: {
        tags,
        operationId: 'getEntry',
        summary: 'Read a journal entry',
        params: Type.Object(
          { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the entry (`je_…`).' }) },
          closed,
        ),
        response: { 200: EntryRef },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => {
      const entry = await ledger.getEntry(requireUuid('je', params.id))
      if (entry === undefined) throw new Refusal('not_found', `There is no journal entry ${params.id}.`)
      return entryBody(entry)
    },
  )
}

function postingRoutes(app: Api, ledger: Ledger): void {
  app.post(
    '/v1/ledger/entries',
    {
      schema: {
        tags,
        operationId: 'createEntry',
        summary: 'Post a manual entry',
        body: NewEntrySchema,
        response: { 201: EntryRef },
      },
      config: {
        scope: 'write',
        idempotent: true,
        refusals: [
          'entry_unbalanced',
          'account_not_found',
          'account_controlled',
          'entry_reference_exists',
          'entry_not_reversible',
        ],
      },
    },
    async (request, reply) => {
      const item = { ...newEntryOf(request.body, idempotencyKeyOf(request.raw)), actor: actorOf(request) }
      const { entry, replayed } = await onlyResult(ledger.post([item]))
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(201).send(entryBody(entry))
    },
  )

  app.post(
    '/v1/ledger/entries/batch',
    {
      bodyLimit: BATCH_BODY_MAX_BYTES,
      schema: {
        tags,
        operationId: 'createEntries',
        summary: 'Post many manual entries',
        description: 'Each entry is posted or refused on its own; `data` has an entry or a problem for each, in order.',
        body: EntryBatchEnvelopeSchema,
      },
      config: {
        scope: 'write',
        idempotent: true,
        itemsIn: 'entries',
        documented: {
          body: NewEntryBatchSchema,
          response: Type.Object({ data: Type.Array(Type.Union([EntryRef, refTo('Problem', ProblemSchema)])) }),
        },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const items = readBatch<EntryItemBody, NewManualEntry>(request, request.body.entries, {
        list: 'entries',
        schema: EntryItemSchema,
        parts: 'postings',
        partsMax: BATCH_POSTINGS_MAX,
        read: (body, key, at) => ({ ...newEntryOf(body, key, at), actor }),
      })
      const results = await handOver(items, ledger.post)
      const write = reply.compileSerializationSchema(ENTRY_WRITER)
      return sendBatch(request, reply, results, ({ entry, replayed }) =>
        write({ ...entryBody(entry), ...(replayed ? { replayed } : {}) }),
      )
    },
  )
}

function reportRoutes(app: Api, ledger: Ledger): void {
  app.get(
    '/v1/ledger/trial_balance',
    {
      schema: {
        tags,
        operationId: 'getTrialBalance',
        summary: 'The trial balance, now or as it was at an instant',
        querystring: Type.Object(
          { as_of: Type.Optional(Type.String({ maxLength: 40, description: 'An instant (RFC 3339). Omitted: now.' })) },
          closed,
        ),
        response: { 200: TrialBalanceSchema },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const { asOf, currencies } = await ledger.trialBalance(instantParameter('as_of', query.as_of))
      return {
        as_of: asOf.toISOString(),
        currencies: currencies.map((each) => ({ ...each, accounts: [...each.accounts] })),
      }
    },
  )

  app.get(
    '/v1/ledger/invariants',
    {
      schema: {
        tags,
        operationId: 'getInvariants',
        summary: 'What must always hold, checked now',
        response: { 200: InvariantsSchema },
      },
      config: { scope: 'read' },
    },
    async () => {
      const { ok, checks } = await ledger.invariants()
      return { ok, checks: [...checks] }
    },
  )

  app.get(
    '/v1/ledger/verification',
    {
      schema: {
        tags,
        operationId: 'verifyLedger',
        summary: 'Read the whole hash chain again and say what does not fit',
        querystring: VerificationQuery,
        response: { 200: VerificationSchema },
      },
      config: { scope: 'read' },
    },
    async ({ query }) => {
      const { ok, checked, findings, anchors } = await ledger.verify(query.anchor)
      const newest = anchors.at(-1)
      return {
        ok,
        checked,
        findings: findings.map(findingBody),
        ...(newest !== undefined && { newest_anchor: newest }),
      }
    },
  )
}

const findingBody = ({ kind, chain, batch, entryId, posting, detail }: Verification['findings'][number]) => ({
  kind,
  ...(chain === undefined ? {} : { chain }),
  ...(batch === undefined ? {} : { batch }),
  ...(entryId === undefined ? {} : { entry: publicId('je', entryId) }),
  ...(posting === undefined ? {} : { posting }),
  detail,
})
