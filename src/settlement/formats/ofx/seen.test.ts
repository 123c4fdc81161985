import { describe, expect, it } from 'vitest'
import { createSeen } from './seen.ts'

describe('What was seen', () => {
  it('is known again, and nothing else is, among a hundred thousand', () => {
    const seen = createSeen()
    const ids = Array.from({ length: 100_000 }, (_, n) => `2026030${n % 10}${n}`)

    expect(ids.filter((id) => seen.has('account', id))).toEqual([])
    expect(ids.every((id) => seen.has('account', id))).toBe(true)
    expect(ids.filter((id) => seen.has('other', id))).toEqual([])
  })

  it('is told apart by where the scope ends', () => {
    const seen = createSeen()

    expect([seen.has('a', 'bc'), seen.has('ab', 'c'), seen.has('', 'abc'), seen.has('a', 'bc')]).toEqual([
      false,
      false,
      false,
      true,
    ])
  })
})
