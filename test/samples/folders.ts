import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Audit } from './audit.ts'

/** The folders of samples, with the formats that their files are in. */
export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  camt052: ['camt.052'],
  camt053: ['camt.053'],
  camt054: ['camt.054'],
  mt940: ['mt940', 'mt942'],
  bai2: ['bai2'],
  ofx: ['ofx'],
  coda: ['coda'],
  'paypal-stl': ['paypal_stl'],
  'paypal-trr': ['paypal_trr'],
  stripe: ['stripe'],
  adyen: ['adyen'],
  checkoutcom: ['checkoutcom'],
  'csv-normalisation': ['csv', 'xlsx'],
}

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
export function formatOf(folder: string, path: string, audit: Audit | undefined): string {
  const formats = FOLDERS[folder] ?? []
  if (folder === 'mt940') return audit?.isMt942 === true ? 'mt942' : 'mt940'
  if (folder === 'csv-normalisation') return path.endsWith('.xlsx') ? 'xlsx' : 'csv'
  return formats.find((format) => path.includes(format)) ?? formats[0] ?? ''
}
