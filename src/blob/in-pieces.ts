/** So much is gathered while a piece is being taken. */
const PIECE_BYTES = 1024 * 1024

/**
 * Hands the chunks of `source` to `take`, one call at a time. What comes in meanwhile is gathered and goes with the
 * next call; nothing waits for more to come, so that slow clients hold no memory.
 *
 * @throws what `source` or `take` throws, when all that came before was handed over
 */
export async function inPieces(
  source: AsyncIterable<Uint8Array>,
  take: (chunks: readonly Uint8Array[]) => Promise<void>,
): Promise<void> {
  let gathered: Uint8Array[] = []
  let bytes = 0
  let taking: Promise<void> | undefined
  let failure: { error: unknown } | undefined

  function pump(): void {
    if (taking || bytes === 0 || failure) return
    const chunks = gathered
    gathered = []
    bytes = 0
    taking = take(chunks).then(done, (error: unknown) => {
      failure = { error }
      done()
    })
  }
  function done(): void {
    taking = undefined
    pump()
  }
  async function settle(): Promise<void> {
    while (taking) await taking
    if (failure) throw failure.error
  }

  try {
    for await (const chunk of source) {
      gathered.push(chunk)
      bytes += chunk.length
      pump()
      if (bytes >= PIECE_BYTES) await taking
      if (failure) break
    }
  } finally {
    await settle()
  }
}
