import { describe, expect, it } from 'vitest'
import { Refusal } from './errors.ts'
import { createSlots } from './slots.ts'

const full = (): Refusal => new Refusal('overloaded', 'There is too much of it.', { retryAfterSeconds: 1 })

describe('slots', () => {
  it('let so many in at once, others wait in their order, and more are refused', async () => {
    const inSlot = createSlots({ slots: 1, waiting: 2, whenFull: full })
    const gate = Promise.withResolvers<void>()
    const done: string[] = []
    const work = (name: string) => async () => {
      await gate.promise
      done.push(name)
      return name
    }

    const all = [inSlot(work('a')), inSlot(work('b')), inSlot(work('c'))]
    await expect(inSlot(work('d'))).rejects.toMatchObject({ code: 'overloaded' })
    gate.resolve()

    expect(await Promise.all(all)).toEqual(['a', 'b', 'c'])
    expect(done).toEqual(['a', 'b', 'c'])
  })

  it('are free again when work fails', async () => {
    const inSlot = createSlots({ slots: 1, waiting: 0, whenFull: full })

    await expect(inSlot(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')

    expect(await inSlot(async () => 'next')).toBe('next')
  })
})
