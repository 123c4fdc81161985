import type { Seeded } from '../support/seeded.ts'

export const shuffled = <T>(random: Seeded, items: readonly T[]): readonly T[] =>
  items.map((item) => ({ item, key: random.next() })).toSorted((a, b) => a.key - b.key).map(({ item }) => item) // biome-ignore format: one line
