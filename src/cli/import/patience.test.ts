import { describe, expect, it } from 'vitest'
import { ApiProblem, ServerLost } from '../api-client.ts'
import { createPatience, ServerStayedAway } from './patience.ts'

const lost = () => new ServerLost('http://127.0.0.1:4100', 'connection refused')

function patient(patienceMs: number) {
  const mentioned: string[] = []
  return { mentioned, ...createPatience({ patienceMs, mention: (text) => mentioned.push(text) }) }
}

describe('patience', () => {
  it('sends again until there is an answer, and says so', async () => {
    const { untilAnswered, mentioned } = patient(5_000)
    const failures = [lost(), new ApiProblem(503, { detail: 'Too much work.' }, 0)]

    const answer = await untilAnswered(async () => {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      return 'ok'
    })

    expect(answer).toBe('ok')
    expect(mentioned[0]).toBe('No answer from http://127.0.0.1:4100: connection refused; trying again for 5 s')
    expect(mentioned.at(-1)).toMatch(/^the server answers again after \d+\.\d s$/)
  })

  it('ends when the server stays away', async () => {
    const { untilAnswered } = patient(300)

    await expect(untilAnswered(() => Promise.reject(lost()))).rejects.toBeInstanceOf(ServerStayedAway)
  })

  it('never outlasts itself, however long the server asks to wait', async () => {
    const { untilAnswered } = patient(300)
    const startedAt = performance.now()

    await expect(untilAnswered(() => Promise.reject(new ApiProblem(503, {}, 3_600)))).rejects.toThrow()

    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })

  it('passes a refusal on at once', async () => {
    const { untilAnswered, mentioned } = patient(5_000)

    await expect(untilAnswered(() => Promise.reject(new ApiProblem(401, {}, undefined)))).rejects.toMatchObject({
      status: 401,
    })
    expect(mentioned).toEqual([])
  })
})
