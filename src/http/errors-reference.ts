import { REFUSALS } from '../platform/errors.ts'
import { BUG } from './problem.ts'

type Row = {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly retryable: boolean
  readonly fix: string
}

/** Every code that a problem can have, by code. */
export const errorRows = (): Row[] =>
  [...Object.entries(REFUSALS).map(([code, meaning]) => ({ code, ...meaning })), BUG].sort((a, b) =>
    a.code < b.code ? -1 : 1,
  )

const INTRODUCTION = `Every refusal is answered as problem details (RFC 9457, \`application/problem+json\`):

\`\`\`json
{
  "type": "/errors#invalid_request",
  "title": "The request has a field that is not right.",
  "status": 422,
  "detail": "/orders/0/amount: Amounts are integers in minor units; 12.50 EUR is 1250.",
  "code": "invalid_request",
  "errors": [
    { "pointer": "/orders/0/amount", "detail": "Amounts are integers in minor units; 12.50 EUR is 1250." }
  ],
  "request_id": "req_6f1c2b7e0a5d4c3f9b8a7e6d5c4b3a29",
  "retryable": false
}
\`\`\`

- \`code\` is stable: programs read it. \`title\` and \`detail\` are for people and may change.
- \`errors\` names everything that was wrong at once. \`pointer\` is a JSON pointer into the body, \`?name\` for a query
  parameter, \`{name}\` for a part of the path, or the name of a header field.
- \`retryable\` says whether the same request can succeed later; \`Retry-After\` then says in how many seconds. Keep the
  Idempotency-Key.
- Some codes add fields of their own, such as \`payment\` with \`checkout_exists\`.
- A card number or an API key is never quoted.
`

/** The text of `docs/reference/errors.md`. */
export function errorsReference(): string {
  const sections = errorRows().map(
    ({ code, status, title, retryable, fix }) =>
      `## ${code}\n\n**${status}**${retryable ? ', retryable' : ''}. ${title}\n\n${fix}\n`,
  )
  return ['# Errors\n', INTRODUCTION, ...sections].join('\n')
}

/** The page that the `type` of a problem leads to. */
export function errorsPage(): string {
  const sections = errorRows().map(
    ({ code, status, title, retryable, fix }) =>
      `<h2 id="${code}">${code}</h2><p><b>${status}</b>${retryable ? ', retryable' : ''}. ${escapeHtml(title)}</p><p>${markCode(escapeHtml(fix))}</p>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tallystick: errors</title></head><body><h1>Errors</h1>${sections.join('')}</body></html>`
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const markCode = (text: string): string => text.replace(/`([^`]+)`/g, '<code>$1</code>')
