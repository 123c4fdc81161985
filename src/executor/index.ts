/**
 * The executor: carries payment orders to a PSP, and unknown outcomes to their end.
 *
 * It sends only what is durable, under a key that derives from the attempt; it never decides what an answer means
 * (payments/charge.ts does) and never writes a payment's rows. Every node runs one; a node that dies leaves its attempts
 * to the others, who send again under the same key or ask the PSP by our reference.
 */
export { type ClockControl, createClockControl } from './advance.ts'
export { createPspCalls, type PspCalls } from './call.ts'
export { LEASE_MS } from './claim.ts'
export { decodeOutcome, type EncodedOutcome } from './encoded-outcome.ts'
export { createExecutor, type Executor } from './executor.ts'
export { createInbox, type WebhookInbox } from './inbox.ts'
export { createNode, type Node } from './node.ts'
export { createEndpointKeeper, type EndpointKeeper, sharedWebhookSecret } from './webhook-endpoint.ts'
