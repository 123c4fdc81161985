import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Accepted, NewPayment, Payment, PaymentRequest } from '../../payments/index.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId, requireUuid } from '../../platform/ids.ts'
import { handOver, onlyResult, readBatch, sendBatch } from '../batch.ts'
import { BATCH_BODY_MAX_BYTES } from '../body-parser.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { fingerprintOf, idempotencyKeyOf } from '../idempotency.ts'
import { newPaymentOf } from '../new-payment.ts'
import { waitOf } from '../prefer.ts'
import { instantParameter, LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, NoBody, PageOf, refTo, TEXT_MAX } from '../schemas/common.ts'
import {
  BATCH_ORDERS_MAX,
  BatchEnvelopeSchema,
  type BatchItemBody,
  BatchItemSchema,
  NewBatchSchema,
  NewPaymentSchema,
  PaymentListQuery,
  PaymentSchema,
  RetrySchema,
  TimelineSchema,
  WhereaboutsSchema,
} from '../schemas/payment.ts'
import { ProblemSchema } from '../schemas/problem.ts'
import type { Services } from '../services.ts'
import { paymentBody, timelineBody, whereaboutsBody } from '../views.ts'

const PaymentRef = refTo('Payment', PaymentSchema)
// Compiled once: the compiler remembers this very object.
const PAYMENT_WRITER = { ...PaymentRef }
const tags = ['payments']
const PaymentParams = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the payment (`pay_…`).' }) },
  closed,
)

export function paymentRoutes(app: Api, services: Services): void {
  createRoutes(app, services)
  readRoutes(app, services)
  followUpRoutes(app, services)
}

function createRoutes(app: Api, services: Services): void {
  const { payments } = services

  app.post(
    '/v1/payments',
    {
      schema: {
        tags,
        operationId: 'createPayment',
        summary: 'Create a payment',
        description: 'Stores the payment before anything else happens, then charges each order. 201 means stored.',
        body: NewPaymentSchema,
        response: { 201: PaymentRef },
      },
      config: { scope: 'write', idempotent: true, waits: true, refusals: ['checkout_exists', 'psp_not_found'] },
    },
    async (request, reply) => {
      const item = newPaymentOf(request.body, idempotencyKeyOf(request.raw), services)
      const waitSeconds = waitOf(request.headers['prefer'])
      const payment = await answered(reply, services, await onlyResult(payments.accept([item])), waitSeconds)
      return reply.code(201).send(paymentBody(payment))
    },
  )

  app.post(
    '/v1/payments/batch',
    {
      bodyLimit: BATCH_BODY_MAX_BYTES,
      schema: {
        tags,
        operationId: 'createPayments',
        summary: 'Create many payments',
        description:
          'Each payment is accepted or refused on its own; `data` has a payment or a problem for each, in order.',
        body: BatchEnvelopeSchema,
      },
      config: {
        scope: 'write',
        idempotent: true,
        itemsIn: 'payments',
        documented: {
          body: NewBatchSchema,
          response: Type.Object({ data: Type.Array(Type.Union([PaymentRef, refTo('Problem', ProblemSchema)])) }),
        },
      },
    },
    async (request, reply) => {
      const items = readBatch<BatchItemBody, NewPayment>(request, request.body.payments, {
        list: 'payments',
        schema: BatchItemSchema,
        parts: 'orders',
        partsMax: BATCH_ORDERS_MAX,
        read: (body, key, pointer) => newPaymentOf(body, key, services, pointer),
      })
      const results = await handOver(items, payments.accept)
      const write = reply.compileSerializationSchema(PAYMENT_WRITER)
      return sendBatch(request, reply, results, ({ payment, replayed }) =>
        write({ ...paymentBody(payment), ...(replayed ? { replayed } : {}) }),
      )
    },
  )
}

/** Marks a replay, and waits for a final status when the caller asked for it. */
async function answered(
  reply: FastifyReply,
  { payments }: Services,
  { payment, replayed }: Accepted,
  waitSeconds: number | undefined,
): Promise<Payment> {
  if (replayed) reply.header('idempotent-replayed', 'true')
  if (waitSeconds === undefined) return payment
  reply.header('preference-applied', `wait=${waitSeconds}`)
  return payments.waitForFinal(payment.id, waitSeconds * 1_000)
}

function readRoutes(app: Api, { payments }: Services): void {
  app.get(
    '/v1/payments',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listPayments',
        summary: 'List payments, newest first',
        querystring: PaymentListQuery,
        response: { 200: PageOf(PaymentRef) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const page = await payments.list({
        status: query.status,
        seller: query.seller,
        checkoutId: query.checkout_id,
        createdGte: instantParameter('created[gte]', query['created[gte]']),
        createdLt: instantParameter('created[lt]', query['created[lt]']),
        limit: query.limit ?? LIMIT_DEFAULT,
        after: uuidCursor(query.cursor),
      })
      return pageBody(page, paymentBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/payments/:id',
    {
      schema: {
        tags,
        operationId: 'getPayment',
        summary: 'Read a payment',
        params: PaymentParams,
        response: { 200: PaymentRef },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => paymentBody(found(await payments.get(requireUuid('pay', params.id)), params.id)),
  )

  app.get(
    '/v1/payments/:id/timeline',
    {
      schema: {
        tags,
        operationId: 'getPaymentTimeline',
        summary: 'Everything that happened to a payment, oldest first',
        params: PaymentParams,
        response: { 200: TimelineSchema },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => timelineBody(found(await payments.timeline(requireUuid('pay', params.id)), params.id)),
  )

  app.get(
    '/v1/payments/:id/whereabouts',
    {
      schema: {
        tags,
        operationId: 'getPaymentWhereabouts',
        summary: 'Where the money of a payment is',
        params: PaymentParams,
        response: { 200: WhereaboutsSchema },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params }) => whereaboutsBody(found(await payments.whereabouts(requireUuid('pay', params.id)), params.id)),
  )
}

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new Refusal('not_found', `There is no payment ${id}.`)
  return value
}

function followUpRoutes(app: Api, services: Services): void {
  const followUp = async (
    request: FastifyRequest,
    reply: FastifyReply,
    asked: Pick<PaymentRequest, 'endpoint' | 'paymentMethod'> & { readonly id: string },
  ) => {
    const { id, ...rest } = asked
    const paymentId = requireUuid('pay', id)
    const fingerprint = fingerprintOf([`${rest.endpoint}/1`, publicId('pay', paymentId), rest.paymentMethod ?? null])
    const idempotencyKey = idempotencyKeyOf(request.raw)
    const waitSeconds = waitOf(request.headers['prefer'])
    const accepted = await services.payments.request({ ...rest, paymentId, idempotencyKey, fingerprint })
    return paymentBody(await answered(reply, services, accepted, waitSeconds))
  }
  const config = { scope: 'write', idempotent: true, waits: true, refusals: ['not_found', 'payment_state'] } as const
  const schema = { tags, params: PaymentParams, response: { 200: PaymentRef } }

  app.post(
    '/v1/payments/:id/capture',
    {
      schema: { ...schema, operationId: 'capturePayment', summary: 'Capture what was authorised', body: NoBody },
      config,
    },
    (request, reply) => followUp(request, reply, { endpoint: 'capture', id: request.params.id }),
  )

  app.post(
    '/v1/payments/:id/cancel',
    {
      schema: { ...schema, operationId: 'cancelPayment', summary: 'Give back what was authorised', body: NoBody },
      config,
    },
    (request, reply) => followUp(request, reply, { endpoint: 'cancel', id: request.params.id }),
  )

  app.post(
    '/v1/payments/:id/retry',
    {
      schema: {
        ...schema,
        operationId: 'retryPayment',
        summary: 'Charge the failed orders again, with another payment method',
        body: RetrySchema,
      },
      config: { ...config, refusals: [...config.refusals, 'checkout_exists'] },
    },
    (request, reply) =>
      followUp(request, reply, {
        endpoint: 'retry',
        id: request.params.id,
        paymentMethod: request.body.payment_method,
      }),
  )
}
