import type { ApiClient } from './api-client.ts'
import type { Io } from './io.ts'
import { createOutput, type Output } from './output.ts'
import { createStyle, type Style, wantsColour } from './style.ts'

/** Options that every command takes. */
export type SharedOptions = { readonly json?: boolean; readonly home?: string; readonly color?: boolean }

/** What a command gets: its surroundings, where to print, and a way to the server that is loaded when asked for. */
export type Context = {
  readonly io: Io
  readonly json: boolean
  /** `--home`, else `TALLYSTICK_HOME`, else undefined for the default. */
  readonly home: string | undefined
  readonly style: Style
  readonly output: Output
  /** Prints `document` with `--json`, else what `human` prints. */
  readonly show: (document: unknown, human: () => void) => void
  readonly client: () => Promise<ApiClient>
  /** Closes what was opened. */
  readonly close: () => Promise<void>
}

export function createContext(io: Io, options: SharedOptions): Context {
  const style = createStyle(wantsColour(io, io.stdout, options.color !== false))
  const output = createOutput(io, style)
  const json = options.json === true
  const home = options.home ?? (io.env['TALLYSTICK_HOME'] || undefined)
  let client: Promise<ApiClient> | undefined

  async function connect(): Promise<ApiClient> {
    const [{ findServer }, { createApiClient }] = await Promise.all([
      import('./server-address.ts'),
      import('./api-client.ts'),
    ])
    return createApiClient(await findServer(io, home))
  }

  return {
    io,
    json,
    home,
    style,
    output,
    show: (document, human) => (json ? output.document(document) : human()),
    client: () => {
      client ??= connect()
      return client
    },
    close: async () => {
      if (client === undefined) return
      const [opened] = await Promise.allSettled([client])
      if (opened.status === 'fulfilled') await opened.value.close()
    },
  }
}
