import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { waitFor } from '../../test/support/wait-for.ts'
import { watch } from './watch.ts'

const quiet = pino({ level: 'silent' })

describe('a watch', () => {
  it('brings back what died, also when the first tries fail', async () => {
    let up = true
    let tries = 0
    const said: string[] = []
    const watching = watch(
      {
        name: 'The thing',
        isUp: () => up,
        restart: async () => {
          tries += 1
          if (tries < 3) throw new Error('not yet')
          up = true
        },
      },
      { log: quiet, say: (line) => said.push(line), onGiveUp: () => {} },
    )

    up = false

    await waitFor(() => up, { what: 'the thing to be up' })
    await watching.stop()
    expect(tries).toBe(3)
    expect(said).toEqual([expect.stringMatching(/^The thing had died and runs again \(\d+ ms\)\.$/)])
  })

  it('brings nothing back once it was told to stop', async () => {
    let tries = 0
    const watching = watch(
      {
        name: 'The thing',
        isUp: () => tries === 0,
        restart: async () => {
          tries += 1
        },
      },
      { log: quiet, say: () => {}, onGiveUp: () => {} },
    )

    await watching.stop()

    expect(tries).toBe(0)
  })
})
