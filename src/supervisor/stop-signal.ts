const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
// Ctrl-C reaches the server twice, from the terminal and from npm. Only a signal after this is a second wish.
const SAME_WISH_MS = 1_000

/**
 * Resolves at the first signal to stop. A second one, a second or more later, ends the process at once: what it
 * started stays, and the next start adopts it.
 */
export function stopSignal(onImpatience: () => void): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let firstAt: number | undefined
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (firstAt === undefined) {
        firstAt = performance.now()
        resolve(name)
      } else if (performance.now() - firstAt > SAME_WISH_MS) {
        onImpatience()
      }
    })
  }
  return promise
}
