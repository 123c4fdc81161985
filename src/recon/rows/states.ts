/** What became of a payment, in the words of the sender's column for it. Words for kinds of rows, such as refund, are none. */
export type State = 'paid' | 'pending' | 'failed' | 'refunded' | 'disputed'

const WORDS: Readonly<Record<State, string>> = {
  paid:
    'paid captured succeeded success successful settled complete completed approved accepted processed booked posted cleared ok ' +
    'bezahlt erfolgreich gebucht abgeschlossen paye reussi comptabilise pagado pagada exito pagato riuscito betaald geslaagd voltooid pago concluido zaksiegowana zrealizowana',
  pending:
    'pending processing open created initiated authorised authorized requirescapture uncaptured inprogress onhold scheduled ' +
    'vorgemerkt ausstehend offen enattente pendiente insospeso inbehandeling pendente oczekujaca',
  failed:
    'failed fail failure declined rejected refused error cancelled canceled void voided expired reverted blocked ' +
    'denied unsuccessful aborted abandoned timedout notcaptured insufficientfunds donothonor donothonour paymentfailed ' +
    'fehlgeschlagen abgelehnt storniert echoue refuse annule fallido rechazado cancelado fallito rifiutato annullato mislukt geweigerd geannuleerd recusado odrzucona anulowana',
  refunded: 'refunded reversed returned erstattet rembourse reembolsado rimborsato terugbetaald estornado zwrocona',
  disputed: 'disputed chargedback',
}

const STATES: ReadonlyMap<string, State> = new Map(
  Object.entries(WORDS).flatMap(([state, words]) => words.split(' ').map((word) => [word, state as State] as const)),
)

/** Undefined for a word that is not known: it says nothing. */
export const stateOf = (word: string): State | undefined =>
  STATES.get(
    word
      .normalize('NFD')
      .replace(/[^\p{L}]/gu, '')
      .toLowerCase(),
  )

/** A payment that moved no money, or not yet, stands apart: the other side does not have to have it. */
export function apartState(word: string): string | undefined {
  const state = stateOf(word)
  return state === 'failed' || state === 'pending' ? state : undefined
}
