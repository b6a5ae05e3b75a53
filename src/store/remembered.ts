/** What every request asks for and few change, as it was last committed. */
export interface Remembered {
  /** What is remembered by a key, or what `ask` answers. */
  find<Value>(key: string, ask: () => Promise<Value>): Promise<Value>
  /** Tells that the transaction under way changes some of it, which is not remembered until it has ended. */
  change(): void
  committed(): void
  takenBack(): void
}

/** Then all is forgotten: what is asked for most is soon known again. */
const MAX_ENTRIES = 1000

/** What one connection remembers; only it may change what was asked for. */
export function remembered(): Remembered {
  const entries = new Map<string, unknown>()
  let isChanging = false

  return {
    async find<Value>(key: string, ask: () => Promise<Value>): Promise<Value> {
      if (isChanging) return ask()
      if (entries.has(key)) return entries.get(key) as Value
      const value = await ask()
      if (entries.size >= MAX_ENTRIES) entries.clear()
      entries.set(key, value)
      return value
    },
    change() {
      isChanging = true
    },
    committed() {
      if (isChanging) entries.clear()
      isChanging = false
    },
    takenBack() {
      isChanging = false
    },
  }
}

/** Of a connection that reads what another one changes: nothing. */
export const nothing: Remembered = {
  find: (_key, ask) => ask(),
  change() {},
  committed() {},
  takenBack() {},
}
