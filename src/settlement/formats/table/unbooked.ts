import { plain } from './month-names.ts'

/** States of a row that moved no balance, or not yet: as banks and PSPs write them in a column of their own. */
const UNBOOKED = new Set([
  'pending', 'declined', 'failed', 'reverted', 'canceled', 'cancelled', 'rejected', 'expired', 'authorised', 'authorized',
  'vorgemerkt', 'umsatz vorgemerkt', 'ausstehend', 'abgelehnt', 'fehlgeschlagen', 'en attente', 'refuse', 'annule', 'echoue',
  'pendiente', 'rechazado', 'cancelado', 'fallido', 'in sospeso', 'rifiutato', 'annullato', 'in behandeling', 'geweigerd',
  'geannuleerd', 'pendente', 'recusado', 'w trakcie', 'oczekujaca', 'odrzucona', 'anulowana',
]) // biome-ignore format: one list

/** Whether the state of a row, the whole of its cell, says that it is in no balance. */
export const isUnbooked = (status: string): boolean => status.length <= 32 && UNBOOKED.has(plain(status).trim())
