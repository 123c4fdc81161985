/** The part of a stream that a command writes to; `isTTY` decides between tables and tab-separated text. */
export type Sink = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

/** Everything that a command takes from its surroundings, so that a test can give its own. */
export type Io = {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly stdin: NodeJS.ReadableStream
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** True when moving text (a bar, a spinner) makes sense on this stream. */
export const isLive = (io: Io, stream: Sink): boolean => stream.isTTY === true && io.env['TERM'] !== 'dumb'
