import { styleText } from 'node:util'
import type { Io, Sink } from './io.ts'

export type Style = {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ''

/** `NO_COLOR` wins over everything, then `--no-color`, then the variables that force colour, then the terminal. */
export function wantsColour(io: Io, stream: Sink, flag: boolean): boolean {
  if (isSet(io.env['NO_COLOR']) || !flag) return false
  for (const name of ['FORCE_COLOR', 'CLICOLOR_FORCE']) {
    const value = io.env[name]
    if (isSet(value)) return value !== '0' && value !== 'false'
  }
  return stream.isTTY === true && io.env['TERM'] !== 'dumb' && io.env['CLICOLOR'] !== '0'
}

export function createStyle(coloured: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text
  return { bold: paint('bold'), dim: paint('dim'), good: paint('green'), bad: paint('red') }
}
