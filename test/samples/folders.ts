import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Audit } from './audit.ts'

/** The folders of samples, with the formats that their files are in: the first whose pattern the path has. */
const FORMATS: Readonly<Record<string, readonly (readonly [path: RegExp, format: string])[]>> = {
  camt052: [[/./, 'camt.052']],
  camt053: [[/./, 'camt.053']],
  camt054: [[/./, 'camt.054']],
  // Its audit knows which are MT 942: names and folders do not.
  mt940: [[/./, 'mt940']],
  bai2: [[/./, 'bai2']],
  ofx: [[/./, 'ofx']],
  coda: [[/./, 'coda']],
  'paypal-stl': [[/./, 'paypal_stl']],
  'paypal-trr': [[/./, 'paypal_trr']],
  stripe: [[/./, 'stripe']],
  adyen: [
    [/payments_accounting_report/, 'adyen_accounting'],
    [/./, 'adyen_settlement'],
  ],
  checkoutcom: [
    [/__payouts/, 'checkoutcom_payouts'],
    [/./, 'checkoutcom_settlement'],
  ],
  'csv-normalisation': [
    [/\.xlsx$/, 'xlsx'],
    [/./, 'csv'],
  ],
}

export const FOLDERS: readonly string[] = Object.keys(FORMATS)

/** Says about samples, and no samples. */
const ABOUT = /\.(?:md|yml|json|pydata)$|CONTROL_TOTALS|LICENSE|requirements\.txt$/

/** Paths of the samples of a folder, in it, in the order of their names. */
export const samplesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !ABOUT.test(path))
    .sort()

/** The one format that a sample is in, as its folder, its name or its audit says. */
export function formatOf(folder: string, path: string, audit: Audit | undefined): string | undefined {
  if (audit?.isMt942 === true) return 'mt942'
  return FORMATS[folder]?.find(([pattern]) => pattern.test(path))?.[1]
}
