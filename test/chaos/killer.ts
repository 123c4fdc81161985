import { setTimeout as delay } from 'node:timers/promises'
import type { Deployment, Target } from './deployment.ts'
import { signalProcess } from './processes.ts'
import type { Random } from './random.ts'
import type { Victim } from './schedule.ts'

/** Kills processes and counts them. */
export type Killer = {
  /** SIGKILL to each, one after the other; waits for a victim that is not there yet. `when` is for what is said. */
  readonly kill: (victims: readonly Victim[], when?: string) => Promise<void>
  readonly awaitVictim: (victim: Victim) => Promise<Target>
  readonly killed: () => number
  readonly killsByVictim: () => Readonly<Record<Victim, number>>
}

/** How long to wait for a victim that is not there, because it was just killed or is not started yet. */
const VICTIM_WAIT_MS = 60_000

export function createKiller(deps: {
  readonly deployment: Pick<Deployment, 'find'>
  /** How many there will be, for what is said. */
  readonly total: number
  readonly random: Random
  readonly say: (sentence: string) => void
}): Killer {
  const { deployment, total, random, say } = deps
  const kills: Record<Victim, number> = { server: 0, simulator: 0, postgres: 0, backend: 0 }
  const killed = (): number => Object.values(kills).reduce((sum, count) => sum + count, 0)

  const awaitVictim = async (victim: Victim): Promise<Target> => {
    const end = performance.now() + VICTIM_WAIT_MS
    for (;;) {
      const target = deployment.find(victim, (count) => random.int(0, Math.max(0, count - 1)))
      if (target !== undefined) return target
      if (performance.now() > end) throw new Error(`there was no ${victim} to kill for ${VICTIM_WAIT_MS / 1_000} s`)
      await delay(25)
    }
  }

  const kill: Killer['kill'] = async (victims, when = '') => {
    for (const victim of victims) {
      const { pids, markKilled } = await awaitVictim(victim)
      markKilled()
      const hit = pids.filter((pid) => signalProcess(pid, 'SIGKILL'))
      kills[victim] += 1
      say(`kill ${killed()}/${total}: ${victim}${when} (${hit.join(', ') || 'gone before the signal came'})`)
    }
  }
  return { kill, awaitVictim, killed, killsByVictim: () => kills }
}
