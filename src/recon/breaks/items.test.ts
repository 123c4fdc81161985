import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { reconcile } from '../index.ts'
import { csv, UTC } from '../testing.ts'

it('shows no break without its cells when a file became shorter meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-items-'))
  const paths = { ours: join(folder, 'ours'), theirs: join(folder, 'theirs') }
  const file = (differing: number): string =>
    csv([['order', 'amount', 'currency'], ...Array.from({ length: 9 }, (_, place) => [`T${place * 37}`, `${place + (place === differing ? 80 : 11)}.50`, 'EUR'])]) // biome-ignore format: rows
  try {
    writeFileSync(paths.ours, file(8))
    writeFileSync(paths.theirs, file(-1))
    const tolerance = { kind: 'absolute', text: '0' } as const
    const settings = { tolerance, dateWindow: undefined, lag: undefined, asOf: undefined, ours: UTC, theirs: UTC }
    const files = { paths, folder, plainBytes: 0, given: {}, saved: undefined, former: undefined, anonymise: false }
    const ask = () => Promise.resolve(undefined)

    await reconcile({ ...files, settings, ask }, async (outcome) => {
      if (outcome.kind !== 'done') throw new Error('It was not sure')
      truncateSync(paths.ours, 60)
      await expect(outcome.items()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'changed' })
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
