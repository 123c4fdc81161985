import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSeeded } from '../../../test/support/seeded.ts'
import { countLineFeeds } from './line-feeds.ts'
import { rowsAt } from './lines-at.ts'

describe('line feeds', () => {
  it('are counted whatever bytes stand around them, from every byte to every other', () => {
    const random = createSeeded(1)
    for (let round = 0; round < 400; round += 1) {
      const bytes = Buffer.from(
        Array.from({ length: random.integer(0, 40) }, () => random.pick([0x0a, 0x0a, 0x0b, 0x09, 0x8a, 0, 0xff, 0x80])),
      )
      const [from, to] = [random.integer(0, 9), random.integer(10, 40)]
      const part = [...bytes.subarray(from, to)]

      expect(countLineFeeds(bytes, from, Math.min(to, bytes.length))).toBe(part.filter((byte) => byte === 0x0a).length)
    }
  })

  it('are counted where there is nothing else, however many', () => {
    const bytes = Buffer.alloc(100_003, '\n')

    expect([countLineFeeds(bytes), countLineFeeds(bytes, 1, 4_099)]).toEqual([100_003, 4_098])
  })
})

describe('rows of a file by their places', () => {
  it.each(['\n', '\r\n'])('are those that stand there, the last one without an end included (%j)', async (end) => {
    const random = createSeeded(2)
    const rows = Array.from({ length: 30_000 }, (_, place) => [`r${place}`, 'x'.repeat(random.integer(0, 120))])
    const folder = mkdtempSync(join(tmpdir(), 'tallystick-lines-'))
    const path = join(folder, 'a.csv')
    try {
      writeFileSync(path, ['id,text', ...rows.map((row) => row.join(','))].join(end))
      const places = rows.flatMap((_, place) =>
        place % 9 === 0 || random.chance(0.02) || place > 29_990 ? [place] : [],
      )

      const found: (readonly string[])[] = []
      for await (const piece of rowsAt({ path, separator: ',', columns: 2 }, places)) found.push(...piece)

      expect(found).toEqual(places.map((place) => rows[place]))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
