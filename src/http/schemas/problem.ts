import { Type } from 'typebox'

/** RFC 9457 problem details, as every refusal is answered. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Where the code is explained.', examples: ['/errors#invalid_request'] }),
    title: Type.String({ description: 'What happened; the same for every problem of this code.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened this time.' }),
    code: Type.String({ description: 'Stable; programs read this.', examples: ['invalid_request'] }),
    errors: Type.Array(
      Type.Object({
        pointer: Type.String({
          description: 'A JSON pointer into the body, `?name` of the query, `{name}` of the path, or a header field.',
          examples: ['/orders/0/amount'],
        }),
        detail: Type.String(),
      }),
    ),
    request_id: Type.String(),
    retryable: Type.Boolean({ description: 'Whether the same request can succeed later.' }),
  },
  { $id: 'Problem', additionalProperties: true, description: 'Problem details (RFC 9457).' },
)
