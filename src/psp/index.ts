/**
 * PSPs: the port through which money is charged (psp.ts), and one folder for each adapter behind it.
 *
 * Owns the translation between what a PSP says and an `Outcome`. Never retries, never decides what an
 * unknown outcome means for an order, and knows no database: that is the executor's. The simulator is a
 * program of its own with its own book; only its adapter is reached from here. An adapter is right when
 * it passes `describePspContract` of contract.ts.
 */
export { DECLINE_CODES, type DeclineCode, declineOf, isDeclineCode } from './declines.ts'
export type {
  ChargeRequest,
  Decline,
  FetchedFile,
  FollowUpRequest,
  LookUp,
  Money,
  Outcome,
  Psp,
  PspTestClock,
  PspTraits,
  SettlementFiles,
  WebhookEvent,
} from './psp.ts'
export {
  createSimulatorPsp,
  registeredWebhookEndpoint,
  registerWebhookEndpoint,
  type SimulatorOptions,
} from './simulator/adapter.ts'
export { simulatorProgram } from './simulator/program.ts'
