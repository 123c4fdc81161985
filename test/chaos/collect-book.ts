import { request } from 'undici'
import type { Charge } from './snapshot.ts'
import { asAmount, asArray, asObject, asText } from './wire.ts'

/** The simulator's own book: what really happened to money, whoever remembers it. */
export async function collectBook(simulatorUrl: string): Promise<readonly Charge[]> {
  const answer = await request(new URL('/book', simulatorUrl), { signal: AbortSignal.timeout(30_000) })
  if (answer.statusCode !== 200) throw new Error(`the simulator's book gave ${answer.statusCode}`)
  const book = asObject(await answer.body.json(), 'book')
  return asArray(book['charges'], 'charges of the book').map((item) => {
    const charge = asObject(item, 'charge')
    const reference = asText(charge['reference'], 'reference of a charge')
    return {
      id: asText(charge['id'], 'id of a charge'),
      reference,
      attemptId: attemptIdOf(reference),
      idempotencyKey: asText(charge['idempotency_key'], 'idempotency_key of a charge'),
      amount: asAmount(charge['amount'], 'amount of a charge'),
      currency: asText(charge['currency'], 'currency of a charge'),
      status: asText(charge['status'], 'status of a charge'),
      occurredAt: asText(charge['occurred_at'], 'occurred_at of a charge'),
    }
  })
}

/** The attempt that our reference names: its id's 32 hexadecimal digits, whatever stands before them. */
function attemptIdOf(reference: string): string | undefined {
  const digits = /([0-9a-f]{32})$/.exec(reference.replaceAll('-', ''))?.[1]
  return digits === undefined ? undefined : `att_${digits}`
}
