/** Tells whoever listens that something changed, and nothing more. */
export interface Signal {
  notify(): void
  /** Answers with what ends the subscription. */
  subscribe(listener: () => void): () => void
}

export function signal(): Signal {
  const listeners = new Set<() => void>()
  return {
    notify() {
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
