import { BANK_FAULTS, type BankFault } from './bank.ts'
import { invalid } from './errors.ts'
import { onlyFields, record } from './input.ts'

/** How the simulator behaves beside tokens and amounts. Rates are probabilities from 0 to 1. */
export type Settings = {
  readonly latency_ms: { readonly min: number; readonly max: number }
  readonly faults: Faults
  /** Where the stream of random choices starts: 0 to 2^32 − 1. */
  readonly seed: number
  /** `asynchronous`: only what no answer could tell. `all`: every charge, capture and void. */
  readonly webhooks: 'asynchronous' | 'all'
  /** For the files that are produced while it holds. */
  readonly settlement: SettlementSettings
  /** For the payouts of the files that are produced while it holds. */
  readonly bank: { readonly fault: BankFault }
}

export type SettlementSettings = {
  /** How long after the end of its day a file is ready. */
  readonly delay_minutes: number
  /** The closing balance of the first section is wrong by one minor unit. */
  readonly broken_control: boolean
}

export type Faults = {
  /** The charge is written, then the connection is cut. */
  readonly lose_answer_rate: number
  /** The connection is cut before anything is done. */
  readonly lose_request_rate: number
  /** 429 before anything is done. */
  readonly reject_rate: number
  /** 500 before anything is done. */
  readonly error_500_before_rate: number
  /** The charge is written, then 500. */
  readonly error_500_after_rate: number
  /** The charge is written, then no answer comes. */
  readonly timeout_rate: number
  readonly webhook_loss_rate: number
  readonly webhook_repeat_rate: number
  readonly webhook_reorder_rate: number
}

export const DEFAULT_SETTINGS: Settings = {
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
  settlement: { delay_minutes: 0, broken_control: false },
  bank: { fault: 'none' },
}

const MAX_DELAY_MINUTES = 10_080 // a week is later than any file that still comes
const MAX_LATENCY_MS = 60_000 // above every client's time-out, so that longer would change nothing

/** The settings after a change: a field that is left out keeps its value. Refuses what it does not know. */
export function changeSettings(current: Settings, body: unknown): Settings {
  const change = record(body, 'the body')
  onlyFields(change, Object.keys(DEFAULT_SETTINGS))
  return {
    latency_ms: latency(current.latency_ms, change['latency_ms']),
    faults: faults(current.faults, change['faults']),
    seed: change['seed'] === undefined ? current.seed : integer(change['seed'], 'seed', 2 ** 32 - 1),
    webhooks: webhooks(current.webhooks, change['webhooks']),
    settlement: settlement(current.settlement, change['settlement']),
    bank: bank(current.bank, change['bank']),
  }
}

function latency(current: Settings['latency_ms'], change: unknown): Settings['latency_ms'] {
  if (change === undefined) return current
  const given = record(change, 'latency_ms')
  onlyFields(given, ['min', 'max'])
  const min = given['min'] === undefined ? current.min : integer(given['min'], 'latency_ms.min', MAX_LATENCY_MS)
  const max = given['max'] === undefined ? current.max : integer(given['max'], 'latency_ms.max', MAX_LATENCY_MS)
  if (max < min) throw invalid('invalid_setting', 'latency_ms.max must not be less than latency_ms.min', 'latency_ms')
  return { min, max }
}

function faults(current: Faults, change: unknown): Faults {
  if (change === undefined) return current
  const given = record(change, 'faults')
  onlyFields(given, Object.keys(DEFAULT_SETTINGS.faults))
  const rate = (name: keyof Faults): number => {
    const value = given[name]
    if (value === undefined) return current[name]
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    throw invalid('invalid_setting', `faults.${name} must be a number from 0 to 1`, `faults.${name}`)
  }
  return {
    lose_answer_rate: rate('lose_answer_rate'),
    lose_request_rate: rate('lose_request_rate'),
    reject_rate: rate('reject_rate'),
    error_500_before_rate: rate('error_500_before_rate'),
    error_500_after_rate: rate('error_500_after_rate'),
    timeout_rate: rate('timeout_rate'),
    webhook_loss_rate: rate('webhook_loss_rate'),
    webhook_repeat_rate: rate('webhook_repeat_rate'),
    webhook_reorder_rate: rate('webhook_reorder_rate'),
  }
}

function webhooks(current: Settings['webhooks'], change: unknown): Settings['webhooks'] {
  if (change === undefined) return current
  if (change === 'asynchronous' || change === 'all') return change
  throw invalid('invalid_setting', 'webhooks must be "asynchronous" or "all"', 'webhooks')
}

function settlement(current: SettlementSettings, change: unknown): SettlementSettings {
  if (change === undefined) return current
  const given = record(change, 'settlement')
  onlyFields(given, Object.keys(DEFAULT_SETTINGS.settlement))
  const delay = given['delay_minutes']
  const broken = given['broken_control'] ?? current.broken_control
  if (typeof broken !== 'boolean')
    throw invalid('invalid_setting', 'settlement.broken_control must be true or false', 'settlement.broken_control')
  return {
    delay_minutes:
      delay === undefined ? current.delay_minutes : integer(delay, 'settlement.delay_minutes', MAX_DELAY_MINUTES),
    broken_control: broken,
  }
}

function bank(current: Settings['bank'], change: unknown): Settings['bank'] {
  if (change === undefined) return current
  const given = record(change, 'bank')
  onlyFields(given, ['fault'])
  const fault = BANK_FAULTS.find((each) => each === (given['fault'] ?? current.fault))
  if (fault === undefined)
    throw invalid('invalid_setting', `bank.fault must be one of ${BANK_FAULTS.join(', ')}`, 'bank.fault')
  return { fault }
}

function integer(value: unknown, name: string, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value
  throw invalid('invalid_setting', `${name} must be an integer from 0 to ${max}`, name)
}
