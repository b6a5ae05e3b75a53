let waiting: (() => void)[] = []

/**
 * Does something when all that came in this turn of the event loop was looked at, after what asked for it before.
 * Answers that are sent one right after the other find the client's side awake, and waking it costs more than to
 * make one.
 */
export function atEndOfTurn(work: () => void): void {
  if (waiting.length === 0) setImmediate(doAll)
  waiting.push(work)
}

function doAll(): void {
  const all = waiting
  waiting = []
  for (const work of all) work()
}
