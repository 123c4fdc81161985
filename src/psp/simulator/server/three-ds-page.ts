import type { Charge } from './charges.ts'
import { ApiError } from './errors.ts'
import { completeAction, requireCharge } from './follow-up.ts'
import type { Exchange } from './http.ts'
import type { Simulator } from './simulator.ts'

/** The page on which the buyer approves or refuses a charge that requires action. */
export async function threeDsPage(simulator: Simulator, exchange: Exchange, id: string): Promise<void> {
  const charge = requireCharge(simulator, id)
  await simulator.durable()
  if (charge.status !== 'requires_action') exchange.sendHtml(200, done(charge))
  else exchange.sendHtml(200, question(charge))
}

/** The answer of the form: `answer=approve` or `answer=refuse`. A second answer changes nothing. */
export async function threeDsAnswer(simulator: Simulator, exchange: Exchange, id: string): Promise<void> {
  const answer = new URLSearchParams(await exchange.text()).get('answer')
  if (answer !== 'approve' && answer !== 'refuse')
    throw new ApiError(422, 'invalid_request', 'invalid_field', 'answer must be "approve" or "refuse"')
  const charge = requireCharge(simulator, id)
  const open = charge.status === 'requires_action'
  if (open) completeAction(simulator, charge, answer === 'approve')
  await simulator.durable()
  exchange.sendHtml(open ? 200 : 409, done(charge))
}

const question = (charge: Charge): string =>
  page(`<h1>Is this you?</h1>
<p>${escapeHtml(charge.reference)}: ${charge.amount} minor units of ${charge.currency}</p>
<form method="post">
<button name="answer" value="approve">Approve</button>
<button name="answer" value="refuse">Refuse</button>
</form>`)

const done = (charge: Charge): string => page(`<h1>Thank you</h1><p>The charge is ${charge.status}.</p>`)

const page = (body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Test PSP</title><main>${body}</main></html>\n`

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character)
