import type { Format } from './format.ts'
import { ofx } from './ofx/ofx.ts'
import { simulatorCsv } from './simulator-csv.ts'

/** Every format that can be read. No two detect the same file. */
export const FORMATS: readonly Format[] = [simulatorCsv, ofx]

/** The format of a file by its first few kilobytes, if it is a known one. */
export const detectFormat = (beginning: Uint8Array): Format | undefined =>
  FORMATS.find((format) => format.detects(beginning))
