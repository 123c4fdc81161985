import { styleText } from 'node:util'
import type { Role } from '../config.ts'

export type BannerFacts = {
  readonly version: string
  readonly mode: string
  readonly role: Role
  readonly url: string
  readonly docsUrl: string | undefined
  readonly simulatorUrl: string | undefined
  readonly database: string
  readonly apiKey: string | undefined
  readonly readyMs: number
}

const EXAMPLE = {
  buyer: { reference: 'buyer-1' },
  currency: 'EUR',
  payment_method: 'pm_test_visa',
  orders: [
    { seller: 'anna', amount: 1250, platform_fee: 125 },
    { seller: 'ben', amount: 3000, platform_fee: 300 },
  ],
}

/** What the server says once it is ready: where everything is, and one payment to try. */
export function banner(facts: BannerFacts, coloured: boolean): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string): string =>
    coloured ? styleText(format, text, { validateStream: false }) : text
  const rows: [string, string | undefined][] = [
    [facts.role === 'worker' ? 'Worker' : 'API', facts.url],
    ['Docs', facts.docsUrl],
    ['PSP simulator', facts.simulatorUrl],
    ['Database', facts.database],
    ['API key', facts.apiKey],
  ]
  const table = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${paint('dim', name.padEnd(14))} ${value}`],
  )
  const title = `  ${paint('bold', `Tallystick ${facts.version}`)} · ${facts.mode} mode · ready in ${(facts.readyMs / 1_000).toFixed(1)} s`
  return [
    '',
    title,
    '',
    ...table,
    '',
    ...tryIt(facts),
    `  ${paint('dim', 'Stop with Ctrl-C; everything is kept for the next start.')}`,
    '',
  ].join('\n')
}

function tryIt(facts: BannerFacts): string[] {
  if (facts.apiKey === undefined || facts.simulatorUrl === undefined) return []
  return [
    '  A buyer pays two sellers at once:',
    '',
    `    curl -s ${facts.url}/v1/payments \\`,
    `      -H 'Authorization: Bearer ${facts.apiKey}' \\`,
    `      -H 'Idempotency-Key: first' -H 'Prefer: wait=5' -H 'Content-Type: application/json' \\`,
    `      -d '${JSON.stringify(EXAMPLE)}'`,
    '',
  ]
}
