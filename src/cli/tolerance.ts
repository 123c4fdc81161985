import { InvalidArgumentError } from 'commander'
import type { Integer } from './api-types.ts'

/** How the API takes and tells what may differ in a pair. */
export type ApiBounds = { readonly minor_units?: Readonly<Record<string, Integer>>; readonly basis_points?: number }
export type ApiTolerance = { readonly amount?: ApiBounds; readonly fee?: ApiBounds }

export type ToleranceOptions = { readonly tolerance?: ApiBounds; readonly feeTolerance?: ApiBounds }

export const TOLERANCE_HELP =
  'amounts may differ by so much: EUR=2,JPY=1 in minor units, 5bp of it, or the smaller of both'
export const FEE_TOLERANCE_HELP = 'and a fee from the schedule, in the same way'

/** Reads a list such as `EUR=2,JPY=1,5bp`; `0` is nothing. */
export function readBounds(text: string): ApiBounds {
  if (text === '0') return { minor_units: {} }
  const amounts = new Map<string, number>()
  let share: number | undefined
  for (const part of text.split(',')) {
    const [, currency, amount, points] = /^(?:([A-Z]{3})=(\d{1,15})|(\d{1,4})bp)$/.exec(part) ?? []
    const isTwice = currency === undefined ? share !== undefined : amounts.has(currency)
    if ((currency === undefined && points === undefined) || isTwice)
      throw new InvalidArgumentError(
        'It is a list such as EUR=2,JPY=1,5bp: minor units of currencies, basis points, each once.',
      )
    if (currency === undefined) share = Number(points)
    else amounts.set(currency, Number(amount))
  }
  return {
    ...(amounts.size > 0 && { minor_units: Object.fromEntries(amounts) }),
    ...(share !== undefined && { basis_points: share }),
  }
}

/** What the options say, as the API takes it; undefined when they say nothing. */
export function toleranceOf({ tolerance: amount, feeTolerance: fee }: ToleranceOptions): ApiTolerance | undefined {
  if (amount === undefined && fee === undefined) return undefined
  return { ...(amount !== undefined && { amount }), ...(fee !== undefined && { fee }) }
}

/** Such as `tolerance EUR=2 5bp, fee tolerance 1bp`, in parts. */
export const toleranceTexts = ({ amount, fee }: ApiTolerance = {}): readonly string[] => [
  ...(amount === undefined ? [] : [`tolerance ${boundsText(amount)}`]),
  ...(fee === undefined ? [] : [`fee tolerance ${boundsText(fee)}`]),
]

function boundsText({ minor_units: amounts = {}, basis_points: share }: ApiBounds): string {
  const parts = Object.entries(amounts).map(([currency, amount]) => `${currency}=${amount}`)
  return [...parts, ...(share === undefined ? [] : [`${share}bp`])].join(' ') || '0'
}
