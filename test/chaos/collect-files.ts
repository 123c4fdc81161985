import { createHash } from 'node:crypto'
import { request } from 'undici'
import type { Nights, PspFile, PspLine } from './snapshot.ts'
import { asArray, asObject, asText } from './wire.ts'

/** Every settlement file that the simulator hands out, as it would give it to anybody. */
export async function collectFiles(simulatorUrl: string): Promise<Pick<Nights, 'pspFiles' | 'firstDay'>> {
  const list = asObject(JSON.parse((await get(simulatorUrl, '/settlement_files')).toString()), 'settlement files')
  const days = asArray(list['data'], 'settlement files').map((item) =>
    asText(asObject(item, 'settlement file')['business_date'], 'business_date of a file'),
  )
  const pspFiles: PspFile[] = []
  for (const day of days.toSorted()) pspFiles.push(readFile(day, await get(simulatorUrl, `/settlement_files/${day}`)))
  return { pspFiles, firstDay: asText(list['first_business_date'], 'first_business_date') }
}

async function get(simulatorUrl: string, path: string): Promise<Buffer> {
  const answer = await request(new URL(path, simulatorUrl), { signal: AbortSignal.timeout(30_000) })
  if (answer.statusCode !== 200) throw new Error(`the simulator's ${path} gave ${answer.statusCode}`)
  return Buffer.from(await answer.body.arrayBuffer())
}

/** The columns of a file that anything is compared with, by their place. */
const COLUMN = {
  record: 0,
  currency: 2,
  kind: 3,
  pspReference: 4,
  status: 6,
  gross: 7,
  fee: 8,
  net: 9,
  at: 10,
} as const

/** Reads a file by the page that describes it. */
export function readFile(day: string, bytes: Buffer): PspFile {
  const lines: PspLine[] = []
  const balances = new Map<string, { currency: string; opening: bigint; closing: bigint }>()
  for (const [index, row] of readCsv(bytes.toString('utf8')).entries()) {
    const field = (name: keyof typeof COLUMN): string => row[COLUMN[name]] ?? ''
    const currency = field('currency')
    const money = (name: 'gross' | 'fee' | 'net'): bigint => minorUnits(field(name))
    if (field('record') === 'opening') balances.set(currency, { currency, opening: money('net'), closing: 0n })
    const balance = balances.get(currency)
    if (field('record') === 'closing' && balance !== undefined) balance.closing = money('net')
    if (field('record') !== 'line') continue
    lines.push({
      line: index + 1,
      kind: field('kind'),
      pspReference: field('pspReference'),
      status: field('status'),
      gross: money('gross'),
      fee: money('fee'),
      currency,
      occurredAt: field('at'),
    })
  }
  return { day, sha256: createHash('sha256').update(bytes).digest('hex'), lines, balances: [...balances.values()] }
}

/** Amounts are written with all decimals of their currency, so that without the point they are minor units. */
function minorUnits(text: string): bigint {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`${text} is no amount`)
  return BigInt(text.replace('.', ''))
}

/** RFC 4180 with line feeds. */
export function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (end === '' && row.length === 0 && plain === '' && quoted === undefined) break
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}
