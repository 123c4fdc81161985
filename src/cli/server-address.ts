import { readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CliFailure } from './failure.ts'
import type { Io } from './io.ts'

export type ServerAddress = { readonly url: string; readonly apiKey: string }

/** What `start` writes into the home when it is ready. Only what the command line reads. */
export type RunFile = {
  readonly url: string
  readonly apiKey: string
  readonly simulatorUrl: string | undefined
  readonly databaseUrl: string | undefined
  readonly pid: number | undefined
}

/**
 * The data folder: `--home` or `TALLYSTICK_HOME`, else `.tallystick` beside the package, or in the
 * working directory where the package itself is somebody's dependency.
 */
export function homeFolder(io: Io, home: string | undefined): string {
  if (home !== undefined) return resolve(io.cwd, home)
  const packageRoot = fileURLToPath(new URL('../../', import.meta.url))
  const installed = packageRoot.split(sep).includes('node_modules')
  return join(installed ? io.cwd : packageRoot, '.tallystick')
}

/** Reads `run.json`; undefined when there is none. Throws `CliFailure` when there is one that cannot be read. */
export async function readRunFile(folder: string): Promise<RunFile | undefined> {
  const path = join(folder, 'run.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(path, error instanceof Error ? error.message : String(error), error)
  }
  return parseRunFile(path, text)
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

function parseRunFile(path: string, text: string): RunFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unreadable(path, 'it is not JSON', error)
  }
  const fields: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {}
  const text_ = (name: string) => (typeof fields[name] === 'string' ? fields[name] : undefined)
  const url = text_('url')
  const apiKey = text_('api_key')
  if (url === undefined || apiKey === undefined) throw unreadable(path, 'it holds no "url" and "api_key"')
  return {
    url: checkedUrl(url, `"url" in ${path}`),
    apiKey,
    simulatorUrl: text_('simulator_url'),
    databaseUrl: text_('database_url'),
    pid: typeof fields['pid'] === 'number' ? fields['pid'] : undefined,
  }
}

const unreadable = (path: string, why: string, cause?: unknown) =>
  new CliFailure({ message: `${path} cannot be read: ${why}`, next: 'npm start', code: 'run_file_unreadable', cause })

function checkedUrl(text: string, what: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliFailure({
      message: `${what} is not an http address such as http://127.0.0.1:4100`,
      next: 'export TALLYSTICK_URL=http://127.0.0.1:4100',
      code: 'server_address_invalid',
    })
  }
  return url.href.replace(/\/+$/, '')
}

/**
 * Where the server is: `TALLYSTICK_URL` and `TALLYSTICK_API_KEY`, else `<home>/run.json`. The local
 * key is never sent to an address that `run.json` does not name.
 */
export async function findServer(io: Io, home: string | undefined): Promise<ServerAddress> {
  const givenUrl = io.env['TALLYSTICK_URL'] || undefined
  const givenKey = io.env['TALLYSTICK_API_KEY'] || undefined
  const url = givenUrl === undefined ? undefined : checkedUrl(givenUrl, 'TALLYSTICK_URL')
  if (url !== undefined && givenKey !== undefined) return { url, apiKey: givenKey }

  const folder = homeFolder(io, home)
  const file = await readRunFile(folder)
  if (url !== undefined) {
    if (file?.url === url) return { url, apiKey: file.apiKey }
    throw new CliFailure({
      message: `TALLYSTICK_URL is ${url} and no API key for it is known`,
      next: 'export TALLYSTICK_API_KEY=<key>',
      code: 'api_key_missing',
    })
  }
  if (file === undefined) {
    throw new CliFailure({
      message: `No server is known: there is no run.json in ${folder} and TALLYSTICK_URL is not set`,
      next: 'npm start',
      code: 'server_unknown',
    })
  }
  return { url: file.url, apiKey: givenKey ?? file.apiKey }
}
