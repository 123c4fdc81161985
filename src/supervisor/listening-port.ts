import { createServer } from 'node:net'
import { StartRefusal } from '../platform/start-refusal.ts'

/** Refuses in one sentence when nobody could listen there, before anything slow has begun. */
export async function requirePort(port: number, host: string): Promise<void> {
  if (port === 0) return
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  const code = await promise
  if (code === undefined) return
  if (code === 'EADDRINUSE')
    throw new StartRefusal(
      `Port ${port} on ${host} is taken: stop what listens there, or choose another with --port (0 takes any free one).`,
    )
  throw new StartRefusal(
    `The server cannot listen on port ${port} of ${host} (${code}): choose others with --port and --host.`,
  )
}
