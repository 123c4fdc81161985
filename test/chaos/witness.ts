import type {
  Answer,
  FollowUp,
  KeyHistory,
  KeyReuse,
  ManualHistory,
  Observations,
  OrderSeen,
  OrderStatus,
  PaymentSeen,
} from './snapshot.ts'

/** States of an order that nothing leaves, except `failed` through a retry. */
const FINAL: ReadonlySet<OrderStatus> = new Set(['captured', 'failed', 'voided'])

/** What the client was told, kept for the audit: the only memory of the campaign. */
export type Witness = {
  readonly openKey: (history: Omit<KeyHistory, 'answers'>) => (answer: Answer) => void
  readonly openManual: (history: Omit<ManualHistory, 'answers'>) => (answer: Answer) => void
  readonly openReuse: (key: string) => (answer: Answer) => void
  readonly openFollowUp: (followUp: Omit<FollowUp, 'answer'>) => (answer: Answer) => void
  /**
   * Compares a payment with the last sight of it. `askedAt` is when the read was sent (`performance.now()`):
   * two reads that were under way at the same time say nothing about which state came first.
   */
  readonly saw: (payment: PaymentSeen, askedAt: number) => void
  readonly sent: () => void
  readonly serverError: (sentence: string) => void
  readonly unexpected: (sentence: string) => void
  readonly acknowledgedPayments: () => readonly string[]
  readonly testimony: () => Testimony
}

export type Testimony = {
  readonly keys: readonly KeyHistory[]
  readonly reuses: readonly KeyReuse[]
  readonly followUps: readonly FollowUp[]
  readonly manual: readonly ManualHistory[]
  readonly observations: Observations
}

type Sight = Pick<OrderSeen, 'status' | 'pspReference' | 'amount'> & { readonly seenAt: number }

export function createWitness(): Witness {
  const keys = new Map<string, Omit<KeyHistory, 'answers'> & { answers: Answer[] }>()
  const manual = new Map<string, Omit<ManualHistory, 'answers'> & { answers: Answer[] }>()
  const reuses: { key: string; answer: Answer | undefined }[] = []
  const followUps: (Omit<FollowUp, 'answer'> & { answer: Answer | undefined })[] = []
  const sights = new Map<string, Sight>()
  /** Payments whose failed orders a retry may set going again. */
  const retried = new Set<string>()
  const seen = {
    requests: 0,
    reads: 0,
    serverErrors: [] as string[],
    backwards: [] as string[],
    unexpected: [] as string[],
  }

  const sawOrder = (paymentId: string, id: string, now: Sight, askedAt: number): void => {
    const before = sights.get(id)
    if (before !== undefined && before.seenAt > askedAt) return
    sights.set(id, now)
    if (before === undefined) return
    if (before.amount !== now.amount) seen.backwards.push(`${id} changed from ${before.amount} to ${now.amount}`)
    if (!FINAL.has(before.status)) return
    if (before.status === 'failed' && retried.has(paymentId)) return
    if (before.status !== now.status) seen.backwards.push(`${id} went from ${before.status} to ${now.status}`)
    else if (before.status === 'captured' && before.pspReference !== now.pspReference)
      seen.backwards.push(`${id} was captured as ${before.pspReference} and is now ${now.pspReference}`)
  }

  return {
    openKey: (history) => {
      const open = keys.get(history.key) ?? { ...history, answers: [] }
      keys.set(history.key, open)
      return (answer) => open.answers.push(answer)
    },
    openManual: (history) => {
      const open = manual.get(history.key) ?? { ...history, answers: [] }
      manual.set(history.key, open)
      return (answer) => open.answers.push(answer)
    },
    openReuse: (key) => {
      const reuse: { key: string; answer: Answer | undefined } = { key, answer: undefined }
      reuses.push(reuse)
      return (answer) => {
        reuse.answer = answer
      }
    },
    openFollowUp: (followUp) => {
      const open: Omit<FollowUp, 'answer'> & { answer: Answer | undefined } = { ...followUp, answer: undefined }
      followUps.push(open)
      if (followUp.action === 'retry') retried.add(followUp.paymentId)
      return (answer) => {
        open.answer = answer
      }
    },
    saw: (payment, askedAt) => {
      seen.reads += 1
      const seenAt = performance.now()
      for (const { id, status, pspReference, amount } of payment.orders)
        sawOrder(payment.id, id, { status, pspReference, amount, seenAt }, askedAt)
    },
    sent: () => {
      seen.requests += 1
    },
    serverError: (sentence) => seen.serverErrors.push(sentence),
    unexpected: (sentence) => seen.unexpected.push(sentence),
    acknowledgedPayments: () =>
      [...keys.values()].flatMap(({ answers }) =>
        answers.flatMap((answer) => ('accepted' in answer ? [answer.accepted] : [])),
      ),
    testimony: () => ({
      keys: [...keys.values()],
      reuses,
      followUps,
      manual: [...manual.values()],
      observations: seen,
    }),
  }
}
