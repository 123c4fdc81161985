import { Type } from 'typebox'
import type { Mode } from '../../platform/auth/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../../platform/errors.ts'
import type { Api } from '../fastify.ts'
import { closed, Instant } from '../schemas/common.ts'
import type { Services, TestClockControl } from '../services.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
// A year and a day in one step; every due instant in it is done before the answer.
const DAYS_MAX = 366

const tags = ['test clock']
const now = Instant('Business time.')

const AdvanceSchema = Type.Object(
  {
    days: Type.Optional(Type.Integer({ maximum: DAYS_MAX, description: 'How many days.' })),
    hours: Type.Optional(Type.Integer({ maximum: DAYS_MAX * 24, description: 'How many hours.' })),
  },
  { ...closed, minProperties: 1, examples: [{ days: 1 }] },
)

export function testClockRoutes(
  app: Api,
  { testClock }: Pick<Services, 'testClock'>,
  { clock, mode }: { readonly clock: Clock; readonly mode: Mode },
): void {
  const control = (): TestClockControl => {
    if (mode === 'test' && testClock !== undefined) return testClock
    throw new Refusal('test_mode_only', 'A live deployment has no clock that can be advanced.')
  }

  app.get(
    '/v1/test/clock',
    {
      schema: {
        tags,
        operationId: 'getTestClock',
        summary: 'Read the test clock',
        response: { 200: Type.Object({ now, offset_ms: Type.Integer({ description: 'Ahead of the wall clock.' }) }) },
      },
      config: { scope: 'read', refusals: ['test_mode_only'] },
    },
    async () => {
      control()
      return { now: clock.now().toISOString(), offset_ms: clock.offsetMs() }
    },
  )

  app.post(
    '/v1/test/clock/advance',
    {
      schema: {
        tags,
        operationId: 'advanceTestClock',
        summary: 'Advance the test clock',
        description: 'Steps through every due instant in order and answers when all of it is done.',
        body: AdvanceSchema,
        response: { 200: Type.Object({ now }) },
      },
      config: { scope: 'write', refusals: ['test_mode_only', 'clock_backwards'] },
    },
    async (request) => {
      const { days = 0, hours = 0 } = request.body
      const ms = days * DAY_MS + hours * HOUR_MS
      const advance = control()
      if (ms <= 0) throw new Refusal('clock_backwards', 'days and hours must add up to more than nothing.')
      return { now: (await advance.advance(ms)).toISOString() }
    },
  )
}
