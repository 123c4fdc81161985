import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import type { Deployment } from './deployment.ts'
import type { Killer } from './killer.ts'
import { signalProcess } from './processes.ts'
import { CALM, type CuttingProxy } from './proxy.ts'
import { type Fault, QUIET_SIMULATOR, type SimulatorSettings, type Step } from './schedule.ts'

export type FaultInjector = {
  /** Carries out the schedule, one step after the other. */
  readonly run: () => Promise<void>
  /** Takes everything back that lasts: the weather, the simulator's settings. */
  readonly calm: () => Promise<void>
  /** The share of the schedule that has passed, from 0 to 1. */
  readonly progress: () => number
}

export function createFaultInjector(deps: {
  readonly deployment: Deployment
  readonly proxy: CuttingProxy
  readonly steps: readonly Step[]
  readonly killer: Killer
  readonly say: (sentence: string) => void
}): FaultInjector {
  const { deployment, proxy, steps, killer, say } = deps
  const wholeMs = steps.reduce((sum, { afterMs }) => sum + afterMs, 0)
  let doneMs = 0
  let stepBegan: number | undefined

  const pause = async (victim: 'server' | 'simulator', forMs: number): Promise<void> => {
    const { pids } = await killer.awaitVictim(victim)
    say(`pause: ${victim} for ${forMs} ms`)
    try {
      for (const pid of pids) signalProcess(pid, 'SIGSTOP')
      await delay(forMs)
    } finally {
      for (const pid of pids) signalProcess(pid, 'SIGCONT')
    }
  }

  const inject = async (fault: Fault): Promise<void> => {
    switch (fault.kind) {
      case 'kill':
        return killer.kill(fault.victims)
      case 'pause':
        return pause(fault.victim, fault.forMs)
      case 'drop_connections':
        return say(`drop: ${proxy.dropAll()} connections`)
      case 'network':
        proxy.setWeather(fault.weather)
        return say(
          `network: cuts ${percent(fault.weather.cutRequestRate)} before and ${percent(fault.weather.cutAnswerRate)} after`,
        )
      case 'simulator_settings': {
        const taken = await changeSimulator(deployment.run().simulatorUrl, fault.settings)
        return say(`simulator: ${taken ? 'other' : 'was away and kept its'} settings`)
      }
    }
  }

  return {
    run: async () => {
      for (const { afterMs, fault } of steps) {
        stepBegan = performance.now()
        await delay(afterMs)
        stepBegan = undefined
        doneMs += afterMs
        await inject(fault)
      }
    },
    calm: async () => {
      proxy.setWeather(CALM)
      for (let tries = 0; tries < 100; tries += 1) {
        if (await changeSimulator(deployment.run().simulatorUrl, QUIET_SIMULATOR)) return
        await delay(200)
      }
      throw new Error('the simulator did not come back to take its settings')
    },
    progress: () => {
      if (wholeMs === 0) return 1
      const inStep = stepBegan === undefined ? 0 : performance.now() - stepBegan
      return Math.min(1, (doneMs + inStep) / wholeMs)
    },
  }
}

const percent = (rate: number): string => `${Math.round(rate * 100)} %`

/** False when the simulator could not be reached; anything but success of one that can is the campaign's own mistake. */
async function changeSimulator(simulatorUrl: string, settings: SimulatorSettings): Promise<boolean> {
  const answer = await request(new URL('/settings', simulatorUrl), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
    signal: AbortSignal.timeout(3_000),
  }).catch(() => undefined)
  if (answer === undefined) return false
  const text = await answer.body.text().catch(() => '')
  if (answer.statusCode >= 300) throw new Error(`the simulator refused its settings with ${answer.statusCode}: ${text}`)
  return true
}
