import type { NetworkWeather } from './proxy.ts'
import type { Random } from './random.ts'

/** Who can be killed. `backend` is one connection's process of PostgreSQL: the whole server then recovers. */
export type Victim = 'server' | 'simulator' | 'postgres' | 'backend'

export type Fault =
  | { readonly kind: 'kill'; readonly victims: readonly Victim[] }
  /** Stopped without dying, as a virtual machine that is being moved, then continued. */
  | { readonly kind: 'pause'; readonly victim: 'server' | 'simulator'; readonly forMs: number }
  | { readonly kind: 'drop_connections' }
  | { readonly kind: 'network'; readonly weather: NetworkWeather }
  | { readonly kind: 'simulator_settings'; readonly settings: SimulatorSettings }

export type SimulatorSettings = {
  readonly latency_ms: { readonly min: number; readonly max: number }
  readonly faults: {
    readonly lose_answer_rate: number
    readonly lose_request_rate: number
    readonly reject_rate: number
    readonly error_500_before_rate: number
    readonly error_500_after_rate: number
    readonly timeout_rate: number
    readonly webhook_loss_rate: number
    readonly webhook_repeat_rate: number
    readonly webhook_reorder_rate: number
  }
  readonly seed: number
  readonly webhooks: 'asynchronous' | 'all'
}

export type Step = { readonly afterMs: number; readonly fault: Fault }

/** A kill at night: whom, in which stage of a run, and how long after that stage was seen. */
export type NightKill = {
  readonly stage: NightStage
  readonly victim: Victim
  readonly afterMs: number
  /** Only after something was booked, when the stage is posting. */
  readonly midway: boolean
}

const STAGES = ['collecting', 'matching', 'posting'] as const
type NightStage = (typeof STAGES)[number]

/** One kill in four comes at night, and enough of them for each stage, with a server and without. */
const NIGHT_SHARE = 0.25
const NIGHT_KILLS_AT_LEAST = 6

/** How many of the kills come at night. */
export const nightShare = (kills: number): number =>
  Math.min(kills, Math.max(NIGHT_KILLS_AT_LEAST, Math.round(kills * NIGHT_SHARE)))

/** The kills of each night, in the order of the stages. */
export function planNights(random: Random, nights: number, kills: number): readonly (readonly NightKill[])[] {
  const planned: NightKill[][] = Array.from({ length: nights }, () => [])
  // Each stage as often as the others, and which of them first is the seed's.
  const first = random.int(0, STAGES.length - 1)
  for (let number = 0; number < kills; number += 1) {
    const stage = STAGES[(first + number + Math.floor(number / nights)) % STAGES.length] ?? 'matching'
    const ofNight = planned[number % nights] ?? []
    const midway = stage === 'posting' && random.chance(0.6)
    const again = ofNight.some((kill) => kill.stage === stage)
    ofNight.push({
      stage,
      victim: planNightVictim(random, stage),
      afterMs: random.int(0, midway ? 100 : again ? 1_000 : LONGEST_AIM_MS[stage]),
      midway,
    })
  }
  const place = ({ stage }: NightKill): number => STAGES.indexOf(stage)
  return planned.map((kills) => kills.toSorted((one, other) => place(one) - place(other)))
}

/** How long a stage lasts at least with some hundred charges: later would be after it. */
const LONGEST_AIM_MS: Readonly<Record<NightStage, number>> = { collecting: 60, matching: 150, posting: 250 }

const planNightVictim = (random: Random, stage: NightStage): Victim =>
  random.weighted<Victim>([
    [50, 'server'],
    [20, 'postgres'],
    [15, 'backend'],
    // The file is the last that a run needs of it.
    [stage === 'collecting' ? 40 : 10, 'simulator'],
  ])

const KILL_COMBINATIONS = [
  [40, ['server']],
  [18, ['simulator']],
  [16, ['postgres']],
  [8, ['backend']],
  [5, ['server', 'postgres']],
  [5, ['server', 'simulator']],
  [4, ['simulator', 'postgres']],
  [4, ['server', 'simulator', 'postgres']],
] as const satisfies readonly (readonly [number, readonly Victim[]])[]

/** A schedule whose kills sum up to exactly `kills` processes, with other faults in between. */
export function planFaults(random: Random, kills: number): readonly Step[] {
  const steps: Step[] = []
  for (let killed = 0; killed < kills; ) {
    if (random.chance(0.55)) steps.push({ afterMs: random.int(100, 1_500), fault: planDisturbance(random) })
    const victims = random.weighted<readonly Victim[]>(KILL_COMBINATIONS).slice(0, kills - killed)
    steps.push({ afterMs: pauseBeforeKill(random), fault: { kind: 'kill', victims } })
    killed += victims.length
  }
  return steps
}

/** One in five comes while the last victim is still starting again; the others while there is work. */
function pauseBeforeKill(random: Random): number {
  return random.weighted([
    [20, random.int(20, 600)],
    [50, random.int(1_200, 4_500)],
    [30, random.int(3_500, 6_500)],
  ])
}

function planDisturbance(random: Random): Fault {
  return random.weighted<Fault>([
    [20, { kind: 'drop_connections' }],
    [25, { kind: 'network', weather: { cutRequestRate: rate(random), cutAnswerRate: rate(random) } }],
    [12, { kind: 'pause', victim: 'server', forMs: random.int(300, 7_000) }],
    [8, { kind: 'pause', victim: 'simulator', forMs: random.int(300, 7_000) }],
    [35, { kind: 'simulator_settings', settings: planSettings(random) }],
  ])
}

const rate = (random: Random): number => (random.chance(0.4) ? 0 : Math.round(random.next() * 30) / 100)

function planSettings(random: Random): SimulatorSettings {
  // Each alone at times, several together at others; time-outs are rare because each holds a call for seconds.
  const maybe = (most: number): number => (random.chance(0.5) ? 0 : Math.round(random.next() * most * 100) / 100)
  return {
    latency_ms: {
      min: 0,
      max: random.weighted([
        [60, random.int(0, 40)],
        [30, random.int(40, 400)],
        [10, random.int(400, 2_500)],
      ]),
    },
    faults: {
      lose_answer_rate: maybe(0.25),
      lose_request_rate: maybe(0.25),
      reject_rate: maybe(0.2),
      error_500_before_rate: maybe(0.2),
      error_500_after_rate: maybe(0.2),
      timeout_rate: maybe(0.05),
      webhook_loss_rate: maybe(0.5),
      webhook_repeat_rate: maybe(0.5),
      webhook_reorder_rate: maybe(0.5),
    },
    seed: random.int(1, 2 ** 31 - 1),
    webhooks: random.chance(0.5) ? 'all' : 'asynchronous',
  }
}

/** The simulator as it behaves when nothing is wrong with it. */
export const QUIET_SIMULATOR: SimulatorSettings = {
  latency_ms: { min: 0, max: 0 },
  faults: {
    lose_answer_rate: 0,
    lose_request_rate: 0,
    reject_rate: 0,
    error_500_before_rate: 0,
    error_500_after_rate: 0,
    timeout_rate: 0,
    webhook_loss_rate: 0,
    webhook_repeat_rate: 0,
    webhook_reorder_rate: 0,
  },
  seed: 1,
  webhooks: 'asynchronous',
}
