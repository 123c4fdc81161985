/**
 * Runs `work` `size` times at once and waits for all of them. When one fails the others are told by
 * `stopped()`, come to an end, and the first failure is thrown: nothing goes on behind an error.
 */
export async function runCrew(size: number, work: (stopped: () => boolean) => Promise<void>): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  const stopped = () => failure !== undefined
  const worker = async () => {
    try {
      await work(stopped)
    } catch (error) {
      failure ??= { error }
    }
  }
  await Promise.all(Array.from({ length: size }, worker))
  if (failure !== undefined) throw failure.error
}
