import type { Connection } from './connection.ts'

/** Reads on the connection that writes, between its changes. */
export interface ReadsBetween {
  /** Whether a read may begin there now: no change is being made, and none waits for its turn. */
  mayBegin(): boolean
  begin(): void
  end(): void
  /** Opens a transaction by `open` when no read is under way; until then none begins. */
  whenEnded(open: () => void): Promise<void>
}

/**
 * The connection that writes has all that it wrote in its cache, which others read anew from the file after every
 * change. As no change begins while something is read, a read sees one state without a transaction of its own.
 */
export function readsBetween(writer: Connection): ReadsBetween {
  let count = 0
  let isChangeWaiting = false
  let tellEnd = (): void => {}

  return {
    mayBegin: () => !isChangeWaiting && !writer.handle.inTransaction,
    begin() {
      count += 1
    },
    end() {
      count -= 1
      if (count === 0) tellEnd()
    },
    async whenEnded(open) {
      if (count > 0) {
        isChangeWaiting = true
        await new Promise<void>((resolve) => {
          tellEnd = resolve
        })
        isChangeWaiting = false
      }
      open()
    },
  }
}
