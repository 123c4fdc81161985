import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Psp, WebhookEvent } from '../psp.ts'
import { registerWebhookEndpoint } from './adapter.ts'

/** A server that keeps the webhooks it gets, for tests. */
export type WebhookReceiver = {
  /** Verified by the adapter, in the order of their arrival; those with a wrong signature are not here. */
  readonly events: readonly WebhookEvent[]
  /** The status to answer with from now on. */
  readonly answerWith: (status: number) => void
  readonly requests: () => number
  readonly close: () => Promise<void>
}

/** Starts a receiver and registers it with the simulator. */
export async function receiveWebhooks(simulatorUrl: string, psp: Psp, secret: string): Promise<WebhookReceiver> {
  const events: WebhookEvent[] = []
  let status = 200
  let requests = 0
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.once('end', () => {
      requests++
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const event = psp.verifyWebhook(headers, Buffer.concat(pieces))
      if (event !== undefined && status === 200) events.push(event)
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a text
  await registerWebhookEndpoint({ simulatorUrl, endpointUrl: `http://127.0.0.1:${port}/webhooks`, secret })
  return {
    events,
    answerWith: (next) => {
      status = next
    },
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
